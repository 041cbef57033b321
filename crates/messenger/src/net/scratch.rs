//! The buffer that all connections of a thread read into, so that an idle connection needs no buffer of its own.

use std::cell::Cell;

/// The size of the buffer in bytes: as much as one read of a socket returns, and small enough to
/// stay in the CPU cache.
const LENGTH: usize = 32 * 1024;

thread_local! {
    /// The buffer of the thread. Empty while a call uses it, and before the first use.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Calls `read` with the buffer of the thread.
///
/// During the call, no other code in the thread can use the buffer, because `read` lets the session
/// read the bytes directly from the buffer. If the session polls another connection during the
/// call, that connection gets a temporary buffer.
pub(super) fn with<R>(read: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = BUFFER.take();
    if buffer.is_empty() {
        buffer = vec![0; LENGTH];
    }
    let result = read(&mut buffer);
    BUFFER.set(buffer);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_reuses_its_buffer_but_a_nested_read_gets_a_second_one() {
        let first = with(|buffer| buffer.as_ptr() as usize);
        with(|outer| {
            outer[0] = 1;
            with(|inner| inner[0] = 2);
            assert_eq!(outer[0], 1);
        });
        assert_eq!(with(|buffer| (buffer.as_ptr() as usize, buffer.len())), (first, LENGTH));
    }
}
