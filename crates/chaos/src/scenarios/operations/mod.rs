//! Operations.

mod o01_stop;
mod o02_faulty_settings;
mod o05_first_mistakes;
mod o06_paused;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    o01_stop::SCENARIO,
    o02_faulty_settings::SCENARIO,
    Scenario::not_yet("O03", "A certificate has expired, is replaced, or has the wrong key", "not written yet"),
    Scenario::not_yet("O04", "The program is replaced by a new version while people chat", "not written yet"),
    o05_first_mistakes::SCENARIO,
    o06_paused::SCENARIO,
];
