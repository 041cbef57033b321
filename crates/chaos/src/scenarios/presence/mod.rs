//! Presence and sessions.

mod p02_zombie;
mod p03_one_account;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("P01", "Sessions end by RST, FIN, silence, and a sleeping laptop", "not written yet"),
    p02_zombie::SCENARIO,
    p03_one_account::SCENARIO,
    Scenario::not_yet("P04", "A hundred users change their status fifty times a second", "not written yet"),
    Scenario::not_yet("P05", "Two users add, remove, block and allow each other at the same time", "not written yet"),
    Scenario::not_yet("P06", "Hundreds of clients do random things, then stop", "not written yet"),
    Scenario::not_yet("P07", "A client downloads its lists while they are edited", "not written yet"),
];
