//! A client that may send anything that a program can send, valid or not.
//!
//! The stranger has an account, which nobody has as a contact. Its commands are not in the history,
//! so they must not change what other clients see of each other.

use std::collections::VecDeque;

use super::wire::Wire;

/// The address of the stranger.
pub(super) const HANDLE: &str = "stranger@example.com";

/// A client that may send anything that a program can send.
#[derive(Debug, Default)]
pub(super) struct Stranger {
    /// The bytes that the stranger sends before it sends random lines.
    pub(super) pieces: VecDeque<Vec<u8>>,
    pub(super) notification: Option<Wire>,
    pub(super) switchboard: Option<Wire>,
    pub(super) received: Vec<u8>,
    /// True if the last piece that begins with a verb was a command of a switchboard connection. A
    /// piece that does not begin with a verb goes to the same service as that piece.
    pub(super) is_talking: bool,
}

impl Stranger {
    /// Creates a stranger that first sends these bytes, one line at a time.
    pub(super) fn new(stream: &[u8]) -> Self {
        let pieces = stream.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        Self { pieces, ..Self::default() }
    }

    pub(super) fn has_more(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Returns the connections of the stranger.
    pub(super) fn wires(&self) -> impl Iterator<Item = &Wire> {
        [&self.notification, &self.switchboard].into_iter().flatten()
    }
}
