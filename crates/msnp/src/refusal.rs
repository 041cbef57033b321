//! The answer to input that is not a valid command: close the connection, or send an error code.

use thiserror::Error;

use crate::{ErrorCode, Malformed, TrId};

/// The answer to a command that is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Close without an answer.
    #[error("{0}")]
    Close(#[from] Malformed),
    /// Answer `code trid`, and keep the connection open.
    #[error("refused with {1}")]
    Answer(TrId, ErrorCode),
    /// Answer `code trid`, then close.
    #[error("refused with {1}, fatal")]
    Fatal(TrId, ErrorCode),
}
