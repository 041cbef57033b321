//! Chunks: header, data, footer (docs/protocol/payloads.md section 7.1).

use thiserror::Error;

use super::Header;

/// The maximum amount of data that clients put into one chunk on a switchboard, in bytes (payloads.md section 7).
pub const MAX_DATA: usize = 1202;

/// The length of the footer, in bytes.
const FOOTER: usize = 4;

/// A part of a message. If the message is short, the chunk is the whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The header. Its `length` is the length of `data`.
    pub header: Header,
    /// The data.
    pub data: &'a [u8],
    /// 0 in session 0. In any other session, the AppID of the session.
    pub footer: u32,
}

/// The reason why bytes are not a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadChunk {
    /// There are fewer bytes than a header and a footer have.
    #[error("it is shorter than a header and a footer")]
    TooShort,
    /// The header announces more data or less data than there is.
    #[error("the length in the header is not the length of the data")]
    Length,
    /// The data extends beyond the end of the message.
    #[error("the data does not fit into the message")]
    OutOfRange,
}

impl<'a> Chunk<'a> {
    /// Reads a chunk. The chunk must use all of `bytes`. Its data may be longer than [`MAX_DATA`].
    ///
    /// # Errors
    /// See [`BadChunk`]. In an accepted chunk, the end of the data (`offset + length`) does not
    /// exceed the total size, and the sum does not overflow.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BadChunk> {
        let (header, rest) = Header::parse(bytes).ok_or(BadChunk::TooShort)?;
        let (data, footer) = rest.split_last_chunk::<FOOTER>().ok_or(BadChunk::TooShort)?;
        if u32::try_from(data.len()) != Ok(header.length) {
            return Err(BadChunk::Length);
        }
        let end = header.offset.checked_add(u64::from(header.length)).ok_or(BadChunk::OutOfRange)?;
        if end > header.total_size {
            return Err(BadChunk::OutOfRange);
        }
        Ok(Self { header, data, footer: u32::from_be_bytes(*footer) })
    }

    /// Returns the bytes of the chunk. The written header always has the length of the data, even if the length in
    /// `header` differs.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Header::SIZE + self.data.len() + FOOTER);
        let length = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        Header { length, ..self.header }.encode(&mut out);
        out.extend_from_slice(self.data);
        out.extend(self.footer.to_be_bytes());
        out
    }

    /// Returns whether this is the last chunk of its message.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.header.offset.saturating_add(u64::from(self.header.length)) == self.header.total_size
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::p2p::Flags;

    fn header(offset: u64, total_size: u64, length: u32) -> Header {
        Header { identifier: 1, offset, total_size, length, flags: Flags::OBJECT_DATA, ..Header::default() }
    }

    #[test]
    fn the_footer_is_big_endian() {
        let bytes = Chunk { header: header(0, 2, 2), data: b"ab", footer: 1 }.encode();
        assert_eq!(bytes.len(), 54);
        assert!(bytes.ends_with(b"ab\0\0\0\x01"));
    }

    #[test]
    fn a_chunk_that_contradicts_itself_is_refused() {
        let written = |header: Header| {
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            bytes.extend(*b"abcd\0\0\0\0");
            bytes
        };
        assert!(Chunk::parse(&written(header(6, 10, 4))).is_ok_and(|chunk| chunk.is_last()));
        assert!(Chunk::parse(&written(header(0, 10, 4))).is_ok_and(|chunk| !chunk.is_last()));
        let table = [
            (header(0, 10, 3), BadChunk::Length),
            (header(0, 10, 5), BadChunk::Length),
            (header(0, 10, u32::MAX), BadChunk::Length),
            (header(7, 10, 4), BadChunk::OutOfRange),
            (header(0, 3, 4), BadChunk::OutOfRange),
            (header(u64::MAX, u64::MAX, 4), BadChunk::OutOfRange),
        ];
        for (header, expected) in table {
            assert_eq!(Chunk::parse(&written(header)), Err(expected), "{header:?}");
        }
        for length in 0..52 {
            assert_eq!(Chunk::parse(&vec![0; length]), Err(BadChunk::TooShort), "{length}");
        }
    }

    proptest! {
        #[test]
        fn a_written_chunk_is_read_back_unchanged(
            ids in any::<[u32; 6]>(),
            before in 0u64..1 << 40,
            after in 0u64..1 << 40,
            ack_size: u64,
            data in proptest::collection::vec(any::<u8>(), 0..MAX_DATA),
        ) {
            let [session_id, identifier, flags, ack_id, ack_unique_id, footer] = ids;
            let length = u32::try_from(data.len()).unwrap();
            let total_size = before + u64::from(length) + after;
            let flags = Flags(flags);
            let header = Header { session_id, identifier, offset: before, total_size, length, flags, ack_id, ack_unique_id, ack_size };
            let chunk = Chunk { header, data: &data, footer };
            let bytes = chunk.encode();
            prop_assert_eq!(Chunk::parse(&bytes), Ok(chunk));
        }

        #[test]
        fn any_bytes_are_read_as_a_chunk_or_cause_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(chunk) = Chunk::parse(&bytes) {
                prop_assert_eq!(chunk.encode(), bytes);
            }
        }
    }
}
