//! Conversations.

mod s01_one_order;
mod s07_opened_at_once;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    s01_one_order::SCENARIO,
    Scenario::not_yet("S02", "A participant stops reading", "not written yet"),
    Scenario::not_yet("S03", "A participant is killed in a burst of messages", "not written yet"),
    Scenario::not_yet("S04", "Cookies are wrong, expired, used twice, or of another user", "not written yet"),
    Scenario::not_yet(
        "S05",
        "People invite those who are blocked, blocking, offline, hidden, unknown, present, and themselves",
        "not written yet",
    ),
    Scenario::not_yet(
        "S06",
        "100,000 conversations are asked for and never opened, and invitations are never answered",
        "not written yet",
    ),
    s07_opened_at_once::SCENARIO,
    Scenario::not_yet("S08", "People join and leave hundreds of conversations of twenty", "not written yet"),
    Scenario::not_yet(
        "S09",
        "Names and statuses change, and people sign out, while they are being invited",
        "not written yet",
    ),
];
