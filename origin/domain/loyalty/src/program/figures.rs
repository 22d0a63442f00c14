//! Figures: the numbers of a customer that a program may use.

use domain_core::money::Money;
use domain_core::time::HOUR_MS;

use crate::points::Points;

/// How long before an order the figures that its points depend on are taken. Events arrive out of
/// order by less than this, so every event that counts has arrived by then.
pub const FIGURES_LAG_MS: u64 = 48 * HOUR_MS;

/// A customer's figures within the window of the tiers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Points earned, less those taken back. Redeemed points still count.
    pub points: Points,
    /// Money spent on goods, less refunds, without gift cards and test orders.
    pub spend: Money,
    /// Orders, less those that were cancelled.
    pub orders: i64,
}
