//! The refund of an order: which lines were returned, and the money given back beyond their value.
//! It is parsed from the payload of Shopify's `refunds/create`, a REST resource.
//!
//! A refund names the returned goods, or gives money back without any, or both. Shopify states the
//! difference from the goods' value as an order adjustment: `-5.00` if the refund is five more than
//! the goods are worth, `5.00` if five less. Refunded shipping is separate: up to API version
//! 2024-07 an adjustment of kind `shipping_refund`, since then in `refund_shipping_lines`.

use std::collections::BTreeMap;

use domain_core::money::Money;
use domain_core::time::Time;
use domain_shopify::ORDER_LINES_MAX;
use domain_shopify::{Node, Object, PayloadError};
use serde::{Deserialize, Serialize};

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
}

/// Money refunded without goods: for a late delivery, for a scratch, or for everything at once. It
/// includes taxes, as the payment does, but not shipping refunded as shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodwill {
    /// The currency in which Shopify states it. A refund does not state its order's currency: in
    /// another one it takes no points.
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
        Ok(Self { at, lines, goodwill: goodwill(refund)? })
    }
}

fn goodwill(refund: &Object<'_>) -> Result<Option<Goodwill>, PayloadError> {
    let adjustments = list(refund, "order_adjustments")?;
    let transactions = list(refund, "transactions")?;
    let transfers = transfers(&transactions)?;
    let mut sum = Sum::default();
    if adjustments.is_empty() {
        if NAMED.iter().any(|name| is_stated(refund, name)) {
            return Ok(None);
        }
        for transfer in &transfers {
            sum.add(transfer, "amount", transfer.get("currency").as_ref())?;
        }
        return Ok(sum.goodwill(1));
    }
    let currency = transfers.first().and_then(|transfer| transfer.get("currency"));
    for adjustment in adjustments {
        let adjustment = adjustment.object()?;
        if !is(&adjustment, "kind", &["shipping_refund"]) {
            sum.add(&adjustment, "amount", currency.as_ref())?;
            if adjustment.get("tax_amount").is_some() {
                sum.add(&adjustment, "tax_amount", currency.as_ref())?;
            }
        }
    }
    Ok(sum.goodwill(-1))
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

    /// The sum with this sign, as goodwill; `None` unless it is above zero, since a refund below
    /// its goods' value takes no more points than the goods do.
    fn goodwill(self, sign: i64) -> Option<Goodwill> {
        let amount = Money(self.amount.saturating_mul(sign));
        let currency = self.currency.filter(|_| amount > Money::ZERO)?;
        Some(Goodwill { currency, amount })
    }
}
