//! Security.

mod x02_log;
mod x04_enumeration;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("X01", "Every listener is scanned for old TLS", "not written yet"),
    x02_log::SCENARIO,
    Scenario::not_yet("X03", "Names, messages and objects contain scripts and control characters", "not written yet"),
    x04_enumeration::SCENARIO,
];
