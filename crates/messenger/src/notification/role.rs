//! The role of a listener: notification server or dispatch server.

/// The role of a listener, which applies to all its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Clients sign in here.
    Notification,
    /// Clients are redirected to `notification`: the answer to USR is XFR (ns.md section 4).
    Dispatch {
        /// `host:port` of the notification server.
        notification: String,
        /// `host:port` of this server.
        dispatch: String,
    },
}
