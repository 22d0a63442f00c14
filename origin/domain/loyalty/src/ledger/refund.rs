//! The refund of an order: which lines were returned, and the money given back beyond their value.
//! It is parsed from the payload of Shopify's `refunds/create`, a REST resource.
//!
//! A refund names the returned goods, or gives money back without any, or both. Shopify states the
//! difference from the goods' value as an order adjustment: `-5.00` if the refund is five more than
//! the goods are worth, `5.00` if five less. Refunded shipping is separate: up to API version
//! 2024-07 an adjustment of kind `shipping_refund`, since then in `refund_shipping_lines`.
//!
//! While a transfer is pending, Shopify does not count it: an adjustment of `50.00` then says that
//! goods worth 50 are not paid back yet. No webhook follows when the transfer completes, so a
//! pending one counts here. A transfer is stated in the customer's currency, which is converted at
//! the rate of the order.

use std::collections::BTreeMap;

use domain_core::money::Money;
use domain_core::time::Time;
use domain_shopify::ORDER_LINES_MAX;
use domain_shopify::{Node, Object, PayloadError};
use serde::{Deserialize, Serialize};

use super::paid::Paid;

/// The members that name what a refund is for; without any of them and without an adjustment, all
/// the money transferred is goodwill.
const NAMED: [&str; 4] =
    ["refund_line_items", "refund_shipping_lines", "duties", "additional_fees"];
/// The statuses of transfers that count: a failed one gives nothing back.
const TRANSFERRED: [&str; 2] = ["success", "pending"];

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// When it was made.
    pub at: Time,
    /// How many were returned, by line item id.
    pub lines: BTreeMap<String, u32>,
    /// The money it gives back beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodwill: Option<Goodwill>,
    /// The part of it that pays for the goods, where that is stated in the shop's currency and the
    /// rest in the customer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goods: Option<Goodwill>,
}

/// Money refunded without goods: for a late delivery, for a scratch, or for everything at once. It
/// includes taxes, as the payment does, but not shipping refunded as shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodwill {
    /// The currency in which Shopify states it. A refund does not state its order's currencies: in
    /// another one than those it takes no points.
    pub currency: String,
    /// The amount; above zero.
    pub amount: Money,
}

// === impl Refund ===

impl Refund {
    /// Reads the payload of a refund.
    ///
    /// # Errors
    /// A required field is missing or invalid; the error names it.
    pub(super) fn read(refund: &Object<'_>) -> Result<Self, PayloadError> {
        let at = match refund.get("processed_at") {
            Some(at) => at.time()?,
            None => refund.need("created_at")?.time()?,
        };
        let mut lines: BTreeMap<String, u32> = BTreeMap::new();
        for line in list(refund, "refund_line_items")? {
            let line = line.object()?;
            let quantity = line.need("quantity")?.count()?;
            if quantity > 0 {
                let sum = lines.entry(line.need("line_item_id")?.id()?).or_default();
                *sum = sum.saturating_add(quantity);
            }
        }
        let (goodwill, goods) = goodwill(refund)?;
        Ok(Self { at, lines, goodwill, goods })
    }

    /// The money it gives back beyond its goods, in the currency of their order.
    pub(super) fn goodwill_of(&self, paid: &Paid) -> Money {
        let of = |part: &Option<Goodwill>| {
            part.as_ref().map_or(Money::ZERO, |goodwill| goodwill.in_currency_of(paid))
        };
        Money(of(&self.goodwill).0.saturating_sub(of(&self.goods).0).max(0))
    }
}

// === impl Goodwill ===

impl Goodwill {
    fn in_currency_of(&self, paid: &Paid) -> Money {
        let exchange = paid.exchange.as_ref().filter(|rate| rate.currency == self.currency);
        match exchange {
            _ if self.currency == paid.currency => self.amount,
            Some(rate) => rate.convert(self.amount),
            None => Money::ZERO,
        }
    }
}

/// The money beyond the goods, and the part of it that pays for goods if that is in another
/// currency.
type Beyond = (Option<Goodwill>, Option<Goodwill>);

