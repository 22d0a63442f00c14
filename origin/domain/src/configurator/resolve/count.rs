//! How many configurations there are. Industrial products fit 128 bits; what does not is counted
//! all the same, in numbers as long as it takes.

use std::fmt;
use std::iter::Sum;

use num_bigint::BigUint;

use super::choices::Choices;
use crate::configurator::chart::Chart;
use crate::configurator::diagram::JointKind;

/// A number of configurations, however many.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(BigUint);

/// What can be counted in; `None` is beyond it.
trait Tally: Clone + Sized {
    fn of(number: u16) -> Self;
    fn is_none(&self) -> bool;
    fn plus(&self, other: &Self) -> Option<Self>;
    fn times(&self, other: &Self) -> Option<Self>;
}

// === impl Count ===

impl Count {
    /// How many configurations have these choices.
    pub(in crate::configurator) fn of(chart: &Chart, choices: &Choices) -> Self {
        match tally::<u128>(chart, choices) {
            Some(count) => Self::from(count),
            None => Self(tally(chart, choices).expect("long numbers hold any count")),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_none()
    }
}

impl From<u128> for Count {
    fn from(count: u128) -> Self {
        Self(BigUint::from(count))
    }
}

impl PartialEq<u128> for &Count {
    fn eq(&self, other: &u128) -> bool {
        self.0 == BigUint::from(*other)
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        Self(counts.map(|count| count.0).sum())
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Tally for u128 {
    fn of(number: u16) -> Self {
        number.into()
    }

    fn is_none(&self) -> bool {
        *self == 0
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        self.checked_add(*other)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        // Most parts have few ways, and wide multiplication is slow.
        match (u64::try_from(*self), u64::try_from(*other)) {
            (Ok(one), Ok(two)) => Some(Self::from(one) * Self::from(two)),
            _ => self.checked_mul(*other),
        }
    }
}

impl Tally for BigUint {
    fn of(number: u16) -> Self {
        number.into()
    }

    fn is_none(&self) -> bool {
        self.bits() == 0
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        Some(self + other)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        Some(self * other)
    }
}

/// The ways from the top to the bottom that have these choices.
fn tally<T: Tally>(chart: &Chart, choices: &Choices) -> Option<T> {
    let diagram = &chart.diagram;
    let mut along: Vec<T> = Vec::with_capacity(diagram.part_count());
    along.extend(chart.sets.iter().map(|set| T::of(set.size)));
    for (layer, choice) in choices.iter() {
        for set in diagram.layers[layer].sets.clone() {
            let has = diagram.values.get(set).binary_search(&choice).is_ok();
            along[set as usize] = T::of(u16::from(has));
        }
    }
    for joint in &diagram.joints {
        let (one, two) = (&along[joint.one as usize], &along[joint.two as usize]);
        let ways = match joint.kind {
            JointKind::Both => one.times(two)?,
            JointKind::Either => one.plus(two)?,
        };
        along.push(ways);
    }
    let mut above = vec![T::of(0); diagram.node_count()];
    above[0] = T::of(1);
    for (arcs, node) in diagram.arcs.iter().zip(0..) {
        let here: T = above[node].clone();
        // With some choices made, most nodes are off every way.
        if here.is_none() {
            continue;
        }
        for arc in arcs {
            let there = here.times(&along[arc.part as usize])?;
            let child = &mut above[arc.child as usize];
            *child = child.plus(&there)?;
        }
    }
    above.pop()
}
