//! Exact counts of configurations. Industrial products fit 128 bits; larger counts use big
//! integers.

use std::fmt;
use std::iter::Sum;

use num_bigint::BigUint;

use super::choices::Choices;
use crate::diagram::FactorKind;
use crate::priced_diagram::PricedDiagram;

/// A number of configurations, of any size.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(BigUint);

/// A number type for counts; `None` on overflow.
trait Tally: Clone + Sized {
    fn of(number: u16) -> Self;
    fn is_zero(&self) -> bool;
    fn plus(&self, other: &Self) -> Option<Self>;
    fn times(&self, other: &Self) -> Option<Self>;
}

// === impl Count ===

impl Count {
    /// The number of configurations with these choices.
    pub(crate) fn of(priced: &PricedDiagram, choices: &Choices) -> Self {
        match tally::<u128>(priced, choices) {
            Some(count) => Self::from(count),
            None => Self(tally(priced, choices).expect("big integers hold any count")),
        }
    }

    /// Whether the count is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
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

    fn is_zero(&self) -> bool {
        *self == 0
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        self.checked_add(*other)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        // Most parts have few paths, and wide multiplication is slow.
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

    fn is_zero(&self) -> bool {
        self.bits() == 0
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        Some(self + other)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        Some(self * other)
    }
}

/// The number of paths from the root to the terminal with these choices.
fn tally<T: Tally>(priced: &PricedDiagram, choices: &Choices) -> Option<T> {
    let diagram = &priced.diagram;
    let mut inside: Vec<T> = Vec::with_capacity(diagram.part_count());
    inside.extend(priced.sets.iter().map(|set| T::of(set.size)));
    for (layer, choice) in choices.iter() {
        for set in diagram.layers[layer].sets.clone() {
            let has = diagram.values.get(set).binary_search(&choice).is_ok();
            inside[set as usize] = T::of(u16::from(has));
        }
    }
    for factor in &diagram.factors {
        let (one, two) = (&inside[factor.one as usize], &inside[factor.two as usize]);
        let paths = match factor.kind {
            FactorKind::ProductNode => one.times(two)?,
            FactorKind::UnionNode => one.plus(two)?,
        };
        inside.push(paths);
    }
    let mut forward = vec![T::of(0); diagram.node_count()];
    forward[0] = T::of(1);
    for (arcs, node) in diagram.arcs.iter().zip(0..) {
        let here: T = forward[node].clone();
        // With some choices, most nodes are not on any path.
        if here.is_zero() {
            continue;
        }
        for arc in arcs {
            let there = here.times(&inside[arc.part as usize])?;
            let child = &mut forward[arc.child as usize];
            *child = child.plus(&there)?;
        }
    }
    forward.pop()
}