fn goodwill(refund: &Object<'_>) -> Result<Beyond, PayloadError> {
    let adjustments = list(refund, "order_adjustments")?;
    let transactions = list(refund, "transactions")?;
    let transfers = transfers(&transactions)?;
    if adjustments.is_empty() {
        if NAMED.iter().any(|name| is_stated(refund, name)) {
            return Ok((None, None));
        }
        return Ok((sum_of(&transfers)?.positive(), None));
    }
    let currency = transfers.first().and_then(|transfer| transfer.get("currency"));
    let mut sum = Sum::default();
    for adjustment in adjustments {
        let adjustment = adjustment.object()?;
        if !is(&adjustment, "kind", &["shipping_refund"]) {
            sum.add(&adjustment, "amount", currency.as_ref())?;
            if adjustment.get("tax_amount").is_some() {
                sum.add(&adjustment, "tax_amount", currency.as_ref())?;
            }
        }
    }
    if sum.amount <= 0 {
        return Ok((sum.negated().positive(), None));
    }
    let is_pending = |transfer: &&Object<'_>| is(transfer, "status", &["pending"]);
    let pending: Vec<_> = transfers.iter().filter(is_pending).cloned().collect();
    let mut pending = sum_of(&pending)?;
    if pending.currency != sum.currency {
        return Ok(pending.positive().map_or((None, None), |all| (Some(all), sum.positive())));
    }
    pending.amount = pending.amount.saturating_sub(sum.amount);
    Ok((pending.positive(), None))
}

fn sum_of(transfers: &[Object<'_>]) -> Result<Sum, PayloadError> {
    let mut sum = Sum::default();
    for transfer in transfers {
        sum.add(transfer, "amount", transfer.get("currency").as_ref())?;
    }
    Ok(sum)
}

/// The transactions that give money back.
fn transfers<'a>(transactions: &[Node<'a>]) -> Result<Vec<Object<'a>>, PayloadError> {
    let mut transfers = Vec::new();
    for transaction in transactions {
        let transaction = transaction.object()?;
        let is_done =
            transaction.get("status").is_none() || is(&transaction, "status", &TRANSFERRED);
        if is_done && is(&transaction, "kind", &["refund"]) {
            transfers.push(transaction);
        }
    }
    Ok(transfers)
}

fn is(object: &Object<'_>, key: &str, words: &[&str]) -> bool {
    let word = object.get(key).and_then(|word| word.text().ok());
    word.is_some_and(|word| words.contains(&word.as_str()))
}

fn is_stated(of: &Object<'_>, key: &str) -> bool {
    of.get(key).is_some_and(|node| node.list(ORDER_LINES_MAX).map_or(true, |list| !list.is_empty()))
}

fn list<'a>(of: &Object<'a>, key: &str) -> Result<Vec<Node<'a>>, PayloadError> {
    of.get(key).map_or(Ok(Vec::new()), |list| list.list(ORDER_LINES_MAX))
}

/// Amounts of one currency: the first one's.
#[derive(Default)]
struct Sum {
    currency: Option<String>,
    amount: i64,
}

// === impl Sum ===

impl Sum {
    /// Adds the member `key`, which may be negative: the shop's money, else in `currency`.
    fn add(
        &mut self,
        object: &Object<'_>,
        key: &str,
        currency: Option<&Node<'_>>,
    ) -> Result<(), PayloadError> {
        let set = object.get(&format!("{key}_set")).map(|set| set.object()).transpose()?;
        let shop_money = set.and_then(|set| set.get("shop_money"));
        let (amount, code) = match shop_money.map(|money| money.object()).transpose()? {
            Some(money) => (money.need("amount")?, money.need("currency_code")?),
            None => match currency {
                Some(code) => (object.need(key)?, code.clone()),
                None => (object.need(key)?, object.need(&format!("{key}_set"))?),
            },
        };
        let expected = match self.currency.take() {
            Some(expected) => {
                code.need_currency(&expected)?;
                expected
            }
            None => code.currency()?,
        };
        self.amount = self.amount.saturating_add(amount.difference(&expected)?.0);
        self.currency = Some(expected);
        Ok(())
    }

    fn negated(self) -> Self {
        Self { amount: self.amount.saturating_neg(), ..self }
    }

    /// The sum, if it is above zero: a refund below its goods' value takes no more points than the
    /// goods do.
    fn positive(self) -> Option<Goodwill> {
        let amount = Money(self.amount);
        let currency = self.currency.filter(|_| amount > Money::ZERO)?;
        Some(Goodwill { currency, amount })
    }
}
