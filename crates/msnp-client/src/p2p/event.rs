//! The events and messages that the engine gives to its caller.

use std::fmt;

use msnp::Handle;
use thiserror::Error;

/// Identifies a transfer of one [`super::Engine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub(super) u64);

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A message to send. It has the fields of a [`msnp::message::PeerToPeer`]. The caller sends it in
/// a MSG with flag D.
#[derive(Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The member that the message is for.
    pub to: Handle,
    /// The part that follows the MIME headers, at most 1254 bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transmit({}, {} bytes)", self.to, self.bytes.len())
    }
}

/// Something that happened to a transfer.
///
/// The last event of every transfer is `Completed`, `Declined` or `Failed`. After this event, the
/// engine no longer knows the id, and calls with this id do nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// A member asks for an object of this account. Answer with [`super::Engine::serve`] or [`super::Engine::decline`].
    ObjectRequested {
        /// The id of the new transfer.
        id: TransferId,
        /// The handle of the member.
        from: Handle,
        /// The description of the object, `<msnobj .../>`. The engine does not check it.
        context: String,
    },
    /// A member offers a file. Answer with [`super::Engine::accept`] or [`super::Engine::decline`].
    FileOffered {
        /// The id of the new transfer.
        id: TransferId,
        /// The handle of the member.
        from: Handle,
        /// The name of the file, exactly as the member wrote it. See [`msnp::p2p::safe_file_name`].
        name: String,
        /// The size of the file, in bytes. The engine does not limit the size.
        size: u64,
        /// A small PNG image, which the engine does not check. Empty if there is no image.
        preview: Vec<u8>,
    },
    /// The member accepted the offered file.
    Accepted {
        /// The id of the transfer.
        id: TransferId,
    },
    /// The member or this side declined the invitation of the transfer.
    Declined {
        /// The id of the transfer.
        id: TransferId,
    },
    /// The next bytes of a file have arrived. The bytes of a file arrive in order.
    Data {
        /// The id of the transfer.
        id: TransferId,
        /// The position in the file at which `bytes` starts.
        offset: u64,
        /// The bytes, never empty.
        bytes: Vec<u8>,
    },
    /// The whole object has arrived. The engine does not check the hash of the object.
    ObjectReceived {
        /// The id of the transfer.
        id: TransferId,
        /// The bytes of the object.
        bytes: Vec<u8>,
    },
    /// The engine needs more bytes of a file that this side sends. Answer with
    /// [`super::Engine::supply`].
    NeedData {
        /// The id of the transfer.
        id: TransferId,
        /// The position in the file of the first byte that the engine needs.
        offset: u64,
        /// The maximum number of bytes that the engine accepts, at least 1.
        at_most: usize,
    },
    /// A chunk was sent or received. If the caller has not read a report, the next report replaces
    /// it.
    Progress {
        /// The id of the transfer.
        id: TransferId,
        /// The number of bytes that were sent or received so far.
        done: u64,
        /// The size of the file or object, in bytes.
        total: u64,
    },
    /// Everything was received, or the member acknowledged everything.
    Completed {
        /// The id of the transfer.
        id: TransferId,
    },
    /// The transfer ended early.
    Failed {
        /// The id of the transfer.
        id: TransferId,
        /// The reason why the transfer ended early.
        reason: Failure,
    },
}

/// The reason why a transfer ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The member or this side cancelled the transfer.
    #[error("it was cancelled")]
    Cancelled,
    /// The member, or the user of this side, did not answer in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// The member left the conversation.
    #[error("the contact left the conversation")]
    PeerLeft,
    /// The conversation's connection was lost.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The object is larger than its description says, or larger than the limit.
    #[error("it is larger than allowed")]
    TooLarge,
    /// The member sent data that is incomplete, not in order, or not what it announced.
    #[error("the contact sent invalid data")]
    Malformed,
    /// The member's client refused the invitation.
    #[error("the contact's program does not support it")]
    Unsupported,
}

impl fmt::Debug for Event {
    /// Omits the contents of files and objects.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectRequested { id, from, context } => write!(f, "ObjectRequested({id}, {from}, {context:?})"),
            Self::FileOffered { id, from, name, size, preview } => {
                write!(f, "FileOffered({id}, {from}, {name:?}, {size} bytes, preview of {} bytes)", preview.len())
            }
            Self::Accepted { id } => write!(f, "Accepted({id})"),
            Self::Declined { id } => write!(f, "Declined({id})"),
            Self::Data { id, offset, bytes } => write!(f, "Data({id}, {} bytes at {offset})", bytes.len()),
            Self::ObjectReceived { id, bytes } => write!(f, "ObjectReceived({id}, {} bytes)", bytes.len()),
            Self::NeedData { id, offset, at_most } => write!(f, "NeedData({id}, {at_most} bytes at {offset})"),
            Self::Progress { id, done, total } => write!(f, "Progress({id}, {done} of {total})"),
            Self::Completed { id } => write!(f, "Completed({id})"),
            Self::Failed { id, reason } => write!(f, "Failed({id}, {reason:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_contain_data() {
        let event = Event::Data { id: TransferId(1), offset: 5, bytes: b"secret".to_vec() };
        assert_eq!(format!("{event:?}"), "Data(1, 6 bytes at 5)");
    }
}
