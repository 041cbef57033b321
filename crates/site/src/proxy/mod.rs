//! The HTTP proxy for the Windows system of a client. If Windows is set to use this proxy, an original client reaches
//! the server by Microsoft's host names.
//!
//! Requests without a tunnel arrive with absolute targets, and the server answers them like all
//! other requests. A tunnel after `CONNECT` (`connect`) ends inside this process, which serves it
//! as if the client had connected to the port of this server. The proxy refuses requests for hosts
//! other than Microsoft's old ones and the server's own names. Its only outgoing connection is to
//! the terminator of `proxy.old_tls`, if the operator has set one. A system with the proxy
//! auto-config file (`pac`) sends only requests for the accepted hosts to the proxy.

mod connect;
mod hosts;
mod pac;
mod reached;

pub(crate) use connect::{admit, enter_tls};
pub(crate) use hosts::{Hosts, Target};
pub(crate) use pac::router;
pub(crate) use reached::Reached;
