//! The progress and the result of a transfer.

use thiserror::Error;

use crate::p2p::Failure;

/// The progress of a transfer, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes that were sent or received.
    pub done: u64,
    /// The size of the file or object.
    pub total: u64,
}

/// The reason why a transfer failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransferError {
    /// The other side declined the transfer.
    #[error("the other side declined the transfer")]
    Declined,
    /// The transfer ended early.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The file could not be read or written.
    #[error("could not read or write the file: {0}")]
    File(String),
    /// The received object is not the object that was requested.
    #[error("the received object does not match its hash")]
    WrongObject,
    /// The contact is offline, or has no picture.
    #[error("the contact is offline or has no picture")]
    NoPicture,
}
