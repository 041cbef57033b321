//! The progress of a message that arrives in chunks.

use msnp::p2p::{Chunk, Header};

/// A message of which a part has arrived. Its chunks must arrive in order, and each chunk must
/// arrive only once, because a switchboard neither loses nor reorders messages.
#[derive(Debug)]
pub(super) struct Incoming {
    identifier: u32,
    total: u64,
    got: u64,
}

impl Incoming {
    /// Starts with the first chunk. Returns `None` if the chunk is not the first of a message.
    pub(super) fn start(chunk: &Chunk<'_>) -> Option<Self> {
        let Header { identifier, total_size: total, .. } = chunk.header;
        let mut incoming = Self { identifier, total, got: 0 };
        if total == 0 && chunk.data.is_empty() {
            return Some(incoming);
        }
        incoming.follow(chunk).then_some(incoming)
    }

    /// Continues with the next chunk. Returns `false` if it is not the next chunk of this message.
    pub(super) fn follow(&mut self, chunk: &Chunk<'_>) -> bool {
        let Header { identifier, total_size, offset, length, .. } = chunk.header;
        let is_next = self.is_part(identifier) && total_size == self.total && offset == self.got && length > 0;
        if is_next {
            // A chunk ends inside its message, so the sum is at most `total`.
            self.got = offset.saturating_add(u64::from(length));
        }
        is_next
    }

    /// Returns whether a chunk with this identifier belongs to the message.
    pub(super) const fn is_part(&self, identifier: u32) -> bool {
        self.identifier == identifier
    }

    /// Returns how many bytes have arrived.
    pub(super) const fn got(&self) -> u64 {
        self.got
    }

    /// Returns whether the last chunk has arrived.
    pub(super) const fn is_complete(&self) -> bool {
        self.got == self.total
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
    fn each_chunk_is_accepted_only_once_and_only_in_order() {
        let mut incoming = Incoming::start(&chunk(1, 0, 6, b"ab")).unwrap();
        for wrong in [
            chunk(1, 0, 6, b"ab"),
            chunk(1, 1, 6, b"bc"),
            chunk(1, 3, 6, b"d"),
            chunk(2, 2, 6, b"c"),
            chunk(1, 2, 7, b"c"),
            chunk(1, 2, 6, b""),
        ] {
            assert!(!incoming.follow(&wrong), "{wrong:?}");
        }
        assert!(incoming.follow(&chunk(1, 2, 6, b"cd")) && !incoming.is_complete());
        assert!(incoming.follow(&chunk(1, 4, 6, b"ef")) && incoming.is_complete());
    }

    #[test]
    fn the_first_chunk_of_a_message_must_contain_its_first_byte() {
        assert!(Incoming::start(&chunk(1, 1, 6, b"ab")).is_none());
        assert!(Incoming::start(&chunk(1, 0, 6, b"")).is_none());
        assert!(Incoming::start(&chunk(1, 0, 0, b"")).is_some_and(|incoming| incoming.is_complete()));
    }
}
