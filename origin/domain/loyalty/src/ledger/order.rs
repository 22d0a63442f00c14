//! Orders as Shopify sends them: the REST resource in the body of `orders/paid`
//! and `orders/updated`.

use domain_core::money::Money;
use domain_shopify::ORDER_LINES_MAX;
use domain_shopify::{Node, Object, PayloadError};
use serde_json::value::RawValue;

use super::facts::{LINE_TEXTS_BYTES_MAX, TEXT_BYTES_MAX, TEXTS_MAX};
use super::paid::{Exchange, Paid, PaidLine};

/// Most discounts on one line that are added up. Shopify applies at most 25 discount functions and
/// a handful of codes to an order.
const LINE_DISCOUNTS_MAX: usize = 250;

/// Most taxes on one line that are added up: a country, its parts, and room.
const LINE_TAXES_MAX: usize = 50;

/// The `financial_status` of orders that were paid in full.
const PAID_STATUSES: [&str; 3] = ["paid", "partially_refunded", "refunded"];

/// The member that an import adds to the payloads that it makes. Shopify's have none of this name.
pub const IMPORTED: &str = "forecourt_imported";

/// The content of an `orders/paid` payload.
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
    /// It reads only fields that do not change after the payment (no `current_*`), so that every
    /// delivery reads the same.
    ///
    /// # Errors
    /// A required field is missing or invalid; the error names it.
    pub fn from_payload(payload: &RawValue) -> Result<Self, PayloadError> {
        let order = Node::root(payload).object()?;
        let customer = customer(&order)?;
        Ok(Self { order: order.need("id")?.id()?, customer, paid: paid(&order)? })
    }
}

/// Whether the payload of an order says that all of it was paid.
pub(super) fn is_paid(payload: &RawValue) -> Result<bool, PayloadError> {
    let order = Node::root(payload).object()?;
    let currency = order.need("currency")?.currency()?;
    let is_open = order.get("total_outstanding").is_some_and(|amount| {
        amount.difference(&currency).is_ok_and(|outstanding| outstanding > Money::ZERO)
    });
    let status = text(&order, "financial_status");
    Ok(!is_open && status.is_some_and(|status| PAID_STATUSES.contains(&&*status)))
}

fn customer(order: &Object<'_>) -> Result<Option<String>, PayloadError> {
    match order.get("customer") {
        Some(customer) => customer.object()?.get("id").map(|id| id.id()).transpose(),
        None => Ok(None),
    }
}

fn paid(order: &Object<'_>) -> Result<Paid, PayloadError> {
    let currency = order.need("currency")?.currency()?;
    let (at, utc_offset_minutes) = match order.get("processed_at") {
        Some(at) => at.time_with_offset()?,
        None => order.need("created_at")?.time_with_offset()?,
    };
    let is_test = order.get("test").map_or(Ok(false), |test| test.flag())?;
    let lines = order.need("line_items")?.list(ORDER_LINES_MAX)?;
    let lines = lines.iter().map(Node::object).filter(|line| !line.as_ref().is_ok_and(is_tip));
    let lines = lines.map(|line| paid_line(&line?, &currency));
    Ok(Paid {
        at,
        utc_offset_minutes,
        is_test,
        tax: tax_on_top(order, &currency),
        lines: with_texts_bounded(lines.collect::<Result<_, _>>()?),
        source: text(order, "source_name"),
        discount_codes: discount_codes(order),
        customer_tags: customer_tags(order),
        exchange: exchange(order, &currency),
        is_imported: order.get(IMPORTED).map_or(Ok(false), |imported| imported.flag())?,
        currency,
    })
}

/// Whether a line is a tip. Only tips have these members, which may be null.
fn is_tip(line: &Object<'_>) -> bool {
    let is_marked = line.has("tip_payment_gateway") || line.has("tip_payment_method");
    is_marked && line.get("product_id").is_none() && line.get("variant_id").is_none()
}

