//! One copy of each handle for all rosters in memory.

use std::collections::HashSet;
use std::sync::LazyLock;

use msnp::Handle;
use swallowtail_base::Sharded;

/// The smallest number of handles at which a part looks for handles that no roster uses any more.
const MIN_SWEEP: usize = 64;

/// A part of the pool.
#[derive(Debug, Default)]
struct Shard {
    handles: HashSet<Handle>,
    /// The number of handles at which the part removes those that no roster uses. It is twice the number of handles
    /// that the last removal left, so that all removals together cost no more than the additions.
    sweep_at: usize,
}

static POOL: LazyLock<Sharded<Shard>> = LazyLock::new(Sharded::default);

/// Returns the shared copy of a handle. If there is none, this handle becomes the shared copy.
pub(super) fn pooled(handle: &Handle) -> Handle {
    POOL.lock(handle).share(handle)
}

impl Shard {
    fn share(&mut self, handle: &Handle) -> Handle {
        if let Some(shared) = self.handles.get(handle) {
            return shared.clone();
        }
        if self.handles.len() >= self.sweep_at.max(MIN_SWEEP) {
            self.handles.retain(Handle::is_shared);
            self.handles.shrink_to_fit();
            self.sweep_at = 2 * self.handles.len();
        }
        self.handles.insert(handle.clone());
        handle.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(number: usize) -> Handle {
        Handle::parse(&format!("user{number}@example.com")).unwrap()
    }

    #[test]
    fn equal_handles_share_their_memory() {
        let (one, other) = (pooled(&handle(1)), pooled(&handle(1)));
        assert_eq!(one.as_str().as_ptr(), other.as_str().as_ptr());
    }

    #[test]
    fn handles_that_no_roster_uses_are_removed() {
        let mut shard = Shard::default();
        let used: Vec<_> = (0..10).map(|number| shard.share(&handle(number))).collect();
        for number in 10..10_000 {
            shard.share(&handle(number));
        }
        assert!(shard.handles.len() <= MIN_SWEEP, "{}", shard.handles.len());
        assert!(used.iter().all(|handle| shard.handles.contains(handle)));
    }
}
