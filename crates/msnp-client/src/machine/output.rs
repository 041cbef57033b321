//! The outputs of a machine: instructions for its driver, events and results for its user.

use std::fmt;
use std::time::Duration;

use msnp::switchboard::Participant;
use msnp::{DisplayName, ErrorCode, Handle};
use thiserror::Error;

use super::edit::EditError;
use super::limits::MAX_REDIRECTS;
use super::roster::RosterChange;
use crate::p2p;

/// Identifies a connection of a machine. A machine never uses the same number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(super) u64);

/// Identifies a conversation of a machine. A machine never uses the same number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub(super) u64);

/// Identifies a message that was given to a machine. A machine never uses the same number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub(super) u64);

/// Identifies an edit that was given to a machine. A machine never uses the same number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditId(pub(super) u64);

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The server to which the driver opens a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A notification server. `None` means the server in the settings. Otherwise, this is the
    /// address to which a server redirected the client.
    Notification(Option<String>),
    /// A switchboard, `host:port`.
    Switchboard(String),
}

/// An output of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a connection. Report the result with [`Machine::connected`](super::Machine::connected)
    /// or [`Machine::disconnected`](super::Machine::disconnected).
    Connect {
        /// The number of the new connection.
        link: LinkId,
        /// The server to connect to.
        target: Target,
    },
    /// Write the bytes in `last`, then close the connection. The machine no longer knows the
    /// connection.
    Disconnect {
        /// The number of the connection.
        link: LinkId,
        /// The last bytes to write, for example `OUT`.
        last: Vec<u8>,
    },
    /// Get a ticket, and report it with [`Machine::ticket`](super::Machine::ticket).
    FetchTicket {
        /// The policy, which goes to the login service.
        policy: String,
    },
    /// An event for the program.
    Event(Event),
    /// The result of an edit.
    Edited(EditId, Result<(), EditError>),
    /// The result of a message. There is exactly one result for each message with a [`MessageId`].
    Sent(MessageId, Delivery),
}

/// The result of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server has passed the message on to every member of the conversation.
    Delivered,
    /// The message was not delivered.
    Refused(SendError),
    /// The connection was lost before the server answered. The message may have been delivered.
    Unknown,
}

/// The reason why a message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// The account is not signed in.
    #[error("the account is not signed in")]
    Offline,
    /// The other user is offline, appears offline, or does not allow the account.
    #[error("the other user is offline or does not accept messages from this account")]
    NotReachable,
    /// The other user's client did not answer the call.
    #[error("the other user's client did not answer")]
    NoAnswer,
    /// All other members had left when the message arrived, or at least one member could not be
    /// reached.
    #[error("not all members could be reached")]
    NobodyThere,
    /// The conversation has no other members.
    #[error("the conversation has no other members")]
    Empty,
    /// Too many messages wait for the other user to join (see
    /// [`MAX_QUEUE`](super::limits::MAX_QUEUE)).
    #[error("too many messages are waiting to be sent")]
    QueueFull,
    /// The message is longer than [`MAX_MESSAGE`](msnp::switchboard::MAX_MESSAGE) bytes.
    #[error("the message is too long")]
    TooLong,
    /// There are too many open conversations (see
    /// [`MAX_CONVERSATIONS`](super::limits::MAX_CONVERSATIONS)).
    #[error("there are too many open conversations")]
    TooManyConversations,
    /// The switchboard could not be reached, or it refused the client.
    #[error("the switchboard could not be reached")]
    NoSwitchboard,
    /// The server refused the request.
    #[error("the server refused the request: error {0}")]
    Refused(ErrorCode),
}

/// Something that happened. A machine returns events in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The account is signed in. The roster is complete, except for the presence of contacts. The
    /// presence follows in further events.
    SignedIn,
    /// The account is signed out.
    SignedOut {
        /// The reason why the account is signed out.
        reason: SignedOut,
        /// The time until the next attempt to sign in. `None` if there is no further attempt.
        retry: Option<Duration>,
    },
    /// The roster changed.
    Roster(RosterChange),
    /// A user joined a conversation, or was in it when the account joined.
    Joined {
        /// The conversation that the user joined.
        conversation: ConversationId,
        /// The user who joined, or who was in the conversation already.
        member: Participant,
    },
    /// A user left a conversation.
    Left {
        /// The conversation that the user left.
        conversation: ConversationId,
        /// The handle of the user who left.
        handle: Handle,
    },
    /// The switchboard session of a conversation ended. The next message opens another session.
    Quiet(ConversationId),
    /// A message in a conversation.
    Message {
        /// The conversation to which the user sent the message.
        conversation: ConversationId,
        /// The handle of the sender.
        from: Handle,
        /// The sender's display name.
        name: DisplayName,
        /// The payload of MSG.
        payload: Vec<u8>,
    },
    /// A transfer made progress, ended, or needs an answer. The machine itself answers requests for
    /// the account's own objects.
    Transfer {
        /// The conversation of the transfer.
        conversation: ConversationId,
        /// The event of the transfer.
        event: p2p::Event,
    },
    /// A message of the service itself, such as the profile or a warning before a stop.
    ServiceMessage(Vec<u8>),
    /// An alert of the service, in XML.
    Alert(Vec<u8>),
}

/// The reason why the account was signed out, or could not sign in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignedOut {
    /// The program that uses this crate asked to sign out.
    #[error("signed out")]
    Requested,
    /// The account signed in from another place. There is no retry, because two clients would sign each other out
    /// forever.
    #[error("the account signed in from another place")]
    Elsewhere,
    /// The server is shutting down.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The server asks clients not to sign in for some time.
    #[error("the server accepts no sign-ins for {0} minutes")]
    ClosedFor(u32),
    /// The server requires that its terms of use are accepted.
    #[error("the server requires its terms of use to be accepted")]
    TermsOfUse,
    /// The server ended the session without a reason.
    #[error("the server ended the session")]
    Ended,
    /// The connection could not be opened, or was lost.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The server did not answer in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The server sent bytes that are not valid.
    #[error("the server sent something invalid: {0}")]
    Invalid(String),
    /// The server redirected the client too often.
    #[error("the server redirected the client more than {} times", MAX_REDIRECTS)]
    TooManyRedirects,
    /// The server supports no dialect that this crate supports.
    #[error("the server supports neither MSNP12 nor MSNP11")]
    NoDialect,
    /// The password is wrong, or the account does not exist.
    #[error("wrong password, or the account does not exist on this server")]
    WrongPassword,
    /// The login service refused the sign-in for another reason.
    #[error("{0}")]
    Refused(String),
    /// The server refused a step of the sign-in.
    #[error("the server refused the sign-in: error {0}")]
    Code(ErrorCode),
}

impl SignedOut {
    /// Returns whether another attempt can succeed, even if nobody changes the settings or the
    /// account.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Requested
            | Self::Elsewhere
            | Self::TermsOfUse
            | Self::NoDialect
            | Self::WrongPassword
            | Self::Refused(_) => false,
            Self::Code(code) => !matches!(
                *code,
                ErrorCode::AuthenticationFailed | ErrorCode::InviteRequired | ErrorCode::PassportNotVerified
            ),
            _ => true,
        }
    }
}
