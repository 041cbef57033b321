//! The switchboard: conversations (docs/protocol/sb.md).
//!
//! A [`Board`] is one switchboard session. Everything that happens in it is one ordered step under its lock: a message
//! is appended to the outbox of each other member there and then, so that all see one order, and nobody waits for
//! anybody's socket. A cookie from the notification server ([`Cookies`]) is the only way in.

mod board;
mod boards;
mod call;
mod cookies;
mod pace;
mod session;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use board::Board;
pub use boards::Switchboard;
pub use call::CallLimit;
pub use cookies::{Claims, Cookies, Right};
pub use session::SwitchboardSession;
