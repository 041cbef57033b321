//! The entry point of the chat services. A stream can arrive over TCP, TLS, the HTTP gateway or the proxy. This module
//! makes each stream a connection of the notification server or of the switchboard.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use msnp::Dialect;
use msnp::frame::LineRules;
use msnp::notification::ServerCommand;
use tokio::time::timeout;
use tracing::Instrument;

use crate::busy;
use crate::net::{
    Caller, Connection, Guest, NotAdmitted, Outbox, Peer, Place, Prefixed, Progress, Stream, Table, connection,
    first_bytes,
};
use crate::notification::{NotificationSession, Role};
use crate::service::Service;
use crate::switchboard::SwitchboardSession;

/// The maximum number of bytes that other connections may queue for one connection (framing.md section 11): about 150
/// full messages.
const OUTBOX_LIMIT: usize = 256 * 1024;
/// The length of a verb, in bytes.
const VERB: usize = 3;
/// The time that the server waits for the first command on a port that serves both services. Clients send that command
/// immediately. The sign-in timeout starts after the first command.
const FIRST_COMMAND: Duration = Duration::from_secs(10);

/// Admits and serves new chat connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chat {
    service: Arc<Service>,
    connections: Arc<Table>,
}

/// The server that a chat connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatServer {
    /// The notification server: signing in, lists, presence.
    Notification,
    /// The dispatch server, which redirects clients to the notification server.
    Dispatch,
    /// The switchboard: conversations.
    Switchboard,
    /// The notification server and the switchboard on one port. The first command decides which of
    /// the two serves the connection.
    Either,
}

/// A future that serves a connection.
pub type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that was admitted. Dropping this value frees its place for another connection.
#[derive(Debug)]
pub struct Admitted {
    outbox: Arc<Outbox>,
    place: Place,
    /// True if rate limits apply to the connection.
    limited: bool,
}

impl Admitted {
    /// Links `other` to the place of this connection. `other` is the place of the same connection
    /// in another table.
    #[must_use]
    pub fn joined_to(self, other: Arc<Place>) -> Self {
        Self { place: self.place.joined_to(other), ..self }
    }

    /// Waits until the server wants to close the connection. Code that uses the stream before
    /// [`Chat::serve`] must then stop.
    pub async fn closed(&self) {
        poll_fn(|context| self.outbox.poll_closing(context, 0)).await;
    }
}

impl Chat {
    /// Creates the chat services of a server. `connections` is the table of all chat connections.
    #[must_use]
    pub const fn new(service: Arc<Service>, connections: Arc<Table>) -> Self {
        Self { service, connections }
    }

    /// Admits a connection.
    ///
    /// # Errors
    /// Fails if the address of the peer or the whole server has reached its connection limit, and
    /// no other connection can make room. In that case, [`Self::refuse`] informs the client. Also
    /// fails while the server is stopping.
    pub fn admit(&self, peer: Peer) -> Result<Admitted, NotAdmitted> {
        let outbox = Outbox::new(OUTBOX_LIMIT);
        let place = self.connections.admit(peer.ip(), outbox.clone())?;
        Ok(Admitted { outbox, place, limited: self.is_limited(peer.ip()) })
    }

    /// Admits a connection from inside this process. Only the limit on the total number of
    /// connections applies to it.
    ///
    /// # Errors
    /// Fails if that limit is reached, or while the server is stopping.
    pub fn admit_own(&self) -> Result<Admitted, NotAdmitted> {
        let outbox = Outbox::new(OUTBOX_LIMIT);
        let place = self.connections.admit_own(outbox.clone())?;
        Ok(Admitted { outbox, place, limited: false })
    }

    /// Refuses a client that was not admitted: tells the client that the server is busy, and closes
    /// the connection.
    pub async fn refuse(&self, stream: impl Stream, place: Place) {
        busy::refuse(stream).await;
        drop(place);
    }

    /// Returns whether rate limits apply to an address.
    #[must_use]
    pub fn is_limited(&self, peer: IpAddr) -> bool {
        !self.connections.is_exempt(peer)
    }

    /// Returns a future that serves a connection until the connection ends. The future is one box,
    /// because a server has many such connections, and they last long. If this were an `async`
    /// function that calls another one, each connection would take twice the memory.
    #[must_use]
    pub fn serve(&self, stream: impl Stream, caller: &Caller, server: ChatServer, place: Admitted) -> Serving {
        match server {
            ChatServer::Notification => Box::pin(self.notification(stream, caller, Role::Notification, place)),
            ChatServer::Dispatch => {
                let notification = caller.notification_address();
                let role = Role::Dispatch { notification, dispatch: caller.local.to_string() };
                Box::pin(self.notification(stream, caller, role, place))
            }
            ChatServer::Switchboard => Box::pin(self.switchboard(stream, caller, place)),
            ChatServer::Either => Box::pin(self.clone().either(stream, caller.clone(), place)),
        }
    }

    /// Serves a connection on a port for both services. A connection to the switchboard begins with
    /// USR or ANS, and a connection to the notification server begins with VER (ns.md section 2,
    /// sb.md section 3).
    async fn either(self, mut stream: impl Stream, caller: Caller, place: Admitted) {
        let first = tokio::select! {
            biased;
            first = timeout(FIRST_COMMAND, first_bytes(&mut stream, VERB)) => first,
            () = place.closed() => return,
        };
        let Ok(Ok(begin)) = first else { return };
        let is_switchboard = matches!(begin.as_slice(), b"USR" | b"ANS");
        let stream = Prefixed::new(begin, stream);
        let served: Serving = if is_switchboard {
            Box::pin(self.switchboard(stream, &caller, place))
        } else {
            Box::pin(self.notification(stream, &caller, Role::Notification, place))
        };
        served.await;
    }

    fn notification<S: Stream>(
        &self,
        stream: S,
        caller: &Caller,
        role: Role,
        place: Admitted,
    ) -> impl Future<Output = ()> + Send + use<S> {
        let outbox = place.outbox.clone();
        let session = NotificationSession::new(self.service.clone(), role, connection_of(caller, place));
        let served = connection::serve(stream, session, outbox, LineRules::NOTIFICATION);
        served.instrument(tracing::debug_span!("notification", peer = %caller.peer))
    }

    fn switchboard<S: Stream>(
        &self,
        stream: S,
        caller: &Caller,
        place: Admitted,
    ) -> impl Future<Output = ()> + Send + use<S> {
        let outbox = place.outbox.clone();
        let session = SwitchboardSession::new(self.service.switchboard.clone(), connection_of(caller, place));
        let served = connection::serve(stream, session, outbox, LineRules::SWITCHBOARD);
        served.instrument(tracing::debug_span!("switchboard", peer = %caller.peer))
    }
}

/// Closes a chat connection that makes room for another one. If the client of the closed connection
/// has not begun to sign in, the server sends no last line. Otherwise, the server sends OUT first
/// (ns.md section 4). The server never sends this OUT on the switchboard: a switchboard client that
/// has begun to sign in is in a session, and the connection of a client in a session never makes
/// room.
impl Guest for Outbox {
    fn make_room(&self, progress: Progress) {
        self.leave_with(|out| {
            if progress > Progress::Silent {
                ServerCommand::Out(None).encode(Dialect::Msnp8, out);
            }
        });
    }

    fn stop(&self) {
        self.close();
    }
}

fn connection_of(caller: &Caller, place: Admitted) -> Connection {
    let Admitted { outbox, place, limited } = place;
    Connection { outbox, place: Arc::new(place), limited, caller: caller.clone() }
}
