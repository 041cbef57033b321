//! Converts values to and from database columns. Times, list bits and numbers are integers. All
//! other values are text.

use msnp::{GroupNumber, Guid, Handle, ListBits, Timestamp};
use swallowtail_base::clock;

use super::error::StoreError;

/// Returns the current Unix time in seconds.
pub(super) fn unix_now() -> i64 {
    i64::try_from(clock::unix_seconds()).unwrap_or(i64::MAX)
}

pub(super) fn ticks(stamp: Timestamp) -> i64 {
    // The largest Timestamp is in the year 9999, far below i64::MAX.
    i64::try_from(stamp.ticks()).unwrap_or(i64::MAX)
}

pub(super) fn parse_stamp(ticks: i64) -> Timestamp {
    Timestamp::from_ticks(u64::try_from(ticks).unwrap_or_default())
}

/// Returns the sum of the bits of `lists`, as the column `lists` stores it.
pub(super) fn bits(lists: impl Into<ListBits>) -> u8 {
    lists.into().number()
}

pub(super) fn parse_bits(bits: i64) -> Result<ListBits, StoreError> {
    u32::try_from(bits).ok().and_then(ListBits::from_number).ok_or(StoreError::Malformed("list bits"))
}

pub(super) fn parse_group_number(number: i64) -> Result<GroupNumber, StoreError> {
    u32::try_from(number).ok().and_then(GroupNumber::new).ok_or(StoreError::Malformed("group number"))
}

pub(super) fn parse_guid(text: &str) -> Result<Guid, StoreError> {
    Guid::parse(text.as_bytes()).ok_or(StoreError::Malformed("GUID"))
}

pub(super) fn parse_handle(text: &str) -> Result<Handle, StoreError> {
    Handle::parse_contact(text).or_else(|_| Handle::parse_lax(text)).map_err(|_| StoreError::Malformed("handle"))
}
