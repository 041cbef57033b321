//! Bad networks.

mod n01_slow_and_lossy;
mod n02_one_way;
mod n03_forgotten_connection;
mod n04_large_packets;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    n01_slow_and_lossy::SCENARIO,
    n02_one_way::SCENARIO,
    n03_forgotten_connection::SCENARIO,
    n04_large_packets::SCENARIO,
    Scenario::not_yet(
        "N05",
        "A proxy buffers, cuts connections after 30 s, or allows only the ports 80 and 443",
        "not written yet",
    ),
];
