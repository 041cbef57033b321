//! The clients that there are files for, from the table that the doctor reads too.

pub use crate::client_table::Client;
pub(super) use crate::client_table::Kind;
