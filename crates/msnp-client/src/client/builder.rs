//! Settings for signing in.

use std::sync::Arc;
use std::time::Duration;

use msnp::{Capabilities, Dialect, Status};
use tokio::sync::mpsc;

use super::cache::{MemoryCache, ObjectCache};
use super::driver::{Shared, now};
use super::event::Events;
use super::handle::{Client, Held};
use super::tap::Tap;
use crate::account::Account;
use crate::machine::{Machine, Options, SignedOut};
use crate::server::Server;

/// The maximum number of events in the channel to the program. Further events wait in the client.
/// When too many events wait, the client stops reading from the server.
const EVENTS: usize = 64;

impl Client {
    /// Signs in, and returns the client and its events. Whenever the connection is lost later, the
    /// client signs in again by itself.
    ///
    /// # Errors
    /// Returns the reason why the first sign-in failed. There is no second attempt.
    pub async fn sign_in(server: &Server, account: &Account) -> Result<(Self, Events), SignedOut> {
        Self::builder(server, account).sign_in().await
    }

    /// Returns a builder. Use it to sign in with settings that differ from those of
    /// [`Client::sign_in`].
    #[must_use]
    pub fn builder(server: &Server, account: &Account) -> Builder {
        Builder::new(server.clone(), account.clone())
    }
}

/// Settings for signing in. Created by [`Client::builder`].
///
/// ```no_run
/// use msnp_client::{Account, Client, Server, Status};
///
/// # async fn run(server: Server, account: Account) -> Result<(), Box<dyn std::error::Error>> {
/// let builder = Client::builder(&server, &account).status(Status::Hidden).reconnect(false);
/// let (client, events) = builder.sign_in().await?;
/// # Ok(())
/// # }
/// ```
pub struct Builder {
    server: Server,
    account: Account,
    options: Options,
    tap: Option<Tap>,
    cache: Arc<dyn ObjectCache>,
}

impl Builder {
    fn new(server: Server, account: Account) -> Self {
        // If the system gives no random number, the seed is 0. All clients with this seed wait
        // equally long before a retry, and other users can guess the transfer ids of these clients.
        let seed = getrandom::u64().unwrap_or_default();
        let options = Options::new(account.handle().clone(), seed);
        Self { server, account, options, tap: None, cache: Arc::new(MemoryCache::default()) }
    }

    /// Sets the status that the account has after the sign-in. The default is online.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.options.status = status;
        self
    }

    /// Sets the capabilities of the client. The default is none.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.options.capabilities = capabilities;
        self
    }

    /// Sets the dialects that the client offers, the newest first. The default is MSNP12 and
    /// MSNP11, which are the only dialects that this crate supports.
    #[must_use]
    pub fn dialects(mut self, dialects: &[Dialect]) -> Self {
        let supported = [Dialect::Msnp12, Dialect::Msnp11];
        self.options.dialects = dialects.iter().copied().filter(|dialect| supported.contains(dialect)).collect();
        self
    }

    /// Sets whether to sign in again after the connection was lost. The default is `true`.
    #[must_use]
    pub fn reconnect(mut self, reconnect: bool) -> Self {
        self.options.reconnect = reconnect;
        self
    }

    /// Sets the time without messages after which the client leaves the session of a conversation.
    /// The next message opens another session. The default is 5 minutes. `None` means that the
    /// client never leaves.
    #[must_use]
    pub fn leave_quiet_sessions_after(mut self, time: Option<Duration>) -> Self {
        self.options.quiet = time;
        self
    }

    /// Sets the cache of fetched objects, such as display pictures. The default is a [`MemoryCache`].
    #[must_use]
    pub fn cache(mut self, cache: Arc<dyn ObjectCache>) -> Self {
        self.cache = cache;
        self
    }

    /// Calls `tap` with every line that the client sends or receives, so that a program can show
    /// the lines. The lines contain secrets.
    #[must_use]
    pub fn tap(mut self, tap: Tap) -> Self {
        self.tap = Some(tap);
        self
    }

    /// Signs in, and returns the client and its events.
    ///
    /// # Errors
    /// Returns the reason why the first sign-in failed. There is no second attempt.
    pub async fn sign_in(self) -> Result<(Client, Events), SignedOut> {
        let (sender, receiver) = mpsc::channel(EVENTS);
        let mut machine = Machine::new(self.options, now());
        machine.sign_in(now());
        let (shared, result) = Shared::start(machine, self.server, self.account, self.tap, self.cache, sender);
        let client = Client { held: Arc::new(Held(shared)) };
        result.await.unwrap_or(Err(SignedOut::Ended))?;
        let events = Events::new(&client, receiver);
        Ok((client, events))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("server", &self.server).field("account", &self.account).finish_non_exhaustive()
    }
}
