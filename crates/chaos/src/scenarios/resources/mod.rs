//! Resources and overload.

mod r01_few_files;
mod r02_little_memory;
mod r03_many_sign_ins;
mod r04_herd;
mod r05_one_user;
mod r06_one_address;
mod r07_log_flood;
mod r08_soak;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    r01_few_files::SCENARIO,
    r02_little_memory::SCENARIO,
    r03_many_sign_ins::SCENARIO,
    r04_herd::SCENARIO,
    r05_one_user::SCENARIO,
    r06_one_address::SCENARIO,
    r07_log_flood::SCENARIO,
    r08_soak::SCENARIO,
];
