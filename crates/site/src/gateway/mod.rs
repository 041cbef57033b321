//! MSNP over HTTP, for clients that reach nothing but port 80 (docs/protocol/http.md section 5).
//!
//! A session over the gateway is the same session as over TCP: one end of an in-memory stream goes to the same serving
//! function, the other end is kept here, and each request writes what it brings and takes what waits. [`Gateway`] is
//! the table of sessions, `session` one of them, `routes` the HTTP around it.

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
use swallowtail_messenger::net::{Caller, Counter, Permit, counted_address};

/// A session without a request for so long is over: for a notification session that is a sign-out (http.md section 5).
const SILENCE: Duration = Duration::from_secs(60);
/// How often silent sessions are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// How many bytes may be under way in each direction: a connection whose client does not fetch them goes on to its
/// outbox, which is bounded.
const PIPE: usize = 64 * 1024;

/// All sessions over HTTP.
pub struct Gateway {
    chat: Chat,
    bind_to_address: bool,
    /// Where the sessions are counted, by address too.
    counted: Arc<Counter>,
    sessions: Mutex<HashMap<u64, Entry>>,
}

/// A session, and its place in the count, which it has for as long as it is in the table.
struct Entry {
    session: Arc<Session>,
    _place: Permit,
}

/// The keys of the table open sessions, so they are not shown.
impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway({} sessions)", self.len())
    }
}

impl Gateway {
    /// No sessions yet. Those that fall silent are ended for as long as it lives.
    #[must_use]
    pub fn new(config: &Config, chat: Chat) -> Arc<Self> {
        let gateway = Arc::new(Self {
            chat,
            bind_to_address: config.gateway.bind_to_address,
            counted: Counter::new(config.gateway_limits()),
            sessions: Mutex::default(),
        });
        tokio::spawn(sweep(Arc::downgrade(&gateway)));
        gateway
    }

    /// Opens a session; `None` when there are too many.
    fn open(&self, caller: &Caller, server: GatewayServer) -> Option<Arc<Session>> {
        let caller = caller.over_gateway();
        let address = counted_address(caller.peer.ip());
        let counted = self.counted.admit(caller.peer.ip())?;
        let place = self.chat.admit(caller.peer)?;
        let (near, far) = tokio::io::duplex(PIPE);
        let session = {
            let mut sessions = lock(&self.sessions);
            let key = loop {
                let key = u64::from_le_bytes(random::bytes());
                if !sessions.contains_key(&key) {
                    break key;
                }
            };
            let session = Arc::new(Session::new(key, address, near));
            sessions.insert(key, Entry { session: session.clone(), _place: counted });
            session
        };
        let server = match server {
            GatewayServer::Notification => ChatServer::Notification,
            GatewayServer::Switchboard => ChatServer::Switchboard,
        };
        let chat = self.chat.clone();
        tokio::spawn(async move { chat.serve(far, &caller, server, place).await });
        Some(session)
    }

    /// The session of this name, for this address.
    fn find(&self, id: SessionId, caller: &Caller) -> Option<Arc<Session>> {
        let session = lock(&self.sessions).get(&id.key).map(|entry| entry.session.clone())?;
        let is_theirs = !self.bind_to_address || session.address == counted_address(caller.peer.ip());
        is_theirs.then_some(session)
    }

    fn remove(&self, key: u64) {
        lock(&self.sessions).remove(&key);
    }

    /// Ends the sessions that were silent for too long.
    fn end_silent(&self, now: Instant) {
        lock(&self.sessions).retain(|_, entry| !entry.session.is_silent(now, SILENCE));
    }

    /// Waits until every client has fetched its last lines, at most `patience`. For a stop: nobody is taken in any
    /// more.
    pub async fn drain(&self, patience: Duration) {
        const LOOK: Duration = Duration::from_millis(50);
        let gone = async {
            while !lock(&self.sessions).is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let _ = tokio::time::timeout(patience, gone).await;
    }

    /// The number of sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.sessions).len()
    }

    /// Whether there are none.
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
