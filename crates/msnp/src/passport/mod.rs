//! What clients send to the login service (docs/protocol/http.md sections 0 to 2).
//!
//! Reading it is the protocol's business, like reading commands; answering it is the service's.

mod authorization;
mod request_line;
mod rst;

pub use authorization::{Credentials, parse_authorization};
pub use request_line::complete_request_line;
pub use rst::{BadRst, MAX_TOKENS, RstRequest, TokenRequest, parse_rst};
