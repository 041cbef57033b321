//! Secrets and ids from the operating system's generator.

use msnp::Guid;

/// Fresh random bytes.
///
/// The generator of the operating system does not fail once it is seeded, which is long before a server starts. If it
/// ever did, going on would mean secrets that can be guessed, so the process ends.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the operating system gives no random bytes");
        std::process::abort();
    }
    bytes
}

/// A random GUID (version 4).
#[must_use]
pub fn guid() -> Guid {
    let mut bytes = bytes::<16>();
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    Guid::from_bytes(bytes)
}

/// A number below `end`, which is not 0. The bias is at most `end` / 2^64.
#[must_use]
pub fn below(end: u64) -> u64 {
    u64::from_le_bytes(bytes()) % end
}

/// 128 random bits as 32 hex digits: for cookies and tokens.
#[must_use]
pub fn token() -> String {
    format!("{:032x}", u128::from_le_bytes(bytes()))
}
