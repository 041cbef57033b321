//! The memory that a test may use.

use crate::MEMORY;

/// The memory that was in use at the beginning of a test.
///
/// Other tests run at the same time, so every test allows more growth than its client needs. A
/// client that does not limit its memory would still exceed the allowed growth by far.
pub(crate) struct Growth(usize);

impl Growth {
    pub(crate) fn start() -> Self {
        Self(MEMORY.current_usage())
    }

    /// Fails if the memory has grown by more than `bytes` bytes.
    pub(crate) fn assert_below(&self, bytes: usize) {
        let grown = MEMORY.current_usage().saturating_sub(self.0);
        assert!(grown < bytes, "{grown} bytes were added, and {bytes} are allowed");
    }
}
