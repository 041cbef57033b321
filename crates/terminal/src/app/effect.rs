//! The effects: instructions that the app gives to its caller.

use std::path::PathBuf;

use msnp::Handle;
use msnp_client::machine::Edit;

use super::ids::{FileId, LineId, TalkId};

/// An instruction that the app gives to its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Find the conversation with a user, and report it with [`TalkEvent::Opened`](super::TalkEvent::Opened).
    Open(Handle),
    /// Send a text. The result is reported for `line`.
    Send { talk: TalkId, line: LineId, text: String },
    /// Send a nudge. The result is reported for `line`.
    Nudge { talk: TalkId, line: LineId },
    /// Tell the other members of the conversation that the user is typing.
    Typing(TalkId),
    /// Invite a user to the conversation.
    Invite { talk: TalkId, handle: Handle },
    /// Leave the session of a conversation.
    Leave(TalkId),
    /// Change the account or its lists. `about` says what changes, for the message about the result.
    Edit { edit: Edit, about: String },
    /// Send a file. The progress is reported with the number `id`.
    SendFile { id: FileId, talk: TalkId, to: Handle, path: PathBuf },
    /// Receive an offered file.
    AcceptFile(FileId),
    /// Refuse an offered file.
    DeclineFile(FileId),
    /// Stop a transfer.
    CancelFile(FileId),
    /// Fetch the display picture of a contact.
    FetchPicture(Handle),
    /// Use the image in a file as the user's own display picture.
    SetPicture(PathBuf),
    /// Sign in again now.
    SignInAgain,
    /// Ring the bell of the terminal.
    Bell,
    /// Draw the whole screen again.
    Redraw,
    /// Sign out, and end the program.
    Quit,
}
