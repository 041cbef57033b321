//! What must hold of everything that goes over the wire, whatever its words say.
//!
//! `strategies` makes well-formed values of every type and every command; the other files state what must hold of them,
//! and of bytes that are nothing of the kind.

#![allow(clippy::unwrap_used, reason = "clippy.toml lets tests unwrap, which covers only functions with #[test]")]

mod dialects;
mod framing;
mod hostile;
mod notification;
mod strategies;
mod switchboard;
mod transcripts;
