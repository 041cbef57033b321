//! Properties of everything that goes over the wire.
//!
//! `strategies` generates well-formed values of every type and every command. The other files state the properties of
//! those values, and of bytes that are not commands.

#![allow(clippy::unwrap_used, reason = "clippy.toml lets tests unwrap, which covers only functions with #[test]")]

mod dialects;
mod framing;
mod hostile;
mod messages;
mod notification;
mod strategies;
mod switchboard;
mod transcripts;
