//! Sending: the queues of members, and the data of each transfer in turn.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::time::Instant;

use msnp::Handle;
use msnp::p2p::Header;
use msnp::p2p::slp::Message;

use super::Engine;
use crate::p2p::event::{Event, TransferId, Transmit};
use crate::p2p::limits::STEP_TIME;
use crate::p2p::peer::Peer;
use crate::p2p::transfer::{Step, Transfer};

impl Engine {
    /// Queues a message of session 0. Returns its identifier.
    pub(super) fn say(&mut self, message: &Message) -> u32 {
        self.queue(&message.to, 0, message.encode(), 0)
    }

    /// Queues a message that is not an ACK. Returns the identifier of the message.
    pub(super) fn queue(&mut self, to: &Handle, session_id: u32, data: Vec<u8>, footer: u32) -> u32 {
        let ack_id = (self.random)();
        self.peer(to).push(session_id, ack_id, data, footer)
    }

    /// Queues the ACK of a message.
    pub(super) fn acknowledge(&mut self, to: &Handle, header: &Header, footer: u32) {
        self.peer(to).push_ack(header, footer);
    }

    /// Returns the state of a member. If this is the first message from or to the member, creates
    /// the state.
    pub(super) fn peer(&mut self, handle: &Handle) -> &mut Peer {
        let random = &mut self.random;
        self.peers.entry(handle.clone()).or_insert_with(|| Peer::new(random() & 0x7fff_ffff))
    }

    /// Returns the next chunk from the queues, one member after the other.
    pub(super) fn next_queued(&mut self) -> Option<Transmit> {
        let to = next_in_turn(&self.peers, self.last_peer.as_ref(), |peer| !peer.is_idle())?;
        self.last_peer = Some(to.clone());
        let bytes = self.peers.get_mut(&to)?.pop_chunk()?;
        Some(Transmit { to, bytes })
    }

    /// Cuts the next chunk of data, one transfer after the other.
    pub(super) fn next_data(&mut self, now: Instant) -> Option<Transmit> {
        let id = next_in_turn(&self.transfers, self.last_sender.as_ref(), Transfer::has_chunk)?;
        let transfer = self.transfers.get_mut(&id)?;
        let (to, total) = (transfer.peer.clone(), transfer.total());
        let (bytes, done) = transfer.cut()?;
        if matches!(transfer.step, Step::Sent { .. }) {
            transfer.deadline = Some(now + STEP_TIME);
        }
        self.last_sender = Some(id);
        self.progress(id, done, total);
        self.request_data(id);
        Some(Transmit { to, bytes })
    }

    /// Reports progress. If the last event in the queue is an earlier report of the same transfer,
    /// replaces that report.
    pub(super) fn progress(&mut self, id: TransferId, done: u64, total: u64) {
        if self.events.back().is_some_and(|event| matches!(event, Event::Progress { id: other, .. } if *other == id)) {
            self.events.pop_back();
        }
        self.events.push_back(Event::Progress { id, done, total });
    }
}

/// Returns the key of the first value for which `is_chosen` returns true. The search begins after
/// `last`, which is the key that had the previous turn. From the last key of the map, the search
/// continues with the first key.
fn next_in_turn<K: Ord + Clone, V>(
    map: &BTreeMap<K, V>,
    last: Option<&K>,
    is_chosen: impl Fn(&V) -> bool,
) -> Option<K> {
    let behind = map.range((last.map_or(Unbounded, Excluded), Unbounded));
    behind.chain(map).find(|(_, value)| is_chosen(value)).map(|(key, _)| key.clone())
}
