//! The bytes of a sent file, on their way from the caller to the chunks.

use std::collections::VecDeque;

use super::limits::{LOW_SUPPLY, MAX_SUPPLY};

/// A small part of a file: the bytes that the caller has supplied and that no chunk contains yet.
pub(super) struct Source {
    /// The size of the file, in bytes.
    size: u64,
    /// The number of bytes that the caller has supplied so far.
    supplied: u64,
    buffer: VecDeque<u8>,
    /// The maximum number of bytes that the caller may supply. 0 if nothing is requested.
    requested: usize,
}

impl Source {
    pub(super) const fn new(size: u64) -> Self {
        Self { size, supplied: 0, buffer: VecDeque::new(), requested: 0 }
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Requests more bytes from the caller if few supplied bytes are left. In that case, returns
    /// the offset of the requested bytes in the file, and the maximum number of bytes that the
    /// caller may supply.
    pub(super) fn request(&mut self) -> Option<(u64, usize)> {
        let missing = self.size.saturating_sub(self.supplied);
        if self.requested > 0 || missing == 0 || self.buffer.len() >= LOW_SUPPLY {
            return None;
        }
        self.requested = usize::try_from(missing).unwrap_or(usize::MAX).min(MAX_SUPPLY);
        Some((self.supplied, self.requested))
    }

    /// Adds the bytes that [`Self::request`] asked for. Uses no more bytes than it asked for.
    /// Returns how many bytes were used.
    pub(super) fn supply(&mut self, bytes: &[u8]) -> usize {
        let used = bytes.get(..self.requested).unwrap_or(bytes);
        self.buffer.extend(used);
        self.supplied += used.len() as u64;
        self.requested = 0;
        used.len()
    }

    /// Returns whether bytes are requested.
    pub(super) const fn is_requested(&self) -> bool {
        self.requested > 0
    }

    /// Returns whether the source holds `length` bytes, or all remaining bytes of the file if fewer
    /// remain.
    pub(super) fn has(&self, length: usize) -> bool {
        self.buffer.len() >= length || self.supplied == self.size
    }

    /// Removes the next bytes, at most `length`.
    pub(super) fn take(&mut self, length: usize) -> Vec<u8> {
        let length = length.min(self.buffer.len());
        self.buffer.drain(..length).collect()
    }

    /// Returns how many bytes are stored.
    #[cfg(test)]
    pub(super) fn stored(&self) -> usize {
        self.buffer.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_requests_more_bytes_when_few_are_left() {
        let mut source = Source::new(40_000);
        assert_eq!(source.request(), Some((0, MAX_SUPPLY)));
        assert_eq!(source.request(), None);
        assert_eq!(source.supply(&vec![1; 50_000]), MAX_SUPPLY);
        assert_eq!((source.supply(b"more"), source.request()), (0, None));
        assert_eq!(source.take(20_000).len(), 20_000);
        assert_eq!(source.request(), Some((32_768, 7232)));
        assert_eq!(source.supply(&[2; 10]), 10);
        assert_eq!(source.request(), Some((32_778, 7222)));
        assert!(source.has(12_778) && !source.has(12_779));
        assert_eq!(source.supply(&[3; 7222]), 7222);
        assert!(source.has(usize::MAX));
        assert_eq!((source.request(), source.take(usize::MAX).len()), (None, 20_000));
    }
}
