//! HTTP: connections, requests, and which room answers which path (docs/protocol/http.md section 0).
//!
//! The way of a request: a listener of [`crate::server`] hands its stream to [`serve`], which reads the first line and has hyper read
//! the rest; [`Routes`] picks the room by the path: `passport`, `gateway`, `client_config` or `proxy`. What is in a tunnel after
//! `CONNECT` goes to [`crate::proxy`]. The forms of answers that rooms share are in `answers`.

pub(crate) mod answers;
mod behind;
pub(crate) mod body;
mod first_line;
mod header_case;
mod host;
mod paced;
mod routes;
mod serve;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use host::{host_of, names_oddly};
pub use routes::Routes;
pub use serve::{AnyStream, Site, serve};
