//! Conversations.

mod gathering;
mod s01_one_order;
mod s02_stalled_reader;
mod s03_killed_member;
mod s04_cookies;
mod s05_invitations;
mod s06_unused;
mod s07_opened_at_once;
mod s08_churn;
mod s09_changes;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    s01_one_order::SCENARIO,
    s02_stalled_reader::SCENARIO,
    s03_killed_member::SCENARIO,
    s04_cookies::SCENARIO,
    s05_invitations::SCENARIO,
    s06_unused::SCENARIO,
    s07_opened_at_once::SCENARIO,
    s08_churn::SCENARIO,
    s09_changes::SCENARIO,
];
