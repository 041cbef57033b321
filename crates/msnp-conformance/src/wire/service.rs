//! The three kinds of connections.

/// The service on the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The notification server or the dispatch server.
    Ns,
    /// The switchboard.
    Sb,
    /// The HTTP server.
    Http,
}
