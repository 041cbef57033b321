//! Accounts and authentication.

mod a01_slowloris;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    a01_slowloris::SCENARIO,
    Scenario::not_yet("A02", "A million connections open and close without a sign-in", "not written yet"),
    Scenario::not_yet(
        "A03",
        "Wrong passwords come from one address and from thousands, while people sign in",
        "not written yet",
    ),
    Scenario::not_yet(
        "A04",
        "Tickets are expired, forged, cut, of another user, or of an account that changed",
        "not written yet",
    ),
    Scenario::not_yet("A05", "An account is removed while it is online in three conversations", "not written yet"),
    Scenario::not_yet("A06", "An account is removed while it is on the lists of others", "not written yet"),
    Scenario::not_yet("A07", "A hundred people use an invite code for one at the same time", "not written yet"),
];
