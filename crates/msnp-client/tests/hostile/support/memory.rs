//! Memory that a test may use.

use crate::MEMORY;

/// The memory that was in use at the beginning of a test. Other tests run at the same time, so the limits are generous.
/// A client without limits exceeds them by far.
pub(crate) struct Growth(usize);

impl Growth {
    pub(crate) fn start() -> Self {
        Self(MEMORY.current_usage())
    }

    /// Fails if the memory has grown by more than this many bytes.
    pub(crate) fn assert_below(&self, bytes: usize) {
        let grown = MEMORY.current_usage().saturating_sub(self.0);
        assert!(grown < bytes, "{grown} bytes were added, and {bytes} are allowed");
    }
}
