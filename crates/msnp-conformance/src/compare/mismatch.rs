//! The error type of a comparison.

/// A sentence that says how the received bytes differ from the record.
pub(crate) type Mismatch = String;
