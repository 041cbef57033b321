//! Derives the display name and the number by which clients know an account, in addition to its
//! address.

use msnp::{DisplayName, Handle};

use crate::database::AccountId;

/// Returns the display name of an account whose owner has not chosen one. It is the part of the
/// address before the @.
#[must_use]
pub fn default_name(handle: &Handle) -> DisplayName {
    let local = handle.as_str().split('@').next().unwrap_or_default();
    DisplayName::new(local).unwrap_or_else(|| DisplayName::from(handle))
}

/// Returns the 64-bit number by which clients know an account. The server sends it as PUID, and in
/// two halves as MemberIdHigh and MemberIdLow of the profile.
///
/// The high half is 1 and the low half is the number of the account. Old clients show the low half
/// as a signed number, and a half of 2^31 or more would be negative. So the two halves stay below
/// 2^31 (docs/protocol/payloads.md section 9). No database has 2^31 accounts.
#[must_use]
pub fn member_id(account: AccountId) -> u64 {
    const LOW: i64 = 0x7FFF_FFFF;
    (1 << 32) | (account.0 & LOW).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_a_member_id_stay_below_2_to_the_31() {
        assert_eq!(member_id(AccountId(2)), 0x0000_0001_0000_0002);
        assert_eq!(member_id(AccountId(i64::MAX)), 0x0000_0001_7FFF_FFFF);
    }
}
