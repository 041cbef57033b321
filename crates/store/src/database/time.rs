//! Times as the database keeps them: in `i64`.

use msnp::Timestamp;
use swallowtail_base::clock;

/// Now as Unix time in seconds.
pub(super) fn unix_now() -> i64 {
    i64::try_from(clock::unix_seconds()).unwrap_or(i64::MAX)
}

pub(super) fn ticks(stamp: Timestamp) -> i64 {
    // A Timestamp ends with the year 9999, far below i64::MAX.
    i64::try_from(stamp.ticks()).unwrap_or(i64::MAX)
}
