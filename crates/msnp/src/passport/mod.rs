//! The requests of clients to the login service (docs/protocol/http.md sections 0 to 2).
//!
//! Reading a request belongs to the protocol, like reading a command. Answering it belongs to the service.

mod authorization;
mod request_line;
mod rst;

pub use authorization::{Credentials, parse_authorization};
pub use request_line::complete_request_line;
pub use rst::{BadRst, MAX_TOKENS, RstRequest, TokenRequest, parse_rst};

/// The policy string that `USR TWN S` gives to clients for the login service. The two servers with which the official
/// client 7.5 is known to work send this one (http.md section 2, "Which challenge string?").
pub const DEFAULT_POLICY: &str = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1";
