//! One connection of a machine: the bytes in both directions, without a socket.

use msnp::Malformed;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::{TrId, notification, switchboard};

use super::output::LinkId;

/// The longest payload that is accepted from a notification server, in bytes.
const MAX_PAYLOAD: usize = 64 * 1024;
/// The maximum number of bytes that may wait to be written to a connection. If more bytes wait, the
/// client assumes that the server has stopped reading.
const MAX_OUTGOING: usize = 1024 * 1024;

/// A received frame.
#[derive(Debug)]
pub(super) struct OwnedFrame {
    line: Vec<u8>,
    payload: Vec<u8>,
}

impl OwnedFrame {
    pub(super) fn as_frame(&self) -> Frame<'_> {
        Frame { line: &self.line, payload: &self.payload }
    }
}

struct Inbox {
    frames: Vec<OwnedFrame>,
    payload_length: fn(&[u8]) -> Result<usize, Malformed>,
}

impl Receiver for Inbox {
    type Stop = Malformed;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
        (self.payload_length)(line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
        self.frames.push(OwnedFrame { line: frame.line.to_vec(), payload: frame.payload.to_vec() });
        Ok(Flow::Continue)
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: LinkId,
    /// True after the driver has connected.
    pub(super) is_connected: bool,
    decoder: Decoder,
    payload_length: fn(&[u8]) -> Result<usize, Malformed>,
    outgoing: Vec<u8>,
    trid: u32,
}

impl Link {
    pub(super) fn notification(id: LinkId) -> Self {
        Self::new(id, LineRules::NOTIFICATION, |line| notification::server_payload_length(line, MAX_PAYLOAD))
    }

    pub(super) fn switchboard(id: LinkId) -> Self {
        Self::new(id, LineRules::SWITCHBOARD, switchboard::server_payload_length)
    }

    fn new(id: LinkId, rules: LineRules, payload_length: fn(&[u8]) -> Result<usize, Malformed>) -> Self {
        let decoder = Decoder::new(rules);
        Self { id, is_connected: false, decoder, payload_length, outgoing: Vec::new(), trid: 0 }
    }

    /// Returns the next transaction id of this connection.
    pub(super) fn next_trid(&mut self) -> TrId {
        self.trid = self.trid.wrapping_add(1).max(1);
        TrId::new(self.trid)
    }

    /// Returns the complete frames in `bytes`, and whether invalid bytes follow them. The caller
    /// must also use the frames before the invalid bytes, because the result must not depend on how
    /// the network splits the stream.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> (Vec<OwnedFrame>, Result<(), Malformed>) {
        let mut inbox = Inbox { frames: Vec::new(), payload_length: self.payload_length };
        let end = self.decoder.feed(bytes, &mut inbox);
        (inbox.frames, end)
    }

    /// Returns whether there are bytes to write and the connection is open.
    pub(super) fn is_writable(&self) -> bool {
        self.is_connected && !self.outgoing.is_empty()
    }

    /// Returns the buffer of bytes to write, so that the caller can append a command.
    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// Returns and removes the bytes to write.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Returns whether so many bytes wait to be written that the program must not add more.
    pub(super) fn is_busy(&self) -> bool {
        self.outgoing.len() > MAX_OUTGOING / 2
    }

    /// Returns whether too many bytes wait to be written.
    pub(super) fn is_stuck(&self) -> bool {
        self.outgoing.len() > MAX_OUTGOING
    }
}
