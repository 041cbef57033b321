//! HTTP: reads requests with limits on size and time, and contains the common answers (docs/protocol/http.md section
//! 0).
//!
//! [`crate::connection`] passes a stream to `serve`, which reads the first line and lets hyper read the rest.
//! [`crate::routes`] chooses the handler by the path. Answers that several handlers share are in `answers`.

pub(crate) mod answers;
mod behind;
pub(crate) mod body;
mod first_line;
mod header_case;
mod host;
mod paced;
mod serve;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod visit;

pub(crate) use behind::behind;
pub(crate) use header_case::HeaderCase;
pub(crate) use host::{host_of, names_oddly};
pub(crate) use serve::serve;
pub(crate) use visit::Visit;
