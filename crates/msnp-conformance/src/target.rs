//! The interface between the runner, which plays transcripts, and the servers under test. The
//! runner plays each part of a transcript against a new server.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, which allows the traits of this module to be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A source of servers. The runner opens one server for every part of a transcript that it plays.
pub trait Target: Send + Sync {
    /// Opens a server that meets the needs of one part of a transcript. If this target cannot open
    /// such a server, returns the reason.
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>>;
}

/// A server under test. The runner drops this value when it has played one part of a transcript.
pub trait Server: Send + Sync {
    /// Returns the addresses on which the server listens.
    fn endpoints(&self) -> &Endpoints;

    /// Ensures that this account exists. The runner sets up the lists, groups, telephone numbers
    /// and settings of the account later, over the protocol.
    fn create_account<'a>(
        &'a self,
        handle: &'a str,
        password: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Starts a shutdown that the server announces to its clients. Does not wait for the end of the
    /// shutdown.
    fn stop(&self, minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>>;
}

/// The requirements that one part of a transcript has for its server
/// (docs/protocol/transcripts/README.md section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `!setting`: the keys and values. Section 4 of docs/protocol/transcripts/README.md lists the
    /// keys. The target maps each key to a setting of its server.
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

/// The reason why a part of a transcript cannot be played against this target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPlayable(pub String);

impl fmt::Display for NotPlayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
