//! What clients send to the login service (docs/protocol/http.md sections 0 to 2).
//!
//! Reading it is the protocol's business, like reading commands; answering it is the service's.

mod authorization;
mod request_line;
mod rst;

pub use authorization::{Credentials, parse_authorization};
pub use request_line::complete_request_line;
pub use rst::{BadRst, MAX_TOKENS, RstRequest, TokenRequest, parse_rst};

/// The policy string that `USR TWN S` gives clients for the login service: both servers that official client 7.5 was
/// seen to work with send this one (http.md section 2, "Which challenge string?").
pub const DEFAULT_POLICY: &str = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1";
