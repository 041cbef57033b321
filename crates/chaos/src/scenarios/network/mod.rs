//! Bad networks.

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("N01", "The network is slow, late, and loses packets", "not written yet"),
    Scenario::not_yet("N02", "The network loses everything in one direction", "not written yet"),
    Scenario::not_yet("N03", "A router forgets a connection after a minute of silence", "not written yet"),
    Scenario::not_yet("N04", "The network loses large packets only", "not written yet"),
    Scenario::not_yet(
        "N05",
        "A proxy buffers, cuts connections after 30 s, or allows only the ports 80 and 443",
        "not written yet",
    ),
];
