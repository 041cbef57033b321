//! The MSN Messenger protocol: bytes to typed commands and back.

pub mod challenge;
pub mod text;
