//! The current time, in the units that the protocol and the database use.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use msnp::Timestamp;

/// Returns the current time in whole seconds since 1970.
#[must_use]
pub fn unix_seconds() -> u64 {
    since_1970().as_secs()
}

/// Returns the current time as the protocol writes it, in steps of 100 ns.
#[must_use]
pub fn timestamp() -> Timestamp {
    Timestamp::from_ticks(u64::try_from(since_1970().as_nanos() / 100).unwrap_or(u64::MAX))
}

/// Returns the time since the start of 1970, or zero if the clock is set to an earlier time.
fn since_1970() -> Duration {
    #[cfg(feature = "simulation")]
    if let Some(now) = crate::simulation::now() {
        return now;
    }
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
