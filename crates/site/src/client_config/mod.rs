//! The files that old clients fetch over plain HTTP without signing in: MsgrConfig, tabs, and the page behind "MSN
//! Today" (docs/protocol/http.md section 3).
//!
//! The operator sets their contents ([`swallowtail_config::ClientConfig`]), `document` creates them, and `routes`
//! serves them. All clients get the same files, except those that use msnp11-sdk. The server only logs the country and
//! language that a client sends.

mod document;
mod msnp11_sdk;
mod routes;

pub(crate) use routes::router;
