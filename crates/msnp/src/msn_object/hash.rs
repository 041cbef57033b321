//! The hash of MSNObjects.

use sha1::Digest;

/// A SHA-1 hash.
pub type Sha1 = [u8; 20];

/// Returns the hash of `data`.
pub(super) fn sha1(data: &[u8]) -> Sha1 {
    sha1::Sha1::digest(data).into()
}
