//! Earning: what the programme gives for an order. Pure; asked once, when the payment is absorbed.

use serde::{Deserialize, Serialize};

use super::day::Day;
use super::entry::Terms;
use super::facts::{Paid, PaidLine};
use super::figures::Figures;
use super::points::{POINTS_MAX, Points};
use super::program::Program;
use crate::time::Time;

/// Why an order cannot be turned into points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EarningError {
    /// The order is not in the shop's currency.
    #[error("the order is in {order}, the programme in {program}")]
    OtherCurrency {
        /// The currency of the order.
        order: String,
        /// The currency of the programme.
        program: String,
    },
    /// More points than one entry may hold.
    #[error("the order would earn more than {POINTS_MAX} points")]
    TooManyPoints,
}

/// What an order earns: every point belongs to a line, so that what is given back takes its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    /// The lines that earn something.
    pub lines: Vec<EarnedLine>,
}

/// What one line earns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarnedLine {
    /// Shopify's line item id.
    pub line: String,
    /// Its points.
    pub points: Points,
}

// === impl Program ===

impl Program {
    /// What an order earns. It is rounded down as a whole, and its points are spread over its lines
    /// by amount.
    ///
    /// # Errors
    /// The order is in another currency than the programme, or beyond all measure.
    pub fn earned(&self, paid: &Paid, _: &Figures) -> Result<Earned, EarningError> {
        if paid.currency != self.currency {
            return Err(EarningError::OtherCurrency {
                order: paid.currency.clone(),
                program: self.currency.clone(),
            });
        }
        let earning = &self.earning;
        if paid.is_test && !earning.test_orders {
            return Ok(Earned::default());
        }
        let counts = paid.lines.iter().filter(|line| earning.gift_cards || !line.is_gift_card);
        let counts: Vec<&PaidLine> = counts.collect();
        let base: i128 = counts.iter().map(|line| i128::from(line.amount.0)).sum();
        let points = |amount: i128| {
            amount * i128::from(earning.points) / i128::from(earning.per_amount.0.max(1))
        };
        if points(base) > i128::from(POINTS_MAX) {
            return Err(EarningError::TooManyPoints);
        }
        // Each line gets what the order earns with it beyond what it earns without it.
        let mut before = 0;
        let spread = counts.into_iter().map(|line| {
            let after = before + i128::from(line.amount.0);
            let own = points(after) - points(before);
            before = after;
            let own = Points(i64::try_from(own).expect("a part of what is within bounds"));
            EarnedLine { line: line.id.clone(), points: own }
        });
        Ok(Earned { lines: spread.filter(|line| line.points != Points::ZERO).collect() })
    }

    /// When points given at `at` count: at once, and for as long as others do.
    #[must_use]
    pub fn terms_of_gift(&self, at: Time) -> Terms {
        let expires_on = self.expiry_days.map(|days| Day::first_from(at).plus(days));
        Terms { expires_on, ..Terms::for_ever(at) }
    }

    /// When points earned at `at` count. Days are whole ones: they begin with the first midnight
    /// (UTC) after the order, so nobody gets less than was promised.
    #[must_use]
    pub fn terms(&self, at: Time) -> Terms {
        let available_on = Day::first_from(at).plus(self.pending_days);
        Terms {
            earned_on: Day::of(at),
            available_on: (self.pending_days > 0).then_some(available_on),
            expires_on: self.expiry_days.map(|days| available_on.plus(days)),
        }
    }
}
