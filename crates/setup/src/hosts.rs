//! The host names that clients look up.

/// Microsoft's names that clients 4.x to 8.x look up (docs/protocol/http.md section 6), and the names of the login
/// page.
pub const MICROSOFT: [&str; 14] = [
    "config.messenger.msn.com",
    "g.msn.com",
    "gateway.messenger.hotmail.com",
    "login.live.com",
    "login.passport.com",
    "login.passport.net",
    "loginnet.passport.com",
    "messenger.hotmail.com",
    "msnia.login.live.com",
    "muser.config.messenger.msn.com",
    "muser.gateway.messenger.hotmail.com",
    "muser.messenger.hotmail.com",
    "nexus.passport.com",
    "svcs.microsoft.com",
];

/// The host that aMSN requests before it signs in. If this name has no address, aMSN hangs in an
/// error window. aMSN can sign in without an answer from the host, so the proxy does not serve it.
pub(crate) const AMSN: &str = "www.amsn-project.net";

/// The hosts among [`MICROSOFT`] where clients sign in over TLS. The server's own certificates
/// include all of these. A client that checks only one name of a certificate, such as gtmess,
/// checks the first name (docs/protocol/clients.md).
pub const SIGN_IN: [&str; 5] =
    ["login.live.com", "login.passport.com", "login.passport.net", "loginnet.passport.com", "nexus.passport.com"];
