//! The binary header of a chunk (docs/protocol/payloads.md section 7.1).

use std::fmt;

/// The header of a chunk: nine little-endian numbers without padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The id of the session. 0 for MSNSLP messages.
    pub session_id: u32,
    /// The number of the message. All chunks of a message have the same number.
    pub identifier: u32,
    /// The position of this chunk in the message, in bytes.
    pub offset: u64,
    /// The length of the whole message, in bytes. In an ACK, aMSN repeats the length of the acknowledged message.
    pub total_size: u64,
    /// The length of the data in this chunk, in bytes.
    pub length: u32,
    /// The kind of the message.
    pub flags: Flags,
    /// In an ACK, the identifier of the acknowledged message. In any other message, a random
    /// number.
    pub ack_id: u32,
    /// In an ACK, the `ack_id` of the acknowledged message. In any other message, 0.
    pub ack_unique_id: u32,
    /// In an ACK, the length of the acknowledged message in bytes. In any other message, 0.
    pub ack_size: u64,
}

impl Header {
    /// The length of a header, in bytes.
    pub const SIZE: usize = 48;

    /// Splits a header off the start of `bytes`. Returns `None` if there are fewer than [`Self::SIZE`] bytes.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut rest = bytes;
        let header = Self {
            session_id: read_u32(&mut rest)?,
            identifier: read_u32(&mut rest)?,
            offset: read_u64(&mut rest)?,
            total_size: read_u64(&mut rest)?,
            length: read_u32(&mut rest)?,
            flags: Flags(read_u32(&mut rest)?),
            ack_id: read_u32(&mut rest)?,
            ack_unique_id: read_u32(&mut rest)?,
            ack_size: read_u64(&mut rest)?,
        };
        Some((header, rest))
    }

    /// Appends the header to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.session_id.to_le_bytes());
        out.extend(self.identifier.to_le_bytes());
        out.extend(self.offset.to_le_bytes());
        out.extend(self.total_size.to_le_bytes());
        out.extend(self.length.to_le_bytes());
        out.extend(self.flags.0.to_le_bytes());
        out.extend(self.ack_id.to_le_bytes());
        out.extend(self.ack_unique_id.to_le_bytes());
        out.extend(self.ack_size.to_le_bytes());
    }

    /// Returns the header of the ACK for the message that this header belongs to.
    ///
    /// The total size in the ACK is the total size of the message. The client aMSN writes the same
    /// value.
    #[must_use]
    pub fn acknowledgement(&self, identifier: u32) -> Self {
        Self {
            session_id: self.session_id,
            identifier,
            offset: 0,
            total_size: self.total_size,
            length: 0,
            flags: Flags::ACK,
            ack_id: self.identifier,
            ack_unique_id: self.ack_id,
            ack_size: self.total_size,
        }
    }
}

/// Reads a little-endian number and advances `bytes` past it.
pub(super) fn read_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

/// Reads a little-endian number and advances `bytes` past it.
pub(super) fn read_u64(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

/// The kind of a message, as a set of bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u32);

impl Flags {
    /// A plain message: MSNSLP, or the data preparation of a session.
    pub const NONE: Self = Self(0);
    /// Data is missing. The sender of the data should start again at the position `ack_size`.
    pub const NAK: Self = Self(0x01);
    /// An ACK.
    pub const ACK: Self = Self(0x02);
    /// The sender of this message waits for an answer.
    pub const WAITING: Self = Self(0x04);
    /// An error in the binary headers or in the chunks, and not in an MSNSLP message.
    pub const ERROR: Self = Self(0x08);
    /// The data of an MSNObject.
    pub const OBJECT_DATA: Self = Self(0x20);
    /// The session was cancelled.
    pub const CANCELLED: Self = Self(0x40);
    /// The transport failed.
    pub const TRANSPORT_ERROR: Self = Self(0x80);
    /// The nonce of a direct connection.
    pub const HANDSHAKE: Self = Self(0x100);
    /// The data of a file.
    pub const FILE_DATA: Self = Self(0x0100_0030);

    /// Returns whether all bits of `other` are set in `self`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns whether at least one bit of `other` is set in `self`.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns all bits that are set in `self` or in `other`.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_header_in_the_reference_is_read_and_written() {
        let bytes = [
            0x00, 0x00, 0x00, 0x00, 0x80, 0xaf, 0xc0, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x8a, 0x02,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x8a, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x4e, 0x61, 0xbc, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        ];
        let header =
            Header { identifier: 0x0ac0_af80, total_size: 650, length: 650, ack_id: 0x00bc_614e, ..Header::default() };
        assert_eq!(Header::parse(&bytes), Some((header, b"".as_slice())));
        let mut out = Vec::new();
        header.encode(&mut out);
        assert_eq!(out, bytes);
        assert_eq!(Header::parse(&bytes[..47]), None);
    }

    #[test]
    fn an_ack_names_the_message_that_it_acknowledges() {
        let header = Header { session_id: 7, identifier: 10, total_size: 650, ack_id: 99, ..Header::default() };
        let ack = header.acknowledgement(55);
        assert_eq!((ack.session_id, ack.identifier, ack.length, ack.flags), (7, 55, 0, Flags::ACK));
        assert_eq!((ack.ack_id, ack.ack_unique_id, ack.ack_size), (10, 99, 650));
    }

    #[test]
    fn flags_are_sets_of_bits() {
        assert!(Flags::FILE_DATA.contains(Flags::OBJECT_DATA));
        assert!(!Flags::OBJECT_DATA.contains(Flags::FILE_DATA));
        assert!(Flags(0x22).intersects(Flags::ACK.union(Flags::NAK)));
        assert_eq!(format!("{:?}", Flags::FILE_DATA), "0x1000030");
    }
}
