//! What the runner needs beside sockets: servers to play against.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A future in a box, so that the traits here can be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where servers come from. One is opened for every part that is played.
pub trait Target: Send + Sync {
    /// A server that can do what the part needs, or why this target has none.
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>>;
}

/// A server under test. It is dropped when its part is over.
pub trait Server: Send + Sync {
    /// Where it listens.
    fn endpoints(&self) -> &Endpoints;

    /// Sees to it that this account exists. Lists, groups and values are set up over the wire afterwards.
    fn create_account<'a>(
        &'a self,
        handle: &'a str,
        password: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Begins the announced stop and does not wait for its end.
    fn stop(&self, minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>>;
}

/// What a part asks of its server (docs/protocol/transcripts/README.md section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `!setting`: keys of that page, to be mapped to the server's own.
    pub settings: BTreeMap<String, String>,
    /// `!dispatch`: there must be a dispatch address.
    pub dispatch: bool,
    /// `!stop`: the server must be one that the runner may stop.
    pub stop: bool,
}

/// `host:port` of each service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Notification server.
    pub notification: String,
    /// Switchboard, for connections made before any XFR or RNG told an address.
    pub switchboard: String,
    /// Passport and gateway, plain HTTP.
    pub http: String,
    /// Dispatch server, if there is one.
    pub dispatch: Option<String>,
}

/// Why a part cannot be played against this target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPlayable(pub String);

impl fmt::Display for NotPlayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
