//! The memory in which passwords are hashed, and the return of that memory to the system.

use argon2::Block;
use thiserror::Error;

/// The smallest allocation for a workspace, in blocks of 1 KiB. Only the blocks that a hash needs are ever written, so
/// the rest takes no memory.
///
/// glibc keeps freed memory of up to 32 MiB for later allocations, once it has seen such an allocation (mallopt(3),
/// `M_MMAP_THRESHOLD`). glibc always returns a larger allocation to the system when that allocation is freed.
const MIN_ALLOCATION: usize = 33 * 1024;

/// The error if a password cannot be hashed, because the machine is out of memory or random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password could not be hashed: not enough memory, or no random bytes")]
pub struct HashError;

/// The memory in which hashes are computed. Use one workspace for many passwords. Otherwise the system has to clear new
/// memory for each password, which took 18 of 64 seconds of processor time for 2,000 passwords.
///
/// A workspace allocates its memory, 19 MiB, at the first password.
#[derive(Default)]
pub struct Workspace(Vec<Block>);

impl Workspace {
    /// The size of the allocation for the hashes of this program, in bytes.
    pub(super) const ALLOCATION: usize = MIN_ALLOCATION * Block::SIZE;

    /// Creates a workspace without memory.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns this number of blocks, with any content.
    pub(super) fn blocks(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.0.len() < count {
            // Frees the old memory before it allocates more.
            self.release();
            self.0.try_reserve_exact(count.max(MIN_ALLOCATION)).map_err(|_| HashError)?;
            self.0.resize(count, Block::new());
        }
        self.0.get_mut(..count).ok_or(HashError)
    }

    /// Returns the memory to the system.
    pub(super) fn release(&mut self) {
        self.0 = Vec::new();
    }

    /// Returns the number of blocks in memory.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_allocates_at_most_the_memory_that_is_reserved_for_it() {
        let mut workspace = Workspace::new();
        workspace.blocks(19 * 1024).unwrap();
        assert!(workspace.0.capacity() * size_of::<Block>() <= Workspace::ALLOCATION);
    }
}
