//! Random secrets and ids from the operating system.

use msnp::Guid;

/// Returns `N` random bytes from the operating system.
///
/// Ends the process if the operating system provides no random bytes, because anyone could guess
/// secrets that the process creates without random bytes. This does not happen in practice. The
/// generator never fails after the system has seeded it, and the system seeds it long before a
/// server starts.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[cfg(feature = "simulation")]
    if crate::simulation::fill(&mut bytes) {
        return bytes;
    }
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "could not get random bytes from the operating system; exiting");
        std::process::abort();
    }
    bytes
}

/// Returns a random GUID (version 4).
#[must_use]
pub fn guid() -> Guid {
    let mut bytes = bytes::<16>();
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    Guid::from_bytes(bytes)
}

/// Returns a random number below `end`. `end` must not be 0. The bias is at most `end` / 2^64.
#[must_use]
pub fn below(end: u64) -> u64 {
    u64::from_le_bytes(bytes()) % end
}

/// Returns 128 random bits as 32 hex digits, for cookies and tokens.
#[must_use]
pub fn token() -> String {
    format!("{:032x}", u128::from_le_bytes(bytes()))
}
