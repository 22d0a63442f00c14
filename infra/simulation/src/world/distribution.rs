//! The distribution of the edges.

use edge_emulator::Distribution;

/// The deployed distribution.
pub(crate) const DEPLOYED: &str = include_str!("../../../../edge/distribution.json");

/// A distribution: the deployed one, or one with a change.
pub(crate) fn parse_distribution(text: &str) -> Distribution {
    Distribution::parse(text.as_bytes()).expect("the deployed distribution is emulated")
}
