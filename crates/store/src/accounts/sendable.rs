//! Addresses that some clients cannot send when they sign in.

use msnp::Handle;
use thiserror::Error;

/// The error for an address that contains a comma or a `%`. Some clients send these characters
/// unescaped in `sign-in=`, where they have a special meaning (docs/protocol/http.md section 1.2,
/// clients.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("old clients cannot sign in with an address that has a comma or a % sign in it")]
pub struct Unsendable;

/// Checks that every client can send an address. Call this only for new accounts, because existing accounts keep their
/// address.
///
/// # Errors
/// Fails if the address has a character that some clients cannot send.
pub fn check_sendable(handle: &Handle) -> Result<(), Unsendable> {
    if handle.as_str().contains([',', '%']) { Err(Unsendable) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_clients_cannot_send_an_address_with_a_comma_or_a_percent_sign() {
        for (address, is_sendable) in [
            ("a,b@example.com", false),
            ("a%40b@example.com", false),
            ("o'hara&co+1=x@example.com", true),
            ("\u{e9}@example.com", true),
        ] {
            assert_eq!(check_sendable(&Handle::parse(address).unwrap()).is_ok(), is_sendable, "{address}");
        }
    }
}
