//! The reasons why input is not a command.

use thiserror::Error;

/// The reason why input is not a command. The receiver closes the connection without an answer (framing.md section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// No line end within the limit of the stream.
    #[error("a line is longer than the limit")]
    LineTooLong,
    /// A line contains NUL or, on a switchboard, another control character.
    #[error("a line contains a control character")]
    ControlCharacter,
    /// The verb does not exist in this direction or in this dialect.
    #[error("unknown command")]
    UnknownVerb,
    /// The verb is known, but closes the connection in this state.
    #[error("command not allowed now")]
    WrongState,
    /// Too few or too many words.
    #[error("wrong number of words")]
    WordCount,
    /// The transaction id is missing or is not a 32-bit number.
    #[error("malformed transaction id")]
    TrId,
    /// A word is not allowed at its position.
    #[error("invalid word")]
    Word,
    /// A text or number exceeds the length at which the connection is closed.
    #[error("a word is longer than the limit")]
    WordTooLong,
    /// The length of a payload is missing, is not a number, or exceeds the limit of the command.
    #[error("malformed or excessive payload length")]
    PayloadLength,
    /// The payload is not of the kind that its command carries.
    #[error("malformed payload")]
    Payload,
}
