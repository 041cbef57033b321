//! Raw connections: what a server sent, cut into lines with their payloads or into HTTP answers.
//!
//! This crate reads lines and HTTP heads itself, without the server's codec and without an HTTP library, on purpose: a
//! fault that both sides shared would go unseen, and a library forgives what an old client does not.

mod connection;
pub(crate) mod read;
mod show;
mod unit;

pub(crate) use connection::{Connection, Event, Log};
pub(crate) use show::show;
pub(crate) use unit::{Unit, is_mail_note};
