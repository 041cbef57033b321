//! The codes that official clients show for a fault. In each list, the most likely code is first.
//! docs/errors.md lists all codes.
//!
//! For most versions, it is not known which fault causes which code. The following facts about the
//! codes are known:
//!
//! * Codes that begin with 8004 come from the sign-in library: 80048820 is "authentication server error", and 80048821
//!   is "bad member name or password".
//! * Codes that begin with 8007 come from Windows. They are about connections and certificates.
//! * Codes that begin with 8100 come from the client: 81000301 is "connect", and 81000306 is "sign-in timeout".
//!
//! Users also report 80048821 for TLS errors (docs/protocol/http.md section 6, "TLS") and for a wrong clock.

/// The code if the name or the password is wrong. The code is from http.md section 2.
pub(super) const WRONG_PASSWORD: &[&str] = &["80048821"];
/// The codes if the client does not understand the answer of the sign-in service.
pub(super) const NO_SIGN_IN: &[&str] = &["80048820", "80048821"];
/// The codes if nothing listens at the address of the sign-in service.
pub(super) const NO_HTTPS: &[&str] = &["80048820", "80072EFD"];
/// The codes if the client and the server have no TLS version or no cipher in common.
pub(super) const NO_TLS: &[&str] = &["80048821", "80048820", "80072F7D"];
/// The codes if the certificate has expired or is not valid yet, or if a clock is wrong.
pub(super) const BAD_DATE: &[&str] = &["80048821", "80048820", "80072F05"];
/// The codes if the certificate is not for the name that the client requested.
pub(super) const BAD_NAME: &[&str] = &["80048820", "80072F06"];
/// The codes if the client does not trust the root of the certificate.
pub(super) const BAD_ROOT: &[&str] = &["80048820", "80072F0D"];
/// The code if the server refuses to accept passwords over plain HTTP (status 403).
pub(super) const FORBIDDEN: &[&str] = &["80070193"];
/// The code if there were too many wrong passwords (status 503).
pub(super) const UNAVAILABLE: &[&str] = &["800701F7"];
/// The codes if the notification server cannot be reached, or does not answer.
pub(super) const NO_NOTIFICATION: &[&str] = &["81000306", "81000301"];
/// The code if the notification server refuses the ticket (error 911).
pub(super) const BAD_TICKET: &[&str] = &["81000395"];
/// The codes if a host name has no address.
pub(super) const NO_NAME: &[&str] = &["81000301", "80072EE7"];
