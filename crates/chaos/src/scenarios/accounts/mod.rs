//! Accounts and authentication.

mod a01_slowloris;
mod a02_connect_close;
mod a03_wrong_passwords;
mod a04_tickets;
mod a05_removed_online;
mod a06_removed_from_lists;
mod a07_invites;
mod proof;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    a01_slowloris::SCENARIO,
    a02_connect_close::SCENARIO,
    a03_wrong_passwords::SCENARIO,
    a04_tickets::SCENARIO,
    a05_removed_online::SCENARIO,
    a06_removed_from_lists::SCENARIO,
    a07_invites::SCENARIO,
];
