//! Storage.

mod changes;
mod d01_killed;
mod d02_power_loss;
mod d03_full_disk;
mod d04_slow_disk;
mod d05_locked;
mod d06_backup;
mod d07_damaged;
mod d08_migration;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    d01_killed::SCENARIO,
    d02_power_loss::SCENARIO,
    d03_full_disk::SCENARIO,
    d04_slow_disk::SCENARIO,
    d05_locked::SCENARIO,
    d06_backup::SCENARIO,
    d07_damaged::SCENARIO,
    d08_migration::SCENARIO,
];
