//! The part of an order that its customer keeps: which goods, and which part of what was paid for
//! them.

use std::collections::BTreeMap;

use domain_core::money::Money;

use super::paid::Paid;

/// Parts that a line is divided into at most, so that parts of different lines add up exactly: any
/// order whose partly returned lines have up to twenty items each, and most others.
const SCALE_MAX: u64 = 1 << 20;
/// How much finer the parts are if that is not enough: what remains of a line is then rounded down
/// to one of them.
const REFINEMENT: u64 = 1 << 40;

/// The part of an order that its customer keeps.
#[derive(Debug)]
pub(crate) struct RemainingGoods<'a> {
    paid: &'a Paid,
    /// How much of each line remains, in parts of `scale`.
    parts: Vec<u64>,
    scale: u64,
    /// The part of the price of these goods that was not refunded: `rest` of `cost`.
    rest: u64,
    cost: u64,
}

// === impl RemainingGoods ===

impl<'a> RemainingGoods<'a> {
    /// What remains after these items, by line item id, and so much money for the goods came back.
    pub(crate) fn of(paid: &'a Paid, returned: &BTreeMap<&str, u64>, money: Option<Money>) -> Self {
        let quantities: Vec<(u64, u64)> = paid
            .lines
            .iter()
            .map(|line| {
                let quantity = u64::from(line.quantity);
                let returned = returned.get(line.id.as_str()).copied().unwrap_or_default();
                (quantity.saturating_sub(returned), quantity)
            })
            .collect();
        let is_part = |(remaining, quantity): &&(u64, u64)| 0 < *remaining && remaining < quantity;
        let (mut scale, mut refinement) = (1, 1);
        for (remaining, quantity) in quantities.iter().filter(is_part) {
            let denominator = quantity / greatest_common_divisor(*remaining, *quantity);
            let common = scale / greatest_common_divisor(scale, denominator) * denominator;
            match common <= SCALE_MAX {
                true => scale = common,
                false => refinement = REFINEMENT,
            }
        }
        let scale = scale * refinement;
        let part = |(remaining, quantity): &(u64, u64)| match quantity {
            0 => scale,
            _ => narrow(u128::from(scale) * u128::from(*remaining) / u128::from(*quantity)),
        };
        let parts = quantities.iter().map(part).collect();
        let whole = Self { paid, parts, scale, rest: 1, cost: 1 };
        match money {
            Some(money) => whole.less(money),
            None => whole,
        }
    }

    /// The remaining part of the price, in parts of the scale.
    pub(crate) fn price(&self) -> u128 {
        self.part(self.paid.lines.iter().map(|line| line.amount.0.unsigned_abs()))
    }

    /// The price of the whole order.
    pub(crate) fn whole_price(&self) -> u64 {
        self.paid.lines.iter().fold(0, |sum, line| sum.saturating_add(line.amount.0.unsigned_abs()))
    }

    /// The remaining part of these weights of the lines, in parts of the scale.
    pub(crate) fn part(&self, weights: impl Iterator<Item = u64>) -> u128 {
        let parts = self.parts.iter().zip(weights);
        let parts = parts.map(|(part, weight)| u128::from(*part) * u128::from(weight));
        parts.fold(0, u128::saturating_add)
    }

    /// A remaining part less the refunded part of its price, times `factors`, divided by `divisors`;
    /// rounded down once.
    pub(crate) fn reduced(&self, part: u128, factors: &[u64], divisors: &[u64]) -> i64 {
        let factors = [&[self.rest], factors].concat();
        let divisors = [&[self.cost, self.scale], divisors].concat();
        quotient(part, &factors, &divisors)
    }

    fn less(self, money: Money) -> Self {
        let cost = self.price();
        let refunded = u128::from(money.0.unsigned_abs()) * u128::from(self.scale);
        let rest = cost.saturating_sub(refunded);
        // Amounts that need this are beyond any shop's; they lose their last bits.
        let excess = (u128::BITS - cost.leading_zeros()).saturating_sub(u64::BITS);
        Self { rest: narrow(rest >> excess), cost: narrow(cost >> excess).max(1), ..self }
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

fn narrow(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A product of whole numbers divided by others, rounded down once: dividing by one divisor after
/// the other gives the same as dividing by their product.
fn quotient(first: u128, factors: &[u64], divisors: &[u64]) -> i64 {
    const LOW: u128 = u64::MAX as u128;
    // Digits in base 2^64, the lowest first.
    let mut digits = vec![narrow(first & LOW), narrow(first >> u64::BITS)];
    for factor in factors {
        let mut carry = 0;
        for digit in &mut digits {
            let product = u128::from(*digit) * u128::from(*factor) + carry;
            (*digit, carry) = (narrow(product & LOW), product >> u64::BITS);
        }
        digits.push(narrow(carry));
    }
    for divisor in divisors {
        let divisor = u128::from(*divisor);
        let mut rest = 0;
        for digit in digits.iter_mut().rev() {
            let dividend = (rest << u64::BITS) | u128::from(*digit);
            (*digit, rest) = (narrow(dividend / divisor), dividend % divisor);
        }
    }
    let is_small = digits[1..].iter().all(|digit| *digit == 0);
    if is_small { i64::try_from(digits[0]).unwrap_or(i64::MAX) } else { i64::MAX }
}

#[cfg(test)]
mod tests {
    use super::quotient;

    #[test]
    fn products_beyond_128_bits_are_divided_exactly() {
        let huge = u64::MAX - 58;
        let product = u128::from(huge) * u128::from(huge);
        assert_eq!(quotient(product, &[huge, 7], &[huge, huge, huge]), 7);
        assert_eq!(quotient(product, &[huge, 7], &[huge, huge, huge, 4]), 1);
        assert_eq!(quotient(product - 1, &[huge, 7], &[huge, huge, huge]), 6);
        assert_eq!(quotient(u128::MAX, &[u64::MAX], &[1]), i64::MAX);
    }
}
