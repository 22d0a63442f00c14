//! A seeded random number generator: SplitMix64 (Steele, Lea and Flood, 2014). A world draws all
//! its random numbers from one sequence on one thread, so a seed determines its history.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// All probabilities are in parts per million: no floats.
pub(crate) const MILLION: u32 = 1_000_000;

/// SplitMix64's increment, the odd integer nearest 2^64 / golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The generator. Clones share one sequence.
#[derive(Debug, Clone)]
pub(crate) struct Rng(Arc<AtomicU64>);

// === impl Rng ===

impl Rng {
    pub(crate) fn of(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(mix(seed.wrapping_add(GOLDEN)))))
    }

    pub(crate) fn next_u64(&self) -> u64 {
        mix(self.0.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN))
    }

    /// A number in `0..bound`; 0 if `bound` is 0.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the high half of a 128-bit product fits 64 bits")
    }

    pub(crate) fn within(&self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// An index below `count`.
    pub(crate) fn index(&self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).expect("an index below a length")
    }

    pub(crate) fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    pub(crate) fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// An even chance.
    pub(crate) fn coin(&self) -> bool {
        self.chance(MILLION / 2)
    }

    pub(crate) fn chance(&self, per_million: u32) -> bool {
        per_million > 0 && self.below(u64::from(MILLION)) < u64::from(per_million)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
