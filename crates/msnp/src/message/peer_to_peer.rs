//! `application/x-msnmsgrp2p`: a piece of a transfer between two clients (docs/protocol/payloads.md section 7).

use std::fmt;

use super::headers::{write_header, write_start};
use super::mime::Mime;
use crate::Handle;

pub(super) const TYPE: &str = "application/x-msnmsgrp2p";

/// A piece of a transfer to one participant. The server sends the piece to all participants.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerToPeer {
    /// The participant that the piece is for. All other participants ignore the piece.
    pub destination: Handle,
    /// The binary header of 48 bytes, up to 1202 bytes of data, and the footer of 4 bytes. This
    /// type checks neither their content nor their lengths.
    pub data: Vec<u8>,
}

impl PeerToPeer {
    /// Reads a message of the type `application/x-msnmsgrp2p`. Returns `None` if the header
    /// `P2P-Dest` is missing or is not an address.
    pub(super) fn read(mime: &Mime<'_>) -> Option<Self> {
        let destination = Handle::parse_lax(mime.header("P2P-Dest")?).ok()?;
        Some(Self { destination, data: mime.body().to_vec() })
    }

    /// Appends the payload.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_start(out, TYPE);
        write_header(out, "P2P-Dest", self.destination.as_str());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.data);
    }
}

impl fmt::Debug for PeerToPeer {
    /// Shows the destination and, in place of the data, only the length of the data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerToPeer({}, {} bytes)", self.destination, self.data.len())
    }
}
