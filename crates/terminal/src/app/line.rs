//! The lines of a conversation.

use std::collections::VecDeque;

use msnp::Handle;

use super::ids::{FileId, LineId};

/// The maximum number of lines that are kept for each conversation. The oldest ones are forgotten.
pub(crate) const MAX_LINES: usize = 2000;

/// A line: a message, or a note of the program. Its texts are safe to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: LineId,
    /// The time of day at which the line was added.
    pub(crate) clock: String,
    pub(crate) author: Author,
    pub(crate) text: String,
    pub(crate) delivery: Option<Delivery>,
    /// The file that the line is about, with the progress of its transfer.
    pub(crate) file: Option<File>,
}

/// The author of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// The user of the program.
    Me(String),
    /// Another user.
    Other(String),
    /// The program.
    Note,
    /// The program, which reports a fault.
    Problem,
    /// The program, which reports that a user left the session.
    Left(Handle),
}

/// The delivery state of a message that the user sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The server has not answered yet.
    Pending,
    /// The message has reached every member.
    Delivered,
    /// The message was not delivered, for this reason.
    Failed(String),
    /// The connection was lost before the server's answer.
    Unknown,
}

/// A file that is offered, sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) id: FileId,
    pub(crate) state: FileState,
}

/// The state of the transfer of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileState {
    /// Another user offers the file, and the user of the program has not decided yet.
    Offered,
    /// Of `total` bytes, `done` bytes are transferred.
    Running { done: u64, total: u64 },
    /// The transfer has ended.
    Ended,
}

/// The lines of one conversation, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Lines(VecDeque<Line>);

impl Lines {
    pub(crate) fn push(&mut self, line: Line) {
        if self.0.len() == MAX_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.0.iter()
    }

    /// Returns the line with this number. The search begins with the newest lines.
    pub(crate) fn get_mut(&mut self, id: LineId) -> Option<&mut Line> {
        self.0.iter_mut().rev().find(|line| line.id == id)
    }

    /// Returns the line about the file `id`.
    pub(crate) fn file_mut(&mut self, id: FileId) -> Option<&mut Line> {
        self.0.iter_mut().rev().find(|line| line.file.as_ref().is_some_and(|file| file.id == id))
    }

    /// Returns the newest file in a state that `wanted` accepts.
    pub(crate) fn newest_file(&self, wanted: impl Fn(FileState) -> bool) -> Option<FileId> {
        self.0.iter().rev().filter_map(|line| line.file.as_ref()).find(|file| wanted(file.state)).map(|file| file.id)
    }

    /// Removes the notes about users who left from the end of the lines. Returns how many notes
    /// were removed.
    pub(crate) fn take_left(&mut self) -> usize {
        let mut taken = 0;
        while matches!(self.0.back(), Some(Line { author: Author::Left(_), .. })) {
            self.0.pop_back();
            taken += 1;
        }
        taken
    }
}
