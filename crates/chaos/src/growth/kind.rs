//! The kinds of coming and going.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A kind of coming and going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Connections to every port open, send something or nothing, and are cut
    Connections,
    /// People sign in, synchronise, go online, and sign out
    SignIns,
    /// Two people open a conversation, exchange a message, and leave
    Conversations,
    /// People sign in and out through the HTTP gateway
    Gateway,
    /// Somebody changes the status, and a contact sees it
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
