//! Clocks.

mod t01_server_clock;
mod t02_client_clock;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] = &[t01_server_clock::SCENARIO, t02_client_clock::SCENARIO];
