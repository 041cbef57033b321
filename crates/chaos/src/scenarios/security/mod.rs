//! Security.

mod x02_log;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("X01", "Every listener is scanned for old TLS", "not written yet"),
    x02_log::SCENARIO,
    Scenario::not_yet("X03", "Names, messages and objects contain scripts and control characters", "not written yet"),
    Scenario::not_yet("X04", "A stranger tries to find out which accounts exist", "not written yet"),
];
