//! Peer-to-peer messages: the bytes after the MIME headers of `application/x-msnmsgrp2p` (docs/protocol/payloads.md
//! section 7).
//!
//! A message is cut into chunks ([`Chunk`]): a 48-byte [`Header`], data, and a 4-byte footer. Messages of session 0 are
//! text ([`slp::Message`]), which agrees on sessions. The other sessions carry the bytes of objects and files.
//!
//! The module has no state: collecting chunks and answering is the work of a client.

mod chunk;
mod file_context;
mod file_name;
mod header;
pub mod slp;

pub use chunk::{BadChunk, Chunk, MAX_DATA};
pub use file_context::{BadFileContext, FileContext, MAX_PREVIEW};
pub use file_name::{MAX_FILE_NAME, safe_file_name};
pub use header::{Flags, Header};

/// The AppIDs of a session, which are also the footers of its chunks (payloads.md section 7.1).
pub mod app_id {
    /// Any MSNObject.
    pub const OBJECT: u32 = 1;
    /// A file.
    pub const FILE: u32 = 2;
    /// A custom emoticon, for later clients.
    pub const EMOTICON: u32 = 11;
    /// A display picture, for later clients.
    pub const PICTURE: u32 = 12;
}
