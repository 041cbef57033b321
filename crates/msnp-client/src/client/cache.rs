//! Caches of fetched objects, so that the same picture is not fetched twice.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use msnp::msn_object::Sha1;

/// A cache of objects by the SHA-1 of their data. The client stores only objects that match their
/// hash.
///
/// Implement this trait to keep pictures in files, or to share one cache among accounts. The client
/// calls both functions from asynchronous code, so they should return quickly.
pub trait ObjectCache: Send + Sync {
    /// Returns the object with this hash, if it is in the cache.
    fn get(&self, sha1d: &Sha1) -> Option<Arc<[u8]>>;

    /// Stores an object.
    fn put(&self, sha1d: &Sha1, data: &Arc<[u8]>);
}

/// The default size of a [`MemoryCache`], in bytes. It is enough for a few hundred display
/// pictures.
const DEFAULT_SIZE: usize = 4 * 1024 * 1024;

/// A cache in memory. When it is full, it removes the objects that were stored first.
pub struct MemoryCache {
    max_bytes: usize,
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    objects: HashMap<Sha1, Arc<[u8]>>,
    /// The hashes of the objects. The object that was stored first comes first.
    order: VecDeque<Sha1>,
    bytes: usize,
}

impl MemoryCache {
    /// Creates a cache for at most this many bytes of objects.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, content: Mutex::default() }
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new(DEFAULT_SIZE)
    }
}

impl ObjectCache for MemoryCache {
    fn get(&self, sha1d: &Sha1) -> Option<Arc<[u8]>> {
        let content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.objects.get(sha1d).cloned()
    }

    fn put(&self, sha1d: &Sha1, data: &Arc<[u8]>) {
        let content = &mut *self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if data.len() > self.max_bytes || content.objects.contains_key(sha1d) {
            return;
        }
        content.objects.insert(*sha1d, data.clone());
        content.order.push_back(*sha1d);
        content.bytes += data.len();
        while content.bytes > self.max_bytes {
            let Some(oldest) = content.order.pop_front() else { return };
            content.bytes -= content.objects.remove(&oldest).map_or(0, |data| data.len());
        }
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_drops_the_oldest_objects_and_an_object_that_is_too_large_is_refused() {
        let cache = MemoryCache::new(10);
        let object = |length: usize| -> Arc<[u8]> { vec![0; length].into() };
        for number in 0..4 {
            cache.put(&[number; 20], &object(4));
        }
        let there: Vec<_> = (0..4).filter(|number| cache.get(&[*number; 20]).is_some()).collect();
        assert_eq!(there, [2, 3]);
        cache.put(&[9; 20], &object(11));
        assert!(cache.get(&[9; 20]).is_none() && cache.get(&[3; 20]).is_some());
    }
}
