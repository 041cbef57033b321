//! Being the HTTP proxy of a client's Windows: with that one setting an original client reaches us by Microsoft's host
//! names.
//!
//! Plain requests arrive with absolute targets and are answered like any other; `CONNECT` (`connect`) joins the
//! listener that the client wants inside this process. No connection to anywhere else is ever made: requests for hosts
//! that are neither Microsoft's old ones nor our own names are refused. A file for automatic configuration (`pac`) has
//! a system send us only those.

mod connect;
mod hosts;
mod pac;
mod reached;

pub(crate) use connect::{admit, enter_tls};
pub use hosts::{Hosts, Target};
pub(crate) use pac::router;
pub(crate) use reached::Reached;
