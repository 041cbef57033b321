//! The codes that official clients show for a fault, the likelier one first; docs/errors.md lists them all.
//!
//! It is not known which fault leads to which code in every version. Known are the names of the codes:
//! those that begin with 8004 are of the sign-in library (80048820 "authentication server error", 80048821 "bad member
//! name or password"), with 8007 of Windows (connections, certificates), with 8100 of the client (81000301 "connect",
//! 81000306 "sign-in timeout"). Users report more: 80048821 also for trouble with TLS (docs/protocol/http.md
//! section 6, "TLS") and for a wrong clock.

/// Wrong name or password: the fault that http.md section 2 gives this number.
pub(super) const WRONG_PASSWORD: &[&str] = &["80048821"];
/// The answer of the sign-in service is not understood.
pub(super) const NO_SIGN_IN: &[&str] = &["80048820", "80048821"];
/// Nothing listens where the sign-in service should.
pub(super) const NO_HTTPS: &[&str] = &["80048820", "80072EFD"];
/// No TLS version or cipher in common.
pub(super) const NO_TLS: &[&str] = &["80048821", "80048820", "80072F7D"];
/// The certificate is outside of its dates, or a clock is wrong.
pub(super) const BAD_DATE: &[&str] = &["80048821", "80048820", "80072F05"];
/// The certificate is for other names.
pub(super) const BAD_NAME: &[&str] = &["80048820", "80072F06"];
/// The root of the certificate is not trusted.
pub(super) const BAD_ROOT: &[&str] = &["80048820", "80072F0D"];
/// Sign-in over plain HTTP is refused (403).
pub(super) const FORBIDDEN: &[&str] = &["80070193"];
/// Too many wrong passwords (503).
pub(super) const UNAVAILABLE: &[&str] = &["800701F7"];
/// The notification server cannot be reached, or does not answer.
pub(super) const NO_NOTIFICATION: &[&str] = &["81000306", "81000301"];
/// The ticket is refused (911).
pub(super) const BAD_TICKET: &[&str] = &["81000395"];
/// A name has no address.
pub(super) const NO_NAME: &[&str] = &["81000301", "80072EE7"];
