//! What old clients fetch over plain HTTP without signing in: MsgrConfig, tabs, and the page behind "MSN Today"
//! (docs/protocol/http.md section 3).
//!
//! The operator says what is in it ([`swallowtail_config::ClientConfig`]), `document` writes it once, and `routes`
//! hands it out. The same for everybody: what clients tell of their country and language is only logged.

mod document;
mod routes;

pub(crate) use routes::router;
