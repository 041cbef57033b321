//! The requests of clients to the login service (docs/protocol/http.md sections 0 to 2).
//!
//! This crate only reads these requests, because their form is a part of the protocol, like the
//! form of commands. The login service creates the answers.

mod authorization;
mod request_line;
mod rst;

pub use authorization::{Credentials, parse_authorization};
pub use request_line::complete_request_line;
pub use rst::{BadRst, MAX_TOKENS, RstRequest, TokenRequest, parse_rst};

/// The policy string that `USR TWN S` gives to clients for the login service. The two servers with
/// which the official client 7.5 is known to work send this policy string (http.md section 2,
/// "Which challenge string?").
pub const DEFAULT_POLICY: &str = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1";
