//! Prices of a cart: discounts and how they are allocated to lines, in minor units.
//!
//! Codes count in the order in which they were entered: one that does not combine with an earlier
//! one is not applicable. (Shopify picks the best combination.) Gift cards are never discounted.

use super::cart::{Cart, Line};
use super::shop::{Discount, DiscountClass, DiscountValue, Shop, Variant};

/// Hundredths of a percent.
const WHOLE: i128 = 10_000;

/// A priced cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pricing {
    /// The lines whose variant is still sold.
    pub lines: Vec<PricedLine>,
    /// The discounts that lower something.
    pub applications: Vec<Application>,
    /// Each entered code, and whether it is applicable.
    pub codes: Vec<(String, bool)>,
}

/// A priced line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// The line.
    pub line: Line,
    /// Its variant.
    pub variant: Variant,
    /// Price times quantity.
    pub gross: i64,
    /// What each discount takes off.
    pub allocations: Vec<Allocation>,
}

/// What a discount takes off a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The discount, by its place among the applications.
    pub application: usize,
    /// How much.
    pub amount: i64,
}

/// A discount that lowers something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The discount.
    pub discount: Discount,
    /// How much it takes off in total.
    pub total: i64,
}

/// Prices a cart for a customer at a time.
#[must_use]
pub fn price(cart: &Cart, shop: &Shop<'_>, customer: Option<u64>, now_ms: u64) -> Pricing {
    let lines = cart.lines.iter().filter_map(|line| priced(line, shop)).collect();
    let mut pricing = Pricing { lines, applications: Vec::new(), codes: Vec::new() };
    let mut accepted: Vec<Discount> = Vec::new();
    for code in &cart.codes {
        let discount = shop.discounts.usable(code, customer, now_ms);
        let discount = discount.filter(|discount| {
            let is_entered_twice = accepted.iter().any(|one| one.code == discount.code);
            let combines = accepted.iter().all(|one| combine(one, discount));
            !is_entered_twice && combines && pricing.is_for(discount)
        });
        pricing.codes.push((code.clone(), discount.is_some()));
        accepted.extend(discount);
    }
    for class in [DiscountClass::Product, DiscountClass::Order] {
        for discount in accepted.iter().filter(|discount| discount.class == class) {
            pricing.apply(discount);
        }
    }
    pricing
}

fn priced(line: &Line, shop: &Shop<'_>) -> Option<PricedLine> {
    let variant = shop.catalogue.variant(line.variant_id)?;
    let gross = variant.price.saturating_mul(line.quantity.into());
    Some(PricedLine { line: line.clone(), variant, gross, allocations: Vec::new() })
}

fn combine(one: &Discount, other: &Discount) -> bool {
    let allows = |one: &Discount, other: &Discount| match other.class {
        DiscountClass::Product => one.combines_with_product,
        DiscountClass::Order => one.combines_with_order,
    };
    allows(one, other) && allows(other, one)
}

// === impl Pricing ===

impl Pricing {
    /// The sum of the lines before discounts.
    #[must_use]
    pub fn gross(&self) -> i64 {
        sum(self.lines.iter().map(|line| line.gross))
    }

    /// The sum of the discounts.
    #[must_use]
    pub fn discount(&self) -> i64 {
        sum(self.applications.iter().map(|application| application.total))
    }

    /// What is left to pay.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.gross().saturating_sub(self.discount())
    }

    /// Whether there is something that a discount can lower.
    fn is_for(&self, discount: &Discount) -> bool {
        let is_lowered =
            self.lines.iter().any(|line| line.is_lowered_by(discount) && line.gross > 0);
        let listed = || self.lines.iter().filter(|line| line.is_listed_by(discount));
        let quantity: u64 = listed().map(|line| u64::from(line.line.quantity)).sum();
        is_lowered
            && sum(listed().map(|line| line.gross)) >= discount.minimum_subtotal
            && quantity >= discount.minimum_quantity
    }

    fn apply(&mut self, discount: &Discount) {
        let bases: Vec<i64> = self
            .lines
            .iter()
            .map(|line| if line.is_lowered_by(discount) { line.net() } else { 0 })
            .collect();
        let base = sum(bases.iter().copied());
        let amounts = match (discount.value, discount.class) {
            (DiscountValue::Percentage(share), DiscountClass::Product) => {
                bases.iter().map(|base| percentage(*base, share)).collect()
            }
            (DiscountValue::Percentage(share), DiscountClass::Order) => {
                allocate(percentage(base, share), &bases)
            }
            (DiscountValue::Fixed(amount), _) => allocate(amount.clamp(0, base), &bases),
            (DiscountValue::FixedEach(amount), _) => {
                let pieces = self.lines.iter().map(|line| i64::from(line.line.quantity));
                let parts = bases.iter().zip(pieces);
                parts.map(|(base, count)| amount.saturating_mul(count).clamp(0, *base)).collect()
            }
        };
        let total = sum(amounts.iter().copied());
        if total == 0 {
            return;
        }
        let application = self.applications.len();
        for (line, amount) in self.lines.iter_mut().zip(amounts) {
            if amount > 0 {
                line.allocations.push(Allocation { application, amount });
            }
        }
        self.applications.push(Application { discount: discount.clone(), total });
    }
}

// === impl PricedLine ===

impl PricedLine {
    /// What discounts take off.
    #[must_use]
    pub fn discount(&self) -> i64 {
        sum(self.allocations.iter().map(|allocation| allocation.amount))
    }

    /// What is left to pay.
    #[must_use]
    pub fn net(&self) -> i64 {
        self.gross.saturating_sub(self.discount())
    }

    fn is_listed_by(&self, discount: &Discount) -> bool {
        let product = self.variant.product_id;
        discount.products.as_ref().is_none_or(|ids| ids.contains(&product))
            || discount.variants.contains(&self.variant.id)
    }

    fn is_lowered_by(&self, discount: &Discount) -> bool {
        self.is_listed_by(discount) && !self.variant.gift_card
    }
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}

/// A share of an amount, halves up; never more than the amount.
fn percentage(amount: i64, share: u32) -> i64 {
    let share = i128::from(share).min(WHOLE);
    let product = i128::from(amount) * share + WHOLE / 2;
    i64::try_from(product / WHOLE).unwrap_or(amount)
}

/// Divides an amount in proportion to weights, exactly: what rounding down leaves goes to the largest
/// remainders, the first of equal ones. No part is above its weight if the amount is not above their
/// sum.
#[must_use]
pub fn allocate(amount: i64, weights: &[i64]) -> Vec<i64> {
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total <= 0 {
        return vec![0; weights.len()];
    }
    let product = |weight: i64| i128::from(amount) * i128::from(weight);
    let mut parts: Vec<i64> =
        weights.iter().map(|weight| i64::try_from(product(*weight) / total).unwrap_or(0)).collect();
    let rest = amount.saturating_sub(sum(parts.iter().copied()));
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(product(weights[*at]) % total));
    // Fewer than one for each weight are left.
    for at in order.into_iter().take(usize::try_from(rest).unwrap_or(0)) {
        parts[at] = parts[at].saturating_add(1);
    }
    parts
}
