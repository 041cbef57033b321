//! Clocks.

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("T01", "The clock of the server jumps by hours, days and years", "not written yet"),
    Scenario::not_yet("T02", "The clock of a client is wrong by years", "not written yet"),
];
