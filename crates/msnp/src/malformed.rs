//! Why input cannot be a command.

use thiserror::Error;

/// Why input cannot be a command. The receiver closes the connection without an answer (framing.md section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// No line end within the limit of the stream.
    #[error("a line is longer than the limit")]
    LineTooLong,
    /// NUL, or on a switchboard another control character, in a line.
    #[error("a line holds a control character")]
    ControlCharacter,
    /// A verb that does not exist here, in this direction or in this dialect.
    #[error("unknown command")]
    UnknownVerb,
    /// A known verb in a state in which it closes the connection.
    #[error("command not allowed now")]
    WrongState,
    /// Too few or too many words.
    #[error("wrong number of words")]
    WordCount,
    /// The transaction id is missing or no number of 32 bits.
    #[error("malformed transaction id")]
    TrId,
    /// A word outside the set that its place allows.
    #[error("impossible word")]
    Word,
    /// A text or number over the length at which the connection closes.
    #[error("a word is longer than the limit")]
    WordTooLong,
    /// The length of a payload is missing, no number, or over the limit of the command.
    #[error("malformed or excessive payload length")]
    PayloadLength,
    /// A payload that is not what its command carries.
    #[error("malformed payload")]
    Payload,
}
