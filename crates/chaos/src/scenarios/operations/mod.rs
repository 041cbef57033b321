//! Operations.

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("O01", "The server is stopped while people chat", "not written yet"),
    Scenario::not_yet("O02", "The server is told to reload faulty settings", "not written yet"),
    Scenario::not_yet("O03", "A certificate has expired, is replaced, or has the wrong key", "not written yet"),
    Scenario::not_yet("O04", "The program is replaced by a new version while people chat", "not written yet"),
    Scenario::not_yet("O05", "The operator makes the usual mistakes at the first start", "not written yet"),
    Scenario::not_yet("O06", "The process is stopped for a while, and then continues", "not written yet"),
];
