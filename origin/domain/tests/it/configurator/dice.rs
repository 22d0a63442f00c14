//! The same chance on every machine.

/// Knuth's linear congruential generator.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    /// Whether something of this likelihood in a hundred happens.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// So many different numbers below `from`.
    pub(crate) fn some_of(&mut self, count: usize, from: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..from).collect();
        for at in 0..count {
            let pick = at + self.roll(from - at);
            all.swap(at, pick);
        }
        all.truncate(count);
        all
    }
}
