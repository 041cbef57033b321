//! Operations.

mod o01_stop;
mod o02_faulty_settings;
mod o03_certificates;
mod o04_new_program;
mod o05_first_mistakes;
mod o06_paused;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    o01_stop::SCENARIO,
    o02_faulty_settings::SCENARIO,
    o03_certificates::SCENARIO,
    o04_new_program::SCENARIO,
    o05_first_mistakes::SCENARIO,
    o06_paused::SCENARIO,
];
