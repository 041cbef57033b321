//! Why a comparison fails.

/// Why something is not what the record says.
pub(crate) type Mismatch = String;
