//! Presence and sessions.

mod p01_ends;
mod p02_zombie;
mod p03_one_account;
mod p04_flood;
mod p05_mutual_edits;
mod p06_convergence;
mod p07_snapshots;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    p01_ends::SCENARIO,
    p02_zombie::SCENARIO,
    p03_one_account::SCENARIO,
    p04_flood::SCENARIO,
    p05_mutual_edits::SCENARIO,
    p06_convergence::SCENARIO,
    p07_snapshots::SCENARIO,
];