/// The rate at which the customer paid, from the first amount that is stated in both currencies. It
/// only converts refunds: an invalid one is left out, and refunds in that currency take no points.
fn exchange(order: &Object<'_>, currency: &str) -> Option<Exchange> {
    let totals = ["total_price_set", "subtotal_price_set", "total_line_items_price_set"];
    let totals = totals.into_iter().filter_map(|key| order.get(key));
    let lines = elements(order, "line_items", ORDER_LINES_MAX).into_iter();
    let prices = lines.filter_map(|line| line.object().ok()?.get("price_set"));
    totals.chain(prices).find_map(|set| exchange_of(&set.object().ok()?, currency))
}

fn exchange_of(set: &Object<'_>, currency: &str) -> Option<Exchange> {
    let money = |key: &str| {
        let money = set.get(key)?.object().ok()?;
        let currency = money.get("currency_code")?.currency().ok()?;
        let amount = money.get("amount")?.amount(&currency).ok()?;
        Some((currency, amount))
    };
    let (shops, shop) = money("shop_money")?;
    let (customers, presentment) = money("presentment_money")?;
    let is_rate = shops == currency && customers != currency && presentment > Money::ZERO;
    is_rate.then_some(Exchange { currency: customers, presentment, shop })
}

/// The lines without the texts beyond the bound of an order.
fn with_texts_bounded(mut lines: Vec<PaidLine>) -> Vec<PaidLine> {
    let mut budget = LINE_TEXTS_BYTES_MAX;
    for text in lines.iter_mut().flat_map(|line| [&mut line.sku, &mut line.vendor]) {
        let bytes = text.as_ref().map_or(0, String::len);
        match budget.checked_sub(bytes) {
            Some(rest) => budget = rest,
            None => *text = None,
        }
    }
    lines
}

/// The taxes on the lines, where prices exclude them. As below, an invalid one is left out.
fn tax_on_top(order: &Object<'_>, currency: &str) -> Money {
    let is_included = order.get("taxes_included").and_then(|included| included.flag().ok());
    if is_included.unwrap_or_default() {
        return Money::ZERO;
    }
    let lines = elements(order, "line_items", ORDER_LINES_MAX).into_iter();
    let taxes = lines.filter_map(|line| {
        let taxes = elements(&line.object().ok()?, "tax_lines", LINE_TAXES_MAX).into_iter();
        let taxes = taxes.filter_map(|tax| tax.object().ok()?.shop_money("price", currency).ok());
        Some(taxes.fold(0_i64, |sum, tax| sum.saturating_add(tax.0)))
    });
    Money(taxes.fold(0, i64::saturating_add))
}

fn elements<'a>(of: &Object<'a>, key: &str, max: usize) -> Vec<Node<'a>> {
    of.get(key).and_then(|list| list.list(max).ok()).unwrap_or_default()
}

/// The codes of `discount_codes`. A field that only formulas read is never a reason to reject an
/// order: an invalid code is left out.
fn discount_codes(order: &Object<'_>) -> Vec<String> {
    let codes = elements(order, "discount_codes", usize::MAX).into_iter().take(TEXTS_MAX);
    codes.filter_map(|code| text(&code.object().ok()?, "code")).collect()
}

/// Shopify writes tags as one text with commas.
fn customer_tags(order: &Object<'_>) -> Vec<String> {
    let customer = order.get("customer").and_then(|customer| customer.object().ok());
    let tags = customer.and_then(|customer| customer.get("tags")?.text().ok()).unwrap_or_default();
    let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.take(TEXTS_MAX).map(|tag| shortened(tag.to_owned())).collect()
}

fn text(of: &Object<'_>, key: &str) -> Option<String> {
    of.get(key)?.text().ok().map(shortened)
}

fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
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
        product: line.get("product_id").and_then(|product| product.id().ok()),
        variant: line.get("variant_id").and_then(|variant| variant.id().ok()),
        sku: text(line, "sku"),
        vendor: text(line, "vendor"),
    })
}

/// The price of a line after its discounts; never below zero.
fn less_discounts(line: &Object<'_>, gross: Money, currency: &str) -> Result<Money, PayloadError> {
    let Some(allocations) = line.get("discount_allocations") else { return Ok(gross) };
    let mut rest = gross;
    for allocation in allocations.list(LINE_DISCOUNTS_MAX)? {
        let discount = allocation.object()?.shop_money("amount", currency)?;
        rest = Money(rest.0.saturating_sub(discount.0).max(0));
    }
    Ok(rest)
}
