//! What is known of a connection before its client sends anything.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::net::{Outbox, Permit};

/// What a listener's connections are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Clients sign in here.
    Notification,
    /// Clients are sent on to `notification`: the answer to USR is XFR (ns.md section 4).
    Dispatch {
        /// `host:port` of the notification server.
        notification: String,
        /// `host:port` of this server.
        dispatch: String,
    },
}

/// What is known of a connection before its client sends anything.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The queue of lines for the client.
    pub(crate) outbox: Arc<Outbox>,
    /// The connection's place among all connections.
    pub(crate) permit: Permit,
    /// The client's address.
    pub(crate) peer: SocketAddr,
    /// The address of this notification server that this client can dial.
    pub(crate) notification: String,
    /// The switchboard address that this client can dial.
    pub(crate) switchboard: String,
    /// Whether rate limits apply.
    pub(crate) limited: bool,
    /// True for a session over the HTTP gateway, which has its own timeout and therefore no idle timer here: a poll
    /// brings no bytes (http.md section 5).
    pub(crate) polled: bool,
}
