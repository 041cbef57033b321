//! Framing and hostile bytes.

mod f01_one_byte_segments;
mod f02_one_segment;
mod f03_cut_payload;
mod f04_lying_lengths;
mod f05_payload_sizes;
mod f06_no_line_end;
mod f07_texts;
mod f08_escapes;
mod f09_wrong_time;
mod f10_trids;
mod f11_words;
mod f12_full_lists;
mod f13_files;
mod f14_gateway;
mod f15_sign_in_service;
mod f16_mutations;
mod stage;
pub(super) mod words;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[
    f01_one_byte_segments::SCENARIO,
    f02_one_segment::SCENARIO,
    f03_cut_payload::SCENARIO,
    f04_lying_lengths::SCENARIO,
    f05_payload_sizes::SCENARIO,
    f06_no_line_end::SCENARIO,
    f07_texts::SCENARIO,
    f08_escapes::SCENARIO,
    f09_wrong_time::SCENARIO,
    f10_trids::SCENARIO,
    f11_words::SCENARIO,
    f12_full_lists::SCENARIO,
    f13_files::SCENARIO,
    f14_gateway::SCENARIO,
    f15_sign_in_service::SCENARIO,
    f16_mutations::SCENARIO,
];
