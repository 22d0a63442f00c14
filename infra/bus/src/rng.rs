//! Reproducible random numbers: SplitMix64 (Steele, Lea, Flood, 2014) over named parts, with no
//! state shared between tasks.

/// One part in a million is the unit of every probability here: no floats.
pub(crate) const PER_MILLION: u32 = 1_000_000;

/// SplitMix64's increment, the odd integer nearest 2^64 / golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The purpose of a draw, so that two decisions about one message are independent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw {
    Arrival = 1,
    Delivery = 2,
    Backoff = 3,
}

/// A generator that depends only on its parts. The same seed and the same message give the same
/// faults under any scheduling.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

// === impl Rng ===

impl Rng {
    pub(crate) fn of(seed: u64, draw: Draw, parts: &[u64]) -> Self {
        let start = mix(seed ^ (draw as u64).wrapping_mul(GOLDEN));
        Self(parts.iter().fold(start, |state, part| mix(state ^ part.wrapping_add(GOLDEN))))
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number in `0..bound`; 0 if `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the high half of a 128-bit product fits 64 bits")
    }

    pub(crate) fn chance(&mut self, per_million: u32) -> bool {
        self.below(u64::from(PER_MILLION)) < u64::from(per_million)
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1);
            items.swap(last, usize::try_from(other).expect("an index below the slice's length"));
        }
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
