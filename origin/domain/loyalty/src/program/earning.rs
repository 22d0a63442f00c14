//! Earning: the points a program gives for an order. Pure; computed once, when the payment is
//! absorbed.
//!
//! Every rule is rounded down for the order as a whole and then spread over its lines, so that each
//! point belongs to a line, and the lines sum up to the order. For refunds the exact shares of the
//! lines are stored, too: what remains is rounded down for the remaining goods as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::{Each, Program, Rule};
use super::figures::Figures;
use super::formula::{Condition, Failure, Subject};
use super::shares::{Shares, WEIGHTS_MAX};
use crate::ledger::paid::{Paid, PaidLine};
use crate::points::{POINTS_MAX, Points};

/// Why an order cannot be turned into points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EarningError {
    /// The order is not in the shop's currency.
    #[error("the order is in {order}, the program in {program}")]
    OtherCurrency {
        /// The currency of the order.
        order: String,
        /// The currency of the program.
        program: String,
    },
    /// The order earns more points than one entry may hold.
    #[error("the order would earn more than {POINTS_MAX} points")]
    TooManyPoints,
}

/// What an order earns: every point belongs to a line, so that a returned line takes its own back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    /// The lines that earn something.
    pub lines: Vec<EarnedLine>,
    /// The rules that gave something, in the program's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RulePoints>,
    /// The rules and multipliers that failed on this order and so gave nothing, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<RuleFailure>,
    /// What each line contributes to the points of each of these rules. Orders absorbed before this
    /// was stored have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Shares>,
}

/// The points of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarnedLine {
    /// Shopify's line item id.
    pub line: String,
    /// Its points.
    pub points: Points,
}

/// The points that a rule gives for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePoints {
    /// The rule's id.
    pub rule: String,
    /// Its points.
    pub points: Points,
}

/// A rule or multiplier that failed on an order.
///
/// The program counts without it: the rest is still promised, a dead letter would withhold all of
/// it, and redelivery would fail forever, since no later version applies to this order. An order
/// never changes, so every replay fails the same way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleFailure {
    /// The id of the rule or multiplier.
    pub rule: String,
    /// The failure.
    pub failure: Failure,
}

/// The value of a rule on an order.
#[derive(Default)]
struct Worth {
    points: i128,
    /// The share of each line in them.
    weights: Vec<i128>,
    /// For the order as a whole: its value, if that is not the sum of the weights.
    value: Option<i64>,
    divisor: i128,
}

/// The shares of the rules of an order.
struct SharesBuilder {
    /// Whether each line of the order counts.
    counted: Vec<bool>,
    /// The number of weights so far.
    weights: usize,
    done: Vec<Shares>,
}

// === impl Earned ===

impl Earned {
    /// The points of the order.
    #[must_use]
    pub fn points(&self) -> Points {
        self.lines.iter().map(|line| line.points).sum()
    }
}

// === impl Program ===

impl Program {
    /// The points an order earns a customer who had these figures before it.
    ///
    /// # Errors
    /// The order is in another currency than the program, or earns too many points.
    pub fn earned(&self, paid: &Paid, figures: &Figures) -> Result<Earned, EarningError> {
        if paid.currency != self.currency {
            return Err(EarningError::OtherCurrency {
                order: paid.currency.clone(),
                program: self.currency.clone(),
            });
        }
        let earning = &self.earning;
        let counts = |line: &&PaidLine| earning.gift_cards || !line.is_gift_card;
        let lines: Vec<&PaidLine> = paid.lines.iter().filter(counts).collect();
        if lines.is_empty() || (paid.is_test && !earning.test_orders) {
            return Ok(Earned::default());
        }
        let subject = Subject::of(paid, lines, &self.tier(figures).id, *figures);
        let mut failures = BTreeMap::new();
        let percents = self.percents(&subject, &mut failures);
        let (mut sums, mut rules) = (vec![0_i128; subject.lines.len()], Vec::new());
        let mut shares = SharesBuilder::of(paid, counts);
        for rule in &earning.rules {
            match rule.worth(&subject, &percents) {
                Ok(Worth { points: 0, .. }) => {}
                Ok(worth) => {
                    let points = bounded(worth.points)?;
                    rules.push(RulePoints { rule: rule.id.clone(), points });
                    add_shares(&mut sums, &worth);
                    shares.add(&worth);
                }
                Err(failure) => _ = failures.insert(rule.id.clone(), failure),
            }
        }
        bounded(sums.iter().sum())?;
        let lines = subject.lines.iter().zip(sums).filter(|(_, points)| *points > 0);
        let lines = lines.map(|(line, points)| {
            Ok(EarnedLine { line: line.id.clone(), points: bounded(points)? })
        });
        let lines = lines.collect::<Result<_, _>>()?;
        let failures = failures.into_iter().map(|(rule, failure)| RuleFailure { rule, failure });
        Ok(Earned { lines, rules, failures: failures.collect(), shares: shares.done })
    }

    /// The percentage of each line.
    fn percents(
        &self,
        subject: &Subject<'_>,
        failures: &mut BTreeMap<String, Failure>,
    ) -> Vec<u32> {
        let percent_of = |line: &&PaidLine| {
            for multiplier in &self.earning.multipliers {
                match multiplier.condition.holds(subject, Some(line)) {
                    Ok(true) => return multiplier.percent,
                    Ok(false) => {}
                    Err(failure) => _ = failures.insert(multiplier.id.clone(), failure),
                }
            }
            100
        };
        subject.lines.iter().map(percent_of).collect()
    }
}

