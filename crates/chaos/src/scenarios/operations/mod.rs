//! Operations.

mod o01_stop;
mod o06_paused;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    o01_stop::SCENARIO,
    Scenario::not_yet("O02", "The server is told to reload faulty settings", "not written yet"),
    Scenario::not_yet("O03", "A certificate has expired, is replaced, or has the wrong key", "not written yet"),
    Scenario::not_yet("O04", "The program is replaced by a new version while people chat", "not written yet"),
    Scenario::not_yet("O05", "The operator makes the usual mistakes at the first start", "not written yet"),
    o06_paused::SCENARIO,
];
