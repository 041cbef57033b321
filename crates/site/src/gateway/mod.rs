//! MSNP over HTTP, for clients that can reach only port 80 (docs/protocol/http.md section 5).
//!
//! A session over the gateway is a normal session, as over TCP. The messenger serves one end of an in-memory stream,
//! and the gateway keeps the other end. Each request writes its commands to the stream and reads the pending output.
//! [`Gateway`] is the table of sessions, `session` contains one session, and `routes` has the HTTP handlers.

mod routes;
mod session;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use msnp::gateway::{GatewayServer, SessionId};
use tokio::time::{Instant, interval};

pub(crate) use routes::router;
use session::Session;

use swallowtail_base::lock;
use swallowtail_base::random;
use swallowtail_config::Config;
use swallowtail_messenger::chat::{Chat, ChatServer};
use swallowtail_messenger::net::{Caller, Guest, Place, Progress, Table, counted_address};

/// The time without a request after which a session ends. The end of a notification session counts as a sign-out
/// (http.md section 5).
const SILENCE: Duration = Duration::from_secs(60);
/// The time between two searches for silent sessions.
const SWEEP: Duration = Duration::from_secs(5);
/// The capacity of the in-memory stream in each direction, in bytes. Output that does not fit,
/// because the client does not fetch it, stays in the session's outbox, which has a limit.
const PIPE: usize = 64 * 1024;

/// All chat sessions over HTTP.
pub struct Gateway {
    chat: Chat,
    bind_to_address: bool,
    /// The table of the sessions. At a limit, the table decides which session must end to make
    /// room.
    table: Arc<Table>,
    sessions: Mutex<HashMap<u64, Entry>>,
}

/// A session, and its place in the table. The session keeps its place while requests can find the
/// session.
struct Entry {
    session: Arc<Session>,
    _place: Arc<Place>,
}

/// Removes a session from the gateway when the table of sessions gives the place of this session to
/// another session.
struct Eviction {
    gateway: Weak<Gateway>,
    key: u64,
}

impl Guest for Eviction {
    /// Removes the session from the gateway. This ends the chat connection of the session, and
    /// requests for the session get 400.
    fn make_room(&self, _progress: Progress) {
        if let Some(gateway) = self.gateway.upgrade() {
            gateway.remove(self.key);
        }
    }
}

/// Does not show the keys of sessions, because a key gives access to its session.
impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway({} sessions)", self.len())
    }
}

impl Gateway {
    /// Creates a gateway without sessions, and starts the task that ends silent sessions.
    #[must_use]
    pub fn new(config: &Config, chat: Chat) -> Arc<Self> {
        let gateway = Arc::new(Self {
            chat,
            bind_to_address: config.gateway.bind_to_address,
            table: Table::new("gateway", config.gateway_sessions()),
            sessions: Mutex::default(),
        });
        tokio::spawn(sweep(Arc::downgrade(&gateway)));
        gateway
    }

    /// Opens a session. If a limit is reached, a session that is not signed in is removed to make
    /// room. Returns `None` if all sessions that could make room are signed in, or if the server is
    /// stopping.
    fn open(self: &Arc<Self>, caller: &Caller, server: GatewayServer) -> Option<Arc<Session>> {
        let caller = caller.over_gateway();
        let address = counted_address(caller.peer.ip());
        let key = self.unused_key();
        let eviction = Eviction { gateway: Arc::downgrade(self), key };
        let place = Arc::new(self.table.admit(caller.peer.ip(), Arc::new(eviction)).ok()?);
        let chat_place = self.chat.admit(caller.peer).ok()?.joined_to(place.clone());
        let (near, far) = tokio::io::duplex(PIPE);
        let session = Arc::new(Session::new(key, address, near));
        lock(&self.sessions).insert(key, Entry { session: session.clone(), _place: place.clone() });
        if place.is_lost() {
            // The session lost its place to another session before a request could find it.
            self.remove(key);
            return None;
        }
        let server = match server {
            GatewayServer::Notification => ChatServer::Notification,
            GatewayServer::Switchboard => ChatServer::Switchboard,
        };
        let chat = self.chat.clone();
        tokio::spawn(async move { chat.serve(far, &caller, server, chat_place).await });
        Some(session)
    }

    /// Returns a random key that no session has.
    fn unused_key(&self) -> u64 {
        let sessions = lock(&self.sessions);
        loop {
            let key = u64::from_le_bytes(random::bytes());
            if !sessions.contains_key(&key) {
                return key;
            }
        }
    }

    /// Returns the session with this id, if the caller may use it.
    fn find(&self, id: SessionId, caller: &Caller) -> Option<Arc<Session>> {
        let session = lock(&self.sessions).get(&id.key).map(|entry| entry.session.clone())?;
        let is_theirs = !self.bind_to_address || session.address == counted_address(caller.peer.ip());
        is_theirs.then_some(session)
    }

    fn remove(&self, key: u64) {
        lock(&self.sessions).remove(&key);
    }

    /// Ends every session that has received no request for [`SILENCE`].
    fn end_silent(&self, now: Instant) {
        lock(&self.sessions).retain(|_, entry| !entry.session.is_silent(now, SILENCE));
    }

    /// Waits until every client has fetched its last bytes and the answer that closes its session, but at most
    /// `patience`. The server calls this when it stops, after it has stopped admitting sessions.
    pub async fn drain(&self, patience: Duration) {
        const LOOK: Duration = Duration::from_millis(50);
        let gone = async {
            while !lock(&self.sessions).is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let _ = tokio::time::timeout(patience, gone).await;
    }

    /// Returns the number of sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.sessions).len()
    }

    /// Returns whether there are no sessions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

async fn sweep(gateway: Weak<Gateway>) {
    let mut ticks = interval(SWEEP);
    loop {
        ticks.tick().await;
        let Some(gateway) = gateway.upgrade() else { return };
        gateway.end_silent(Instant::now());
    }
}
