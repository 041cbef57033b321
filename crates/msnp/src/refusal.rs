//! What a decoder says about input that is not a valid command: close, or answer with a code.

use thiserror::Error;

use crate::{ErrorCode, Malformed, TrId};

/// Why a command is not carried out, and what the peer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Close without an answer.
    #[error("{0}")]
    Close(#[from] Malformed),
    /// Answer `code trid`; the connection stays.
    #[error("refused with {1}")]
    Answer(TrId, ErrorCode),
    /// Answer `code trid`, then close.
    #[error("refused with {1}, fatal")]
    Fatal(TrId, ErrorCode),
}
