//! The codes that official clients show for a fault, the most likely one first. docs/errors.md lists all codes.
//!
//! It is not known which fault leads to which code in every version. Only the names of the codes are known:
//!
//! * Codes that begin with 8004 come from the sign-in library: 80048820 is "authentication server error", and 80048821
//!   is "bad member name or password".
//! * Codes that begin with 8007 come from Windows. They are about connections and certificates.
//! * Codes that begin with 8100 come from the client: 81000301 is "connect", and 81000306 is "sign-in timeout".
//!
//! Users also report 80048821 for TLS errors (docs/protocol/http.md section 6, "TLS") and for a wrong clock.

/// The name or the password is wrong. http.md section 2 gives this code for it.
pub(super) const WRONG_PASSWORD: &[&str] = &["80048821"];
/// The client does not understand the answer of the sign-in service.
pub(super) const NO_SIGN_IN: &[&str] = &["80048820", "80048821"];
/// Nothing listens at the address of the sign-in service.
pub(super) const NO_HTTPS: &[&str] = &["80048820", "80072EFD"];
/// The client and the server have no TLS version or no cipher in common.
pub(super) const NO_TLS: &[&str] = &["80048821", "80048820", "80072F7D"];
/// The certificate has expired or is not valid yet, or a clock is wrong.
pub(super) const BAD_DATE: &[&str] = &["80048821", "80048820", "80072F05"];
/// The certificate is for other names.
pub(super) const BAD_NAME: &[&str] = &["80048820", "80072F06"];
/// The client does not trust the root of the certificate.
pub(super) const BAD_ROOT: &[&str] = &["80048820", "80072F0D"];
/// The server refuses to accept passwords over plain HTTP (403).
pub(super) const FORBIDDEN: &[&str] = &["80070193"];
/// There were too many wrong passwords (503).
pub(super) const UNAVAILABLE: &[&str] = &["800701F7"];
/// The notification server cannot be reached, or does not answer.
pub(super) const NO_NOTIFICATION: &[&str] = &["81000306", "81000301"];
/// The notification server refuses the ticket (911).
pub(super) const BAD_TICKET: &[&str] = &["81000395"];
/// A host name has no address.
pub(super) const NO_NAME: &[&str] = &["81000301", "80072EE7"];
