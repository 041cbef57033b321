//! The switchboard: conversations (docs/protocol/sb.md).
//!
//! A [`Board`] is one switchboard session. Each event in a session is handled in one step under the
//! session's lock. For example, a message is appended to the outboxes of all other members in one
//! step. Therefore all members see the same order, and no member waits for the socket of another
//! member. The only way to open or join a session is a cookie from the notification server
//! ([`Cookies`]).

mod board;
mod boards;
mod call;
mod cookies;
#[cfg(test)]
mod flow_tests;
mod pace;
mod session;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use board::Board;
pub use boards::Switchboard;
pub use call::CallLimit;
pub(crate) use cookies::MAX_UNUSED;
pub use cookies::{Claims, Cookies, Right};
pub use session::SwitchboardSession;
