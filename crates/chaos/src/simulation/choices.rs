//! The choices of a schedule (one simulated run). They come either from a seed, or from the bytes
//! of a fuzzer's input.

use crate::random::Random;

/// Makes all choices of a schedule (one simulated run). The same seed or the same bytes always give
/// the same choices.
#[derive(Debug)]
pub(super) enum Choices {
    /// Random choices, which never run out.
    Seed(Random),
    /// Choices that the bytes decide. After the bytes are used up, each choice is the first of its
    /// alternatives.
    Bytes { bytes: Vec<u8>, at: usize },
}

impl Choices {
    pub(super) const fn from_seed(seed: u64) -> Self {
        Self::Seed(Random::new(seed))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self::Bytes { bytes: bytes.to_vec(), at: 0 }
    }

    /// Returns whether no choice is left.
    pub(super) fn are_used_up(&self) -> bool {
        matches!(self, Self::Bytes { bytes, at } if *at >= bytes.len())
    }

    /// Returns a number below `end`, or 0 if `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        match self {
            Self::Seed(random) => random.below(end),
            Self::Bytes { bytes, at } => {
                // A choice uses only one byte if one is enough, so that a fuzzer can find out what
                // each byte means.
                let length = if end <= 256 { 1 } else { 2 };
                let value = bytes[*at..].iter().take(length).fold(0, |value, byte| value << 8 | u64::from(*byte));
                *at = (*at + length).min(bytes.len());
                value.checked_rem(end).unwrap_or_default()
            }
        }
    }

    /// Returns a number from `low` to `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Returns true with a probability of `percent` %.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        // The highest values mean true, so that the result is false when no choice is left.
        self.below(100) >= 100 - percent
    }

    /// Returns an index of a list with `length` elements, or `None` if it is empty.
    pub(super) fn index(&mut self, length: usize) -> Option<usize> {
        if length == 0 {
            return None;
        }
        usize::try_from(self.below(length as u64)).ok()
    }

    /// Returns one of several values.
    pub(super) fn pick<T>(&mut self, values: impl IntoIterator<Item = T>) -> Option<T> {
        let mut values: Vec<T> = values.into_iter().collect();
        let index = self.index(values.len())?;
        Some(values.swap_remove(index))
    }

    /// Returns an independent generator.
    pub(super) fn random(&mut self) -> Random {
        match self {
            Self::Seed(random) => random.fork(),
            Self::Bytes { .. } => Random::new(self.below(256)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_events_stop_when_the_bytes_of_the_schedule_are_used_up() {
        let mut choices = Choices::from_bytes(&[7, 1, 2, 99]);
        assert_eq!((choices.below(5), choices.below(1000), choices.chance(1)), (2, 258, true));
        assert!(choices.are_used_up());
        assert_eq!((choices.below(5), choices.chance(99), choices.pick([3, 4])), (0, false, Some(3)));
        assert!(!Choices::from_seed(1).are_used_up());
        assert_eq!(Choices::from_seed(1).pick::<u8>([]), None);
    }
}
