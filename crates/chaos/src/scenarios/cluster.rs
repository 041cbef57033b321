//! Several servers that act as one server. Swallowtail has no such cluster, so none of these
//! scenarios runs.

use crate::scenario::Scenario;

const REASON: &str = "there is no cluster";

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    Scenario::not_yet("C01", "A node with thousands of sessions is killed", REASON),
    Scenario::not_yet("C02", "The node of a conversation is killed", REASON),
    Scenario::not_yet("C03", "The nodes cannot reach each other for a minute", REASON),
    Scenario::not_yet("C04", "The cluster is cut in two, and an account signs in on both sides", REASON),
    Scenario::not_yet("C05", "The registry of sessions is lost", REASON),
    Scenario::not_yet("C06", "Two versions run in one cluster for a day", REASON),
    Scenario::not_yet("C07", "A node reads messages from the other nodes too slowly", REASON),
    Scenario::not_yet("C08", "The clocks of the nodes differ by five minutes", REASON),
];
