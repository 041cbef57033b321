//! Bad networks.

mod n01_slow_and_lossy;
mod n02_one_way;
mod n03_forgotten_connection;
mod n04_large_packets;
mod n05_only_http;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    n01_slow_and_lossy::SCENARIO,
    n02_one_way::SCENARIO,
    n03_forgotten_connection::SCENARIO,
    n04_large_packets::SCENARIO,
    n05_only_http::SCENARIO,
];
