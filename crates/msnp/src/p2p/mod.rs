//! Peer-to-peer messages: the bytes after the MIME headers of `application/x-msnmsgrp2p` (docs/protocol/payloads.md
//! section 7).
//!
//! A message is cut into chunks ([`Chunk`]): a 48-byte [`Header`], data, and a 4-byte footer.
//! Messages of session 0 are texts ([`slp::Message`]), with which two clients agree on further
//! sessions. These further sessions carry the bytes of objects and files.
//!
//! The module has no state. The client must collect the chunks and answer the messages.

mod chunk;
mod file_context;
mod file_name;
mod header;
pub mod slp;

pub use chunk::{BadChunk, Chunk, MAX_DATA};
pub use file_context::{BadFileContext, FileContext, MAX_PREVIEW};
pub use file_name::{MAX_FILE_NAME, safe_file_name};
pub use header::{Flags, Header};

/// The values of the AppID. The AppID of a session says what the session transfers. It is also the
/// footer of every chunk in this session (payloads.md section 7.1).
pub mod app_id {
    /// Any MSNObject.
    pub const OBJECT: u32 = 1;
    /// A file.
    pub const FILE: u32 = 2;
    /// A custom emoticon. Later clients use this AppID instead of [`OBJECT`].
    pub const EMOTICON: u32 = 11;
    /// A display picture. Later clients use this AppID instead of [`OBJECT`].
    pub const PICTURE: u32 = 12;
}
