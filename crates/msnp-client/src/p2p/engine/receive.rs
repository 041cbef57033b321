//! Receiving: chunks, ACKs and data.

use std::time::Instant;

use msnp::Handle;
use msnp::p2p::{Chunk, Flags, Header};

use super::Engine;
use crate::p2p::event::{Event, Failure, TransferId};
use crate::p2p::limits::{CLOSE_TIME, MAX_EVENTS, MAX_PEERS, STEP_TIME};
use crate::p2p::transfer::{Content, Outgoing, Received, Step, Transfer};

/// The flags of messages that end a session.
const STOP: Flags = Flags::NAK.union(Flags::ERROR).union(Flags::CANCELLED).union(Flags::TRANSPORT_ERROR);
/// The flags of messages that have no meaning on a switchboard.
const IGNORED: Flags = Flags::WAITING.union(Flags::HANDSHAKE);

impl Engine {
    /// Handles the part of a member's message that follows the MIME headers. Ignores an invalid
    /// message, or ends the transfer to which the message belongs.
    pub fn receive(&mut self, from: &Handle, bytes: &[u8], now: Instant) {
        let Ok(chunk) = Chunk::parse(bytes) else {
            return;
        };
        let flags = chunk.header.flags;
        if flags.intersects(STOP) {
            self.stopped(from, &chunk.header);
        } else if flags.contains(Flags::ACK) {
            self.acknowledged(from, &chunk.header, now);
        } else if !flags.intersects(IGNORED) && self.has_room(from) {
            if chunk.header.session_id == 0 {
                self.collect_slp(from, &chunk, now);
            } else {
                self.receive_data(from, &chunk, now);
            }
        }
    }

    /// Returns whether the engine has room to handle a message. A message may need an answer and
    /// cause events.
    fn has_room(&self, from: &Handle) -> bool {
        let queue = self.peers.get(from).map_or(self.peers.len() < MAX_PEERS, |peer| !peer.is_full());
        queue && self.events.len() < MAX_EVENTS
    }

    /// Handles an ACK. Continues the transfer that waits for it.
    fn acknowledged(&mut self, from: &Handle, header: &Header, now: Instant) {
        let awaited = |it: &Transfer| it.peer == *from && it.awaited_ack() == Some(header.ack_id);
        let Some(id) = self.find(awaited) else {
            return;
        };
        let Some(Transfer { step, session_id, app_id, content, .. }) = self.transfers.get(&id) else {
            return;
        };
        match step {
            Step::Accepted { .. } => {
                let (session_id, app_id) = (*session_id, *app_id);
                let identifier = self.queue(from, session_id, vec![0; 4], app_id);
                self.update(id, |transfer| transfer.step = Step::Prepared { identifier });
                self.touch(id, now, STEP_TIME);
            }
            Step::Prepared { .. } => self.start_data(id),
            // For an object, the side that asked for it ends the session (payloads.md section 7.3).
            // For a file, the sender ends the session, as aMSN does.
            Step::Sent { .. } if matches!(content, Content::FileOut { .. }) => self.end(id, Event::Completed { id }),
            Step::Sent { .. } => {
                self.transfers.remove(&id);
                self.events.push_back(Event::Completed { id });
            }
            _ => {}
        }
    }

    /// Starts to cut data into chunks. While data is sent, only the caller decides the speed, so
    /// the transfer has no deadline.
    pub(super) fn start_data(&mut self, id: TransferId) {
        let Some(peer) = self.transfers.get(&id).map(|transfer| transfer.peer.clone()) else {
            return;
        };
        let identifier = self.peer(&peer).next_identifier();
        let ack_id = (self.random)();
        self.update(id, |transfer| {
            transfer.step = Step::Sending(Outgoing { identifier, ack_id, offset: 0 });
            transfer.deadline = None;
        });
        self.request_data(id);
    }

    /// Handles a message with an error flag, and ends the transfer that the message is about. A NAK
    /// asks the sender of a message to repeat the message from the middle. The engine does not
    /// support this, so a NAK ends the transfer too.
    fn stopped(&mut self, from: &Handle, header: &Header) {
        let nak = header.flags.contains(Flags::NAK);
        let concerns = |it: &Transfer| match nak {
            true => it.sends(header.ack_id),
            false => header.session_id != 0 && it.session_id == header.session_id && !matches!(it.step, Step::Asked),
        };
        if let Some(id) = self.find(|it| it.peer == *from && concerns(it)) {
            self.fail(id, if nak { Failure::Malformed } else { Failure::Cancelled });
        }
    }

    /// Handles a chunk of a session. Chunks of unknown sessions are ignored.
    fn receive_data(&mut self, from: &Handle, chunk: &Chunk<'_>, now: Instant) {
        let header = &chunk.header;
        let is_receiver = |it: &Transfer| {
            it.peer == *from && it.session_id == header.session_id && matches!(it.step, Step::Receiving(_))
        };
        let Some(id) = self.find(is_receiver) else {
            return;
        };
        let Some(transfer) = self.transfers.get_mut(&id) else {
            return;
        };
        let (received, footer) = (transfer.receive(chunk), transfer.app_id);
        let got = transfer.got();
        match received {
            Err(reason) => self.fail(id, reason),
            Ok(Received::Preparation) => {
                self.acknowledge(from, header, footer);
                self.touch(id, now, STEP_TIME);
            }
            Ok(Received::Part) => {
                self.touch(id, now, STEP_TIME);
                self.report(id, chunk, got);
            }
            Ok(Received::Last) => {
                self.acknowledge(from, header, footer);
                self.report(id, chunk, got);
                self.complete(id, now);
            }
        }
    }

    /// Passes bytes of a file on, and reports progress.
    fn report(&mut self, id: TransferId, chunk: &Chunk<'_>, got: u64) {
        let is_file = self.transfers.get(&id).is_some_and(|it| matches!(it.content, Content::FileIn { .. }));
        if is_file && !chunk.data.is_empty() {
            self.events.push_back(Event::Data { id, offset: chunk.header.offset, bytes: chunk.data.to_vec() });
        }
        self.progress(id, got, chunk.header.total_size);
    }

    /// Completes a transfer whose last chunk has arrived. For an object, the side that asked for it
    /// ends the session. For a file, the receiver waits until the sender ends the session.
    fn complete(&mut self, id: TransferId, now: Instant) {
        let Some(transfer) = self.transfers.get_mut(&id) else {
            return;
        };
        if let Content::ObjectIn { bytes, .. } = &mut transfer.content {
            let bytes = std::mem::take(bytes);
            self.events.push_back(Event::ObjectReceived { id, bytes });
            self.end(id, Event::Completed { id });
        } else {
            transfer.step = Step::Closing;
            transfer.deadline = Some(now + CLOSE_TIME);
            self.events.push_back(Event::Completed { id });
        }
    }
}
