//! Being the HTTP proxy of a client's Windows: with that one setting an original client reaches us by Microsoft's host
//! names.
//!
//! Plain requests arrive with absolute targets and are answered like any other; what is in a tunnel after `CONNECT`
//! (`connect`) is served inside this process, as if it had come to that port. Requests for hosts that are neither
//! Microsoft's old ones nor our own names are refused, and nothing is dialled but the terminator of `proxy.old_tls`, if
//! the operator names one. A file for automatic configuration (`pac`) has a system send us only those hosts.

mod connect;
mod hosts;
mod pac;
mod reached;

pub(crate) use connect::{admit, enter_tls};
pub(crate) use hosts::{Hosts, Target};
pub(crate) use pac::router;
pub(crate) use reached::Reached;
