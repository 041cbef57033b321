//! Numbers that look random, from a seed.

/// A SplitMix64 generator. The same seed gives the same numbers. The numbers are random enough to
/// spread out the sign-ins of clients, and to number transfers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn next_u32(&mut self) -> u32 {
        // Uses the upper half. A 64-bit number that is shifted right by 32 bits always fits.
        u32::try_from(self.next_u64() >> 32).unwrap_or(u32::MAX)
    }
}
