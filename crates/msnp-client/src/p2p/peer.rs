//! The state of one member in the engine: the queue of messages to the member, and the member's unfinished MSNSLP
//! messages.

use std::collections::VecDeque;

use msnp::p2p::slp::MAX_MESSAGE;
use msnp::p2p::{Chunk, Header, MAX_DATA};

use super::incoming::Incoming;
use super::limits::{MAX_QUEUED, MAX_UNFINISHED};

/// A queued message: an ACK, MSNSLP, or the preparation of data. The offset in its header is the number of bytes that
/// have been sent.
struct Queued {
    header: Header,
    data: Vec<u8>,
    footer: u32,
}

/// An MSNSLP message of which a part has arrived.
struct Unfinished {
    incoming: Incoming,
    bytes: Vec<u8>,
}

/// A member of the conversation.
pub(super) struct Peer {
    identifier: u32,
    queue: VecDeque<Queued>,
    unfinished: VecDeque<Unfinished>,
}

impl Peer {
    /// Creates a member. Its first message gets the identifier after `identifier`.
    pub(super) const fn new(identifier: u32) -> Self {
        Self { identifier, queue: VecDeque::new(), unfinished: VecDeque::new() }
    }

    /// Returns the identifier for the next message to this member, never 0.
    pub(super) fn next_identifier(&mut self) -> u32 {
        self.identifier = self.identifier.wrapping_add(1).max(1);
        self.identifier
    }

    /// Appends a message to the queue. Returns its identifier.
    pub(super) fn push(&mut self, session_id: u32, ack_id: u32, data: Vec<u8>, footer: u32) -> u32 {
        let identifier = self.next_identifier();
        let total_size = data.len() as u64;
        let header = Header { session_id, identifier, total_size, ack_id, ..Header::default() };
        self.queue.push_back(Queued { header, data, footer });
        identifier
    }

    /// Appends the ACK of a message to the queue.
    pub(super) fn push_ack(&mut self, header: &Header, footer: u32) {
        let header = header.acknowledgement(self.next_identifier());
        self.queue.push_back(Queued { header, data: Vec::new(), footer });
    }

    /// Returns whether the queue has reached its limit.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= MAX_QUEUED
    }

    /// Returns whether the queue is empty.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns the next chunk from the queue.
    pub(super) fn pop_chunk(&mut self) -> Option<Vec<u8>> {
        let first = self.queue.front_mut()?;
        let sent = usize::try_from(first.header.offset).unwrap_or(usize::MAX);
        let rest = first.data.get(sent..).unwrap_or_default();
        let data = rest.get(..MAX_DATA).unwrap_or(rest);
        let bytes = Chunk { header: first.header, data, footer: first.footer }.encode();
        first.header.offset += data.len() as u64;
        if data.len() == rest.len() {
            self.queue.pop_front();
        }
        Some(bytes)
    }

    /// Adds a chunk of session 0 to its message. Returns the message if it is complete. If the
    /// chunk is not the next chunk of the message, the engine forgets the message. If the message
    /// is longer than [`MAX_MESSAGE`], the engine ignores the chunk.
    pub(super) fn collect(&mut self, chunk: &Chunk<'_>) -> Option<Vec<u8>> {
        if chunk.header.total_size > MAX_MESSAGE as u64 {
            return None;
        }
        let place = self.unfinished.iter().position(|it| it.incoming.is_part(chunk.header.identifier));
        let before = place.and_then(|place| self.unfinished.remove(place));
        let message = match before {
            Some(mut message) if chunk.header.offset > 0 => {
                if !message.incoming.follow(chunk) {
                    return None;
                }
                message.bytes.extend_from_slice(chunk.data);
                message
            }
            _ => Unfinished { incoming: Incoming::start(chunk)?, bytes: chunk.data.to_vec() },
        };
        if message.incoming.is_complete() {
            return Some(message.bytes);
        }
        if self.unfinished.len() >= MAX_UNFINISHED {
            self.unfinished.pop_front();
        }
        self.unfinished.push_back(message);
        None
    }

    /// Returns roughly how many bytes are stored.
    #[cfg(test)]
    pub(super) fn stored(&self) -> usize {
        let queued = self.queue.iter().map(|it| size_of::<Queued>() + it.data.capacity());
        let unfinished = self.unfinished.iter().map(|it| size_of::<Unfinished>() + it.bytes.capacity());
        queued.sum::<usize>() + unfinished.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(identifier: u32, offset: u64, total_size: u64, data: &[u8]) -> Chunk<'_> {
        let length = u32::try_from(data.len()).unwrap();
        Chunk { header: Header { identifier, offset, total_size, length, ..Header::default() }, data, footer: 0 }
    }

    #[test]
    fn a_long_message_is_split_into_chunks_and_reassembled() {
        let (mut sender, mut receiver) = (Peer::new(7), Peer::new(0));
        let data: Vec<u8> = (0..3000u32).map(|n| n.to_le_bytes()[0]).collect();
        assert_eq!(sender.push(0, 5, data.clone(), 0), 8);
        let mut lengths = Vec::new();
        let mut whole = None;
        while let Some(bytes) = sender.pop_chunk() {
            assert_eq!(whole, None);
            let chunk = Chunk::parse(&bytes).unwrap();
            lengths.push(chunk.data.len());
            whole = receiver.collect(&chunk);
        }
        assert_eq!((lengths, whole), (vec![1202, 1202, 596], Some(data)));
    }

    #[test]
    fn at_the_limit_a_new_unfinished_message_replaces_the_oldest_unfinished_message() {
        let mut peer = Peer::new(0);
        for identifier in 0..9 {
            assert_eq!(peer.collect(&chunk(identifier, 0, 4, b"ab")), None);
        }
        assert_eq!(peer.unfinished.len(), MAX_UNFINISHED);
        assert_eq!(peer.collect(&chunk(0, 2, 4, b"cd")), None);
        assert_eq!(peer.collect(&chunk(1, 2, 4, b"cd")), Some(b"abcd".to_vec()));
    }

    #[test]
    fn a_message_with_a_gap_is_discarded() {
        let mut peer = Peer::new(0);
        assert_eq!(peer.collect(&chunk(1, 0, 6, b"ab")), None);
        assert_eq!(peer.collect(&chunk(1, 4, 6, b"ef")), None);
        assert_eq!(peer.collect(&chunk(1, 2, 6, b"cdef")), None);
        assert_eq!(peer.collect(&chunk(1, 0, 1 << 40, b"ab")), None);
        assert!(peer.unfinished.is_empty());
    }
}
