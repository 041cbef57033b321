//! The return of free memory to the system.

/// Returns all whole pages of free memory to the system.
///
/// By itself, the allocator of glibc returns only the free memory at the end of a heap. A single
/// small allocation at the end keeps everything below it in the process.
///
/// While this function runs, allocations can wait for it. So call it after much memory was freed,
/// and from a thread that may block. With another C library than glibc, this function does nothing.
pub fn return_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "no library offers a safe function for this call")]
    // SAFETY: malloc_trim(3) has no preconditions, and any thread may call it at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::fs;

    use super::*;

    /// Returns how many MiB of anonymous memory this process uses.
    fn used() -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<usize>().unwrap() / 1024
    }

    #[test]
    fn free_memory_below_a_used_allocation_returns_to_the_system() {
        let before = used();
        let mut blocks: Vec<Vec<u8>> = (0..8 * 1024).map(|_| vec![1; 8 * 1024]).collect();
        let last = blocks.pop();
        drop(blocks);
        let kept = used();
        assert!(kept > before + 48, "the allocator keeps free memory: {before} and {kept} MiB");
        return_free_memory();
        assert!(used() < before + 16, "{before}, {kept} and {} MiB", used());
        drop(last);
    }
}
