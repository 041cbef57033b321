//! The HTTP proxy for the client's Windows. With this one Windows setting, an original client reaches the server by
//! Microsoft's host names.
//!
//! Plain requests arrive with absolute targets and are answered like all others. A tunnel after `CONNECT` (`connect`)
//! is served inside this process, as if the client had connected to that port. The proxy refuses requests for hosts
//! other than Microsoft's old ones and the server's own names. Its only outgoing connection is to the terminator of
//! `proxy.old_tls`, if the operator has set one. With the proxy auto-config file (`pac`), a system sends only requests
//! for those hosts here.

mod connect;
mod hosts;
mod pac;
mod reached;

pub(crate) use connect::{admit, enter_tls};
pub(crate) use hosts::{Hosts, Target};
pub(crate) use pac::router;
pub(crate) use reached::Reached;
