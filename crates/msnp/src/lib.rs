//! The MSN Messenger protocol: bytes to typed commands and back, in both directions.
//!
//! A [`frame::Decoder`] cuts a stream into frames; [`notification::ClientCommand`], [`notification::ServerCommand`] and
//! their counterparts in [`switchboard`] turn frames into values and values into bytes. A value that exists is
//! well-formed: a [`Handle`] is an address, a [`DisplayName`] fits on the wire and cannot end a line. What a peer is
//! sent for input that is not a valid command is data too: a [`Refusal`].
//!
//! The crate has no sockets, no clock and no session state, and it never looks into what people write to each other.
//! The reference that its comments cite is in `docs/protocol/`.
//!
//! No enum is `non_exhaustive`: everything that uses the crate has the same version as it, and when a verb or a form is
//! added, the compiler must name each `match` that forgets it.

pub mod challenge;
pub mod client_config;
mod dialect;
mod error_code;
pub mod frame;
pub mod gateway;
mod guid;
pub mod handle;
mod identity;
mod lists;
mod malformed;
pub mod name;
pub mod notification;
pub mod passport;
pub mod payload;
mod reference;
mod refusal;
pub mod switchboard;
pub mod text;
pub mod timestamp;
mod trid;
mod verbs;
pub mod word;
mod xml;

pub use dialect::Dialect;
pub use error_code::ErrorCode;
pub use guid::Guid;
pub use handle::Handle;
pub use identity::{Capabilities, MsnObject, NetworkIds, Status};
pub use lists::{List, ListBits};
pub use malformed::Malformed;
pub use name::{DisplayName, Text};
pub use reference::{ContactRef, GroupNumber, GroupRef, Reader};
pub use refusal::Refusal;
pub use timestamp::Timestamp;
pub use trid::TrId;
pub use xml::{BadXml, escape_xml};

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
