//! HTTP: reading requests within limits of size and time, and the forms of answers (docs/protocol/http.md section 0).
//!
//! [`crate::connection`] hands a stream to `serve`, which reads the first line and has hyper read the rest.
//! [`crate::routes`] picks what answers by the path. The forms of answers that several of them share are in `answers`.

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

pub(crate) use behind::behind;
pub(crate) use header_case::HeaderCase;
pub(crate) use host::{host_of, names_oddly};
pub(crate) use serve::serve;
