//! The answer to input that is not a valid command: close the connection, or send an error code.

use thiserror::Error;

use crate::{ErrorCode, Malformed, TrId};

/// The answer to a command that is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Close the connection without an answer.
    #[error("{0}")]
    Close(#[from] Malformed),
    /// Send the answer `code trid`, and keep the connection open.
    #[error("refused with {1}")]
    Answer(TrId, ErrorCode),
    /// Send the answer `code trid`, then close the connection.
    #[error("refused with {1}, fatal")]
    Fatal(TrId, ErrorCode),
}
