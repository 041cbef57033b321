//! Framing and hostile bytes.

mod f01_one_byte_segments;
mod f02_one_segment;
mod f03_cut_payload;
mod f04_lying_lengths;
mod f06_no_line_end;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    f01_one_byte_segments::SCENARIO,
    f02_one_segment::SCENARIO,
    f03_cut_payload::SCENARIO,
    f04_lying_lengths::SCENARIO,
    Scenario::not_yet("F05", "Payloads are just within and just above the limits of each command", "not written yet"),
    f06_no_line_end::SCENARIO,
    Scenario::not_yet(
        "F07",
        "Names and messages have invalid UTF-8, control characters and the longest characters",
        "not written yet",
    ),
    Scenario::not_yet(
        "F08",
        "Names and addresses have escapes of line ends, NUL and broken escapes",
        "not written yet",
    ),
    Scenario::not_yet("F09", "Commands are unknown, or sent at the wrong time", "not written yet"),
    Scenario::not_yet("F10", "TrIDs are missing, negative, too large, repeated or not numbers", "not written yet"),
    Scenario::not_yet(
        "F11",
        "Every command is sent with too few and too many words, empty and long ones",
        "not written yet",
    ),
    Scenario::not_yet(
        "F12",
        "10,000 list edits are sent in one go, and lists and groups reach their limits",
        "not written yet",
    ),
    Scenario::not_yet(
        "F13",
        "A file and a picture pass through a conversation in both directions while people chat",
        "not written yet",
    ),
    Scenario::not_yet(
        "F14",
        "Sessions over the gateway are stolen, repeated, doubled and malformed",
        "not written yet",
    ),
    Scenario::not_yet(
        "F15",
        "The sign-in service gets oversized passwords, deep XML, entities and endless bodies",
        "not written yet",
    ),
    Scenario::not_yet("F16", "The fuzz targets run for a day each", "`cargo xtask fuzz --minutes 1440` does this"),
];
