//! The kinds of visits: the actions that clients repeat at the server.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A kind of visit: the actions that a client carries out at the server again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Clients connect to every port, send something or nothing, and reset the connection
    Connections,
    /// People sign in, synchronise, go online, and sign out
    SignIns,
    /// Two people open a conversation, exchange a message, and leave
    Conversations,
    /// People sign in and out through the HTTP gateway
    Gateway,
    /// A person changes status, and a contact sees the change
    Presence,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connections => "connections",
            Self::SignIns => "sign-ins",
            Self::Conversations => "conversations",
            Self::Gateway => "gateway",
            Self::Presence => "presence",
        })
    }
}
