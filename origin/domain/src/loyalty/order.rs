//! Orders as Shopify tells them: the REST resource in the body of `orders/paid`.

use serde_json::value::RawValue;

use super::facts::{ORDER_LINES_MAX, Paid, PaidLine};
use super::payload::{Node, Object, PayloadError};
use crate::money::Money;

/// Most discounts on one line that are added up. Shopify applies at most 25 discount functions and
/// a handful of codes to an order.
const LINE_DISCOUNTS_MAX: usize = 250;

/// What an `orders/paid` payload tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidOrder {
    /// Shopify's order id.
    pub order: String,
    /// Shopify's customer id; a guest has none.
    pub customer: Option<String>,
    /// The order as it was paid.
    pub paid: Paid,
}

// === impl PaidOrder ===

impl PaidOrder {
    /// Reads an `orders/paid` payload.
    ///
    /// Only fields that stay as they are after the payment are read (no `current_*`), so that every
    /// delivery tells the same.
    ///
    /// # Errors
    /// A field that is needed is missing or makes no sense; the error names it.
    pub fn from_payload(payload: &RawValue) -> Result<Self, PayloadError> {
        let order = Node::root(payload).object()?;
        let customer = match order.get("customer") {
            Some(customer) => customer.object()?.get("id").map(|id| id.id()).transpose()?,
            None => None,
        };
        Ok(Self { order: order.need("id")?.id()?, customer, paid: paid(&order)? })
    }
}

fn paid(order: &Object<'_>) -> Result<Paid, PayloadError> {
    let currency = order.need("currency")?.currency()?;
    let at = match order.get("processed_at") {
        Some(at) => at.time()?,
        None => order.need("created_at")?.time()?,
    };
    let is_test = order.get("test").map_or(Ok(false), |test| test.flag())?;
    let lines = order.need("line_items")?.list(ORDER_LINES_MAX)?;
    let lines = lines.iter().map(|line| paid_line(&line.object()?, &currency));
    Ok(Paid { at, is_test, lines: lines.collect::<Result<_, _>>()?, currency })
}

fn paid_line(line: &Object<'_>, currency: &str) -> Result<PaidLine, PayloadError> {
    let quantity = line.need("quantity")?;
    let gross = line.shop_money("price", currency)?.times(quantity.count()?);
    let gross = gross.ok_or_else(|| quantity.is_not("a count of that price"))?;
    Ok(PaidLine {
        id: line.need("id")?.id()?,
        quantity: quantity.count()?,
        amount: less_discounts(line, gross, currency)?,
        is_gift_card: line.get("gift_card").map_or(Ok(false), |gift_card| gift_card.flag())?,
    })
}

/// What is left of a line after its discounts; never below nothing.
fn less_discounts(line: &Object<'_>, gross: Money, currency: &str) -> Result<Money, PayloadError> {
    let Some(allocations) = line.get("discount_allocations") else { return Ok(gross) };
    let mut rest = gross;
    for allocation in allocations.list(LINE_DISCOUNTS_MAX)? {
        let discount = allocation.object()?.shop_money("amount", currency)?;
        rest = Money(rest.0.saturating_sub(discount.0).max(0));
    }
    Ok(rest)
}
