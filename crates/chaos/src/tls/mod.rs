//! The first two messages of TLS: the ClientHello of a client, and the answer of the server.
//!
//! This module uses no TLS library, because no library offers versions and algorithms that are too
//! old or too weak. It exchanges no keys and encrypts nothing.

mod ask;
mod hello;
mod reply;

pub use ask::Question;
pub use hello::{DEFLATE, Hello, ssl2_hello};
pub use reply::Reply;

/// SSL 3.0.
pub const SSL3: u16 = 0x0300;
/// TLS 1.0.
pub const TLS10: u16 = 0x0301;
/// TLS 1.1.
pub const TLS11: u16 = 0x0302;
/// TLS 1.2.
pub const TLS12: u16 = 0x0303;
/// TLS 1.3.
pub const TLS13: u16 = 0x0304;
