//! Reads the orders that changed since a moment, page by page.

use std::collections::BTreeSet;

use domain_core::time::{SECOND_MS, Time};
use serde_json::Value;
use serde_json::value::RawValue;

use super::payload::{cancelled_payload, order_payload, refund_payload};
use super::zone::Zone;
use crate::admin_api::operations::{
    LineItem, Order, OrderLines, OrderTips, OrdersUpdated, Refund, RefundById, ShopTimeZone,
    number_of,
};
use crate::admin_api::{AdminApi, AdminError};

/// How many days back an app may read orders without the scope `read_all_orders`.
pub const ORDERS_DAYS_MAX: u64 = 60;
/// Most further pages of the lines of an order or a refund: a thousand lines is the most that an
/// order in the ledger has.
const LINE_PAGES_MAX: u32 = 8;
/// Most pages of the sales of an order with a tip: each edit and each refund is an agreement, of at
/// least one page.
const TIP_PAGES_MAX: u32 = 100;

/// Reads orders.
#[derive(Debug, Clone)]
pub struct OrderReader {
    api: AdminApi,
    zone: Zone,
}

/// A page of orders, the earliest change first.
#[derive(Debug, Clone)]
pub struct OrderPage {
    /// The orders.
    pub orders: Vec<ReadOrder>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// An order as the store states it now.
#[derive(Debug, Clone)]
pub struct ReadOrder {
    /// Shopify's order id.
    pub order: String,
    /// What webhooks would carry: the order, its refunds, its cancellation.
    pub payloads: Vec<OrderPayload>,
}

/// One payload.
#[derive(Debug, Clone)]
pub struct OrderPayload {
    /// The topic of its webhook.
    pub topic: &'static str,
    /// The payload.
    pub payload: Box<RawValue>,
}

// === impl OrderReader ===

impl OrderReader {
    /// A reader for the shop of this API. Every call ends by its `until`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn open(api: &AdminApi, until: Time) -> Result<Self, AdminError> {
        let shop = api.call(&ShopTimeZone {}, until).await?.shop;
        let zone = Zone::named(&shop.iana_timezone)
            .map_err(|error| AdminError::Unreadable { reason: error.to_string() })?;
        Ok(Self { api: api.clone(), zone })
    }

    /// The orders updated at `since` or later, after a page that ended there.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn page(
        &self,
        since: Time,
        after: Option<String>,
        until: Time,
    ) -> Result<OrderPage, AdminError> {
        let since = Time(since.0 - since.0 % SECOND_MS).to_rfc3339();
        let operation = OrdersUpdated { search: format!("updated_at:>='{since}'"), after };
        let page = self.api.call(&operation, until).await?.orders;
        let next = page.next().map(str::to_owned);
        let mut orders = Vec::new();
        for order in page.nodes {
            orders.push(self.order(order, until).await?);
        }
        Ok(OrderPage { orders, next })
    }

    async fn order(&self, order: Order, until: Time) -> Result<ReadOrder, AdminError> {
        let lines = self.lines(&order, until).await?;
        let tips = self.tips(&order, until).await?;
        let mut payloads =
            vec![payload("orders/updated", &order_payload(&order, &lines, &tips, &self.zone))?];
        for refund in &order.refunds {
            if let Some(refund) = self.refund(&refund.id, until).await? {
                payloads.push(payload("refunds/create", &refund_payload(&order.id, &refund))?);
            }
        }
        if let Some(cancelled) = cancelled_payload(&order) {
            payloads.push(payload("orders/cancelled", &cancelled)?);
        }
        Ok(ReadOrder { order: number_of(&order.id).to_owned(), payloads })
    }

    async fn lines(&self, order: &Order, until: Time) -> Result<Vec<LineItem>, AdminError> {
        let mut lines = order.line_items.nodes.clone();
        let mut next = order.line_items.next().map(str::to_owned);
        for _ in 0..LINE_PAGES_MAX {
            let Some(after) = next else { return Ok(lines) };
            let operation = OrderLines { id: order.id.clone(), after: Some(after) };
            let Some(more) = self.api.call(&operation, until).await?.order else {
                return Ok(lines);
            };
            next = more.line_items.next().map(str::to_owned);
            lines.extend(more.line_items.nodes);
        }
        match next {
            None => Ok(lines),
            Some(_) => Err(too_long(&order.id)),
        }
    }

    async fn tips(&self, order: &Order, until: Time) -> Result<BTreeSet<String>, AdminError> {
        let amount = &order.total_tip_received_set.shop_money.amount;
        if amount.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            return Ok(BTreeSet::new());
        }
        let mut tips = BTreeSet::new();
        let mut operation = OrderTips::of(&order.id);
        for _ in 0..TIP_PAGES_MAX {
            let page = self.api.call(&operation, until).await?;
            tips.extend(page.lines().map(str::to_owned));
            match operation.next(&page) {
                Some(next) => operation = next,
                None => return Ok(tips),
            }
        }
        Err(too_long(&order.id))
    }

    async fn refund(&self, id: &str, until: Time) -> Result<Option<Refund>, AdminError> {
        let mut operation = RefundById { id: id.to_owned(), after: None };
        let Some(mut refund) = self.api.call(&operation, until).await?.refund else {
            return Ok(None);
        };
        for _ in 0..LINE_PAGES_MAX {
            let Some(after) = refund.refund_line_items.next() else { return Ok(Some(refund)) };
            operation.after = Some(after.to_owned());
            let Some(more) = self.api.call(&operation, until).await?.refund else {
                return Ok(None);
            };
            refund.refund_line_items.page_info = more.refund_line_items.page_info;
            refund.refund_line_items.nodes.extend(more.refund_line_items.nodes);
        }
        Err(too_long(id))
    }
}

fn too_long(id: &str) -> AdminError {
    AdminError::Unreadable { reason: format!("{id} has more lines or agreements than are read") }
}

fn payload(topic: &'static str, payload: &Value) -> Result<OrderPayload, AdminError> {
    let payload = RawValue::from_string(payload.to_string())
        .map_err(|error| AdminError::Unreadable { reason: error.to_string() })?;
    Ok(OrderPayload { topic, payload })
}
