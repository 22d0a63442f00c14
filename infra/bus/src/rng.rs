//! Reproducible random numbers over named parts, with no state shared between tasks.

use fastrand::Rng;

/// One part in a million is the unit of every probability here: no floats.
pub(crate) const PER_MILLION: u32 = 1_000_000;

/// The purpose of a draw, so that two decisions about one message are independent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw {
    Arrival = 1,
    Delivery = 2,
    Backoff = 3,
}

/// A generator that depends only on its parts: the same seed and the same message give the same
/// faults under any scheduling.
pub(crate) fn rng(seed: u64, draw: Draw, parts: [u64; 2]) -> Rng {
    let step = |mut rng: Rng, part: u64| Rng::with_seed(rng.u64(..) ^ part);
    parts.into_iter().fold(step(Rng::with_seed(seed), draw as u64), step)
}

/// Whether something happens that has this probability.
pub(crate) fn chance(rng: &mut Rng, per_million: u32) -> bool {
    rng.u32(..PER_MILLION) < per_million
}