fn bounded(points: i128) -> Result<Points, EarningError> {
    let points = i64::try_from(points).ok().filter(|points| *points <= POINTS_MAX);
    points.map(Points).ok_or(EarningError::TooManyPoints)
}

// === impl Rule ===

impl Rule {
    /// The points it gives. No rule takes points: a negative value counts as zero.
    fn worth(&self, subject: &Subject<'_>, percents: &[u32]) -> Result<Worth, Failure> {
        let once = self.condition.as_ref().filter(|condition| !condition.names_line());
        if !once.map_or(Ok(true), |condition| condition.holds(subject, None))? {
            return Ok(Worth::default());
        }
        match self.each {
            Each::Order => self.worth_of_order(subject),
            Each::Line => self.worth_of_lines(subject, percents),
        }
    }

    /// Points for the order as a whole, spread over its lines by price.
    fn worth_of_order(&self, subject: &Subject<'_>) -> Result<Worth, Failure> {
        let value = self.points.value(subject, None)?.max(0);
        let amounts = subject.lines.iter().map(|line| i128::from(line.amount.0.max(0)));
        let divisor = i128::from(self.per);
        let points = i128::from(value) / divisor;
        Ok(Worth { points, weights: amounts.collect(), value: Some(value), divisor })
    }

    /// Points for each line, multiplied by its percentage.
    fn worth_of_lines(&self, subject: &Subject<'_>, percents: &[u32]) -> Result<Worth, Failure> {
        let condition = self.condition.as_ref().filter(|condition| condition.names_line());
        let lines = subject.lines.iter().zip(percents);
        let weights = lines.map(|(line, percent)| {
            let value = self.value_of_line(condition, subject, line)?;
            Ok(i128::from(value) * i128::from(*percent))
        });
        let weights: Vec<i128> = weights.collect::<Result<_, Failure>>()?;
        let divisor = i128::from(self.per) * 100;
        let points = weights.iter().sum::<i128>() / divisor;
        Ok(Worth { points, weights, value: None, divisor })
    }

    fn value_of_line(
        &self,
        condition: Option<&Condition>,
        subject: &Subject<'_>,
        line: &PaidLine,
    ) -> Result<i64, Failure> {
        if condition.map_or(Ok(true), |condition| condition.holds(subject, Some(line)))? {
            Ok(self.points.value(subject, Some(line))?.max(0))
        } else {
            Ok(0)
        }
    }
}

// === impl SharesBuilder ===

impl SharesBuilder {
    fn of(paid: &Paid, counts: impl Fn(&&PaidLine) -> bool) -> Self {
        let counted = paid.lines.iter().map(|line| counts(&line)).collect();
        Self { counted, weights: 0, done: Vec::new() }
    }

    /// The shares of a rule that gives points. Beyond the bound, and beyond what a weight can be,
    /// they are spread by price.
    fn add(&mut self, worth: &Worth) {
        let shares = self.exactly(worth).unwrap_or_else(|| Shares::by_price(worth.points));
        self.weights += shares.weights.len();
        self.done.push(shares);
    }

    fn exactly(&self, worth: &Worth) -> Option<Shares> {
        if self.weights + self.counted.len() > WEIGHTS_MAX {
            return None;
        }
        let is_free = worth.weights.iter().all(|weight| *weight == 0);
        let (mut of_counted, mut first) = (worth.weights.iter(), is_free);
        let mut weights = Vec::with_capacity(self.counted.len());
        for is_counted in &self.counted {
            let weight = if *is_counted { *of_counted.next()? } else { 0 };
            // Every line is free: the first one has the points of the order.
            let is_first = *is_counted && std::mem::take(&mut first);
            weights.push(if is_first { 1 } else { u64::try_from(weight).ok()? });
        }
        weights.iter().try_fold(0_u64, |sum, weight| sum.checked_add(*weight))?;
        let value = worth.value.map(u64::try_from).transpose().ok()?;
        Some(Shares { weights, value, divisor: u64::try_from(worth.divisor).ok()? })
    }
}

/// Adds to each line its share: the points up to and including it, less those before it. So no
/// point is lost or created, and no line is a whole point off its exact share.
///
/// The largest product is 10^12 points by 1,000 lines of 2^63 at 10,000 percent: 10^38, which an
/// `i128` holds.
fn add_shares(sums: &mut [i128], worth: &Worth) {
    let whole: i128 = worth.weights.iter().sum();
    if whole == 0 {
        // Every line is free: the first one gets the points of the order.
        sums[0] += worth.points;
        return;
    }
    let (mut weight, mut allocated) = (0, 0);
    for (sum, share) in sums.iter_mut().zip(&worth.weights) {
        weight += share;
        let upto = worth.points * weight / whole;
        *sum += upto - allocated;
        allocated = upto;
    }
}

#[cfg(test)]
mod tests {
    use super::{POINTS_MAX, Worth, add_shares};
    use crate::program::publishing::PERCENT_MAX;

    #[test]
    fn the_largest_possible_order_is_spread_exactly() {
        let weights = vec![i128::from(i64::MAX) * i128::from(PERCENT_MAX); 1_000];
        let mut sums = vec![0; 1_000];
        add_shares(&mut sums, &Worth { points: POINTS_MAX.into(), weights, ..Worth::default() });
        assert_eq!(sums, vec![i128::from(POINTS_MAX) / 1_000; 1_000]);
    }
}
