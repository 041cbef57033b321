//! The interface between the runner and the servers it plays against.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, which allows the traits here to be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A source of servers. The runner opens one server for every part it plays.
pub trait Target: Send + Sync {
    /// Opens a server that meets the needs of a part, or returns the reason why this target cannot.
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>>;
}

/// A server under test. The runner drops it at the end of the part.
pub trait Server: Send + Sync {
    /// Returns the addresses on which the server listens.
    fn endpoints(&self) -> &Endpoints;

    /// Ensures that this account exists. The runner sets up lists, groups and values later, over the protocol.
    fn create_account<'a>(
        &'a self,
        handle: &'a str,
        password: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Starts the announced shutdown and does not wait for its end.
    fn stop(&self, minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>>;
}

/// The requirements of a part on its server (docs/protocol/transcripts/README.md section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `!setting`: keys from that page, which the target maps to the server's own settings.
    pub settings: BTreeMap<String, String>,
    /// `!dispatch`: the server must have a dispatch address.
    pub dispatch: bool,
    /// `!stop`: the runner must be able to stop the server.
    pub stop: bool,
}

/// The address of each service, as `host:port`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The notification server.
    pub notification: String,
    /// The switchboard, used until an XFR or RNG contains another address.
    pub switchboard: String,
    /// Passport and the gateway, over plain HTTP.
    pub http: String,
    /// The dispatch server, if there is one.
    pub dispatch: Option<String>,
}

/// The reason that a part cannot be played against this target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPlayable(pub String);

impl fmt::Display for NotPlayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
