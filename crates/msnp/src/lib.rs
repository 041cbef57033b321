//! The MSN Messenger protocol: bytes to typed commands and back, in both directions.
//!
//! A [`frame::Decoder`] splits a stream into frames. [`notification::ClientCommand`], [`notification::ServerCommand`]
//! and their counterparts in [`switchboard`] convert frames into values and values into bytes. Every value is
//! well-formed. For example, a [`Handle`] is always an address, and a [`DisplayName`] fits on the wire and cannot end a
//! line. The answer to an invalid command is also a value: a [`Refusal`].
//!
//! Servers pass on the messages of users and the descriptions of their pictures unchanged. (A
//! switchboard reads two headers, but only in messages with the flag `D`.) Clients read and write
//! messages and descriptions with [`message`], [`msn_object`] and [`p2p`].
//!
//! The crate has no sockets, no clock and no session state. Its comments cite the reference in `docs/protocol/`.
//!
//! No enum is `non_exhaustive`, because this crate and all crates that use it are built together.
//! When a new verb or a new form of a command is added, the compiler points out every `match` that
//! lacks the new case.

#![forbid(unsafe_code)]

mod capabilities;
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
pub mod message;
pub mod msn_object;
pub mod name;
pub mod notification;
pub mod p2p;
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

pub use capabilities::{Capabilities, ClientVersion};
pub use dialect::Dialect;
pub use error_code::ErrorCode;
pub use guid::Guid;
pub use handle::Handle;
pub use identity::{MsnObject, NetworkIds, Status};
pub use lists::{List, ListBits};
pub use malformed::Malformed;
pub use msn_object::{MsnObjectFields, ObjectKind};
pub use name::{DisplayName, Text};
pub use reference::{ContactRef, GroupNumber, GroupRef, Reader};
pub use refusal::Refusal;
pub use timestamp::Timestamp;
pub use trid::TrId;
pub use xml::{BadXml, escape_xml};

/// Compiles the example in the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
