//! The reasons why input is not a command.

use thiserror::Error;

/// The reason why input is not a command. The receiver closes the connection without an answer (framing.md section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// There is no line end within the maximum length of a line
    /// ([`LineRules::max_line`](crate::frame::LineRules::max_line)).
    #[error("a line is longer than the limit")]
    LineTooLong,
    /// A line contains NUL or, on a switchboard, another control character.
    #[error("a line contains a control character")]
    ControlCharacter,
    /// The verb does not exist in this direction or in this dialect.
    #[error("unknown command")]
    UnknownVerb,
    /// The verb is known but not allowed in this state, so the receiver closes the connection.
    #[error("command not allowed now")]
    WrongState,
    /// The line has too few or too many words.
    #[error("wrong number of words")]
    WordCount,
    /// The transaction id is missing or is not a 32-bit number.
    #[error("malformed transaction id")]
    TrId,
    /// A word is not allowed at its position.
    #[error("invalid word")]
    Word,
    /// A text or number is so long that the receiver closes the connection.
    #[error("a word is longer than the limit")]
    WordTooLong,
    /// The length of a payload is missing, is not a number, or exceeds the maximum payload length
    /// of the command.
    #[error("malformed or excessive payload length")]
    PayloadLength,
    /// The payload does not have the form that its command requires.
    #[error("malformed payload")]
    Payload,
}
