//! The crate's own parser for the bytes of a server. It splits them into lines with their payloads,
//! or into HTTP answers.
//!
//! This crate parses lines and HTTP heads itself, on purpose. If it used the server's codec, a bug
//! in the codec would stay hidden. If it used an HTTP library, it would accept answers that an old
//! client rejects.

mod connection;
pub(crate) mod read;
mod service;
mod show;
mod unit;

pub(crate) use connection::{Connection, Event, Log};
pub(crate) use unit::is_mail_note;

pub use read::first;
pub use service::Service;
pub use show::show;
pub use unit::Unit;
