//! The events that the app receives.

use std::path::PathBuf;
use std::time::Duration;

use msnp::{Handle, Status};

use super::ids::{FileId, LineId, TalkId};
use super::roster::Roster;
use crate::picture::Picture;

/// A conversation, and the users who belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Talk {
    pub(crate) id: TalkId,
    pub(crate) users: Vec<Handle>,
}

/// The reason why a text may not have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotDelivered {
    /// The text was not delivered, for this reason.
    Refused(String),
    /// The connection was lost before the server's answer.
    Unknown,
}

/// Something that happened outside of the app. Texts are exactly as other people sent them. The app makes them safe to
/// draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AppEvent {
    /// The account is signed in again.
    SignedIn,
    /// The account is signed out.
    SignedOut {
        reason: String,
        /// The time until the next attempt to sign in. `None` if there will be no attempt.
        retry: Option<Duration>,
    },
    /// The roster has changed. This is the new roster.
    Roster(Box<Roster>),
    /// The status of a contact changed. `None` means offline.
    Presence { handle: Handle, before: Option<Status>, now: Option<Status> },
    /// A user added the account to their contact list.
    Request(Handle),
    /// Something happened in a conversation.
    Talk(Talk, TalkEvent),
    /// The result of sending a text or nudge. `Err` has the reason why it was not delivered.
    Delivered(LineId, Result<(), NotDelivered>),
    /// The result of an edit. `Err` has the reason why it failed.
    Edited { about: String, result: Result<(), String> },
    /// The progress of a file transfer, in bytes.
    FileProgress { id: FileId, done: u64, total: u64 },
    /// A transfer has ended. `Ok` has the path of a received file. `Err` has the reason why the
    /// file is not complete.
    FileEnded { id: FileId, result: Result<Option<PathBuf>, String> },
    /// A display picture, or the reason why there is none.
    Picture { handle: Handle, result: Result<Picture, String> },
    /// An announcement of the service.
    Announcement(String),
    /// The service will stop in this many minutes.
    Shutdown(u32),
}

/// Something that happened in a conversation. A message also contains a name that its sender chose,
/// but the events do not have that name. For the reason, see [`App::name_of`](super::App::name_of).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TalkEvent {
    /// The user of the program opened the conversation, so the app shows its tab.
    Opened,
    /// A user joined.
    Joined(Handle),
    /// A user left.
    Left(Handle),
    /// The session ended. The next message opens another session.
    Quiet,
    /// A text.
    Text { from: Handle, text: String },
    /// A nudge.
    Nudge(Handle),
    /// A user is typing.
    Typing(Handle),
    /// A user sent something that this program cannot show, such as a wink.
    Other { from: Handle, what: &'static str },
    /// A user offers a file.
    FileOffered { from: Handle, id: FileId, name: String, size: u64 },
}
