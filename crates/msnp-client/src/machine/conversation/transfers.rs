//! The transfers of a conversation: the pieces that arrive, and the pieces that the client sends
//! when the connection can accept more bytes.

use std::time::Instant;

use msnp::Handle;
use msnp::message::{Message, Mime, PeerToPeer};
use msnp::switchboard::{AckFlag, ClientCommand};

use super::{Conversation, State};
use crate::machine::limits::CHUNKS_AT_ONCE;
use crate::machine::link::Link;
use crate::p2p::{Engine, Transmit};

impl Conversation {
    /// Returns the deadline by which a transfer must make progress. The client does not leave a
    /// session while there are transfers in it.
    pub(super) fn next_step(&self) -> Option<Instant> {
        self.transfers.as_ref().and_then(Engine::poll_timeout)
    }

    /// Handles a piece of a transfer.
    pub(super) fn piece(&mut self, from: &Handle, payload: &[u8], now: Instant) {
        self.active = now;
        // Every member receives a piece, but only the destination reads it.
        if let Message::PeerToPeer(piece) = Message::parse(payload)
            && piece.destination == self.me
        {
            self.engine().receive(from, &piece.data, now);
        }
    }

    /// Returns the engine of the transfers, and creates the engine if there is none. Sets
    /// `may_transmit`, because the engine may have something to send after the caller has used it.
    pub(in crate::machine) fn engine(&mut self) -> &mut Engine {
        self.may_transmit = true;
        let (me, mut random) = (self.me.clone(), self.random.clone());
        self.transfers.get_or_insert_with(|| Engine::new(me, move || random.next_u32()))
    }

    /// Returns whether there are bytes to write, or whether a transfer may have more bytes to send.
    pub(in crate::machine) fn is_writable(&self) -> bool {
        let may_transmit = self.may_transmit && matches!(self.state, State::Inside(_)) && !self.members.is_empty();
        self.link().is_some_and(Link::is_writable) || (self.link().is_some() && may_transmit)
    }

    /// Returns and removes the bytes to write. If there are none, transfers continue with their next pieces.
    pub(in crate::machine) fn take_bytes(&mut self, now: Instant) -> Vec<u8> {
        let has_members = !self.members.is_empty();
        let (State::Connecting(link, _) | State::Entering(link) | State::Inside(link)) = &mut self.state else {
            return Vec::new();
        };
        let bytes = link.take();
        let (Some(engine), true) = (&mut self.transfers, bytes.is_empty() && has_members && self.may_transmit) else {
            return bytes;
        };
        for _ in 0..CHUNKS_AT_ONCE {
            let Some(Transmit { to, bytes }) = engine.poll_transmit(now) else {
                self.may_transmit = false;
                break;
            };
            let payload = Message::PeerToPeer(PeerToPeer { destination: to, data: bytes }).encode();
            let trid = link.next_trid();
            ClientCommand::Msg { trid, flag: AckFlag::Data, payload: &payload }.encode(link.outgoing());
            self.active = now;
        }
        link.take()
    }
}

/// Returns whether a payload is a piece of a transfer.
pub(super) fn is_piece(payload: &[u8]) -> bool {
    Mime::parse(payload).is_some_and(|mime| mime.is("application/x-msnmsgrp2p"))
}
