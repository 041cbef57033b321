//! Somebody who sends whatever a program could send, valid or not.
//!
//! The stranger has an account, which nobody has as a contact. Its commands are not in the history, so they must not
//! change what others see of each other.

use std::collections::VecDeque;

use super::wire::Wire;

/// The address of the stranger.
pub(super) const HANDLE: &str = "stranger@example.com";

/// Somebody who sends whatever a program could send.
#[derive(Debug, Default)]
pub(super) struct Stranger {
    /// The bytes that the stranger sends before making up anything.
    pub(super) pieces: VecDeque<Vec<u8>>,
    pub(super) notification: Option<Wire>,
    pub(super) switchboard: Option<Wire>,
    pub(super) received: Vec<u8>,
    /// True if the last piece went to the switchboard. Bytes that do not begin with a verb go to the same service.
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

    /// Returns the connections.
    pub(super) fn wires(&self) -> impl Iterator<Item = &Wire> {
        [&self.notification, &self.switchboard].into_iter().flatten()
    }
}
