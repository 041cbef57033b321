//! The memory in which passwords are hashed, and the return of that memory to the system.

use argon2::Block;
use thiserror::Error;

/// The smallest allocation for a workspace, in blocks of 1 KiB. Only the blocks that a hash needs
/// are ever written, so the other blocks take no memory.
///
/// The first time that an allocation of up to 32 MiB is freed, glibc returns it to the system. From
/// then on, glibc keeps the memory of such allocations for later use (mallopt(3),
/// `M_MMAP_THRESHOLD`). glibc always returns an allocation of more than 32 MiB to the system when
/// it is freed.
const MIN_ALLOCATION: usize = 33 * 1024;

/// The error for a password that cannot be hashed, because there is not enough memory or there are
/// no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password could not be hashed: not enough memory, or no random bytes")]
pub struct HashError;

/// The memory in which hashes are computed. Use one workspace for many passwords. Otherwise the
/// system has to clear new memory for each password. For 2,000 passwords, this took 18 of 64
/// seconds of processor time.
///
/// A workspace allocates its memory at the first password, and uses 19 MiB of it.
#[derive(Default)]
pub struct Workspace(Vec<Block>);

impl Workspace {
    /// The number of bytes that a workspace allocates for hashes with the parameters of this
    /// program.
    pub(super) const ALLOCATION: usize = MIN_ALLOCATION * Block::SIZE;

    /// Creates a workspace without memory.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns this number of blocks. Their content is unspecified.
    pub(super) fn blocks(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.0.len() < count {
            // Free the old memory before allocating more.
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
