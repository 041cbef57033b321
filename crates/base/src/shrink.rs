//! Frees the memory of maps that were once much larger.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

/// Maps with a smaller capacity than this are never shrunk. Most maps never grow beyond this
/// capacity.
const MIN_CAPACITY: usize = 1024;

/// Shrinks a map that uses less than a quarter of its capacity, so that the map does not keep the
/// memory of its largest size.
///
/// Call this function after each removal. When it shrinks a map, the map keeps room for twice its
/// entries, so many calls pass before the map shrinks or grows again. On average, a call therefore
/// takes constant time.
pub fn shrink_sparse<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) {
    if map.capacity() > MIN_CAPACITY && map.len() < map.capacity() / 4 {
        map.shrink_to(map.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptying_a_map_frees_its_memory_in_a_few_steps() {
        let mut map: HashMap<_, _> = (0..100_000).map(|key| (key, ())).collect();
        let mut steps = 0;
        for key in 0..100_000 {
            map.remove(&key);
            let before = map.capacity();
            shrink_sparse(&mut map);
            steps += usize::from(map.capacity() != before);
        }
        assert!(map.capacity() <= MIN_CAPACITY, "{}", map.capacity());
        assert!(steps < 10, "{steps}");
    }
}
