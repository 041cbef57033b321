//! Security.

mod x01_tls;
mod x02_log;
mod x03_inert;
mod x04_enumeration;

use crate::scenario::Scenario;

/// The scenarios of this family, in the order of their ids.
pub(super) const TABLE: &[Scenario] =
    &[x01_tls::SCENARIO, x02_log::SCENARIO, x03_inert::SCENARIO, x04_enumeration::SCENARIO];
