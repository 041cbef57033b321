//! A value in many parts, each with its own lock.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard};

use crate::lock;

/// The number of parts. With this many, lookups on many cores rarely wait for each other.
const PARTS: usize = 64;

/// A map or set in parts. The hash of a key decides which part contains the key. Each part has its
/// own lock.
#[derive(Debug)]
pub struct Sharded<T> {
    hasher: RandomState,
    parts: Vec<Mutex<T>>,
}

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), parts: (0..PARTS).map(|_| Mutex::default()).collect() }
    }
}

impl<T> Sharded<T> {
    /// Locks the part for `key`.
    pub fn lock(&self, key: &impl Hash) -> MutexGuard<'_, T> {
        // The remainder is below PARTS, the length of the vector.
        let place = usize::try_from(self.hasher.hash_one(key) % PARTS as u64).unwrap_or_default();
        lock(&self.parts[place])
    }

    /// Locks one part after the other.
    pub fn lock_each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.parts.iter().map(|part| lock(part))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_is_always_in_the_same_part_and_the_keys_are_spread_over_all_parts() {
        let numbers = Sharded::<HashSet<usize>>::default();
        for number in 0..100 * PARTS {
            numbers.lock(&number).insert(number);
        }
        assert!((0..100 * PARTS).all(|number| numbers.lock(&number).contains(&number)));
        assert!(numbers.lock_each().all(|part| (1..400).contains(&part.len())));
    }
}
