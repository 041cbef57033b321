//! The host names that clients ask for.

/// Microsoft's names that clients 4.x to 8.x look up (docs/protocol/http.md section 6), and those of the login page.
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

/// The host that aMSN asks before it signs in. Without an address for it, aMSN hangs in an error window; its sign-in
/// needs no answer from there. The proxy does not serve it.
pub(crate) const AMSN: &str = "www.amsn-project.net";

/// The hosts among [`MICROSOFT`] where clients sign in over TLS. Certificates are for exactly these. The first is the
/// one checked by a client that looks at a single name (gtmess, docs/protocol/clients.md).
pub const SIGN_IN: [&str; 5] =
    ["login.live.com", "login.passport.com", "login.passport.net", "loginnet.passport.com", "nexus.passport.com"];
