//! The fact of an order that a webhook carries.

use domain_shopify::{Node, PayloadError};
use serde_json::value::RawValue;

use super::cause::Cause;
use super::facts::Fact;
use super::order::PaidOrder;
use super::paid::Paid;
use super::refund::Refund;

/// One fact of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFact {
    /// Shopify's order id.
    pub order: String,
    /// What happened to it.
    pub fact: Fact,
}

/// Reads a payload.
type Reader = fn(&RawValue) -> Result<OrderFact, PayloadError>;

/// Every topic that moves points, and how its payload is read.
const READERS: [(&str, Reader); 3] =
    [("orders/paid", paid), ("orders/cancelled", cancelled), ("refunds/create", refunded)];

// === impl OrderFact ===

impl OrderFact {
    /// Reads the payload of a topic; `None` if the topic moves no points. It ignores the refunds
    /// that an order's payload embeds: each has its own webhook, and counts once.
    ///
    /// # Errors
    /// A required field is missing or invalid; the error names it.
    pub fn read(topic: &str, payload: &RawValue) -> Result<Option<Self>, PayloadError> {
        let reader = READERS.iter().find(|(known, _)| *known == topic);
        reader.map(|(_, read)| read(payload)).transpose()
    }

    /// The topics that move points.
    pub fn topics() -> impl Iterator<Item = &'static str> {
        READERS.iter().map(|(topic, _)| *topic)
    }

    /// The cause that it claims.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.fact.cause(&self.order)
    }

    /// The customer, if the fact names one: only a payment does.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        let Fact::Paid { customer, .. } = &self.fact else { return None };
        customer.as_deref()
    }

    /// The payment, if the fact is one. Only a payment evaluates the program, and only a payment
    /// is dropped after the erasure of its customer.
    pub(super) fn payment(&self) -> Option<&Paid> {
        let Fact::Paid { paid, .. } = &self.fact else { return None };
        Some(paid)
    }
}

impl From<PaidOrder> for OrderFact {
    fn from(PaidOrder { order, customer, paid }: PaidOrder) -> Self {
        Self { order, fact: Fact::Paid { customer, paid } }
    }
}

fn paid(payload: &RawValue) -> Result<OrderFact, PayloadError> {
    Ok(PaidOrder::from_payload(payload)?.into())
}

fn cancelled(payload: &RawValue) -> Result<OrderFact, PayloadError> {
    let order = Node::root(payload).object()?;
    let at = order.need("cancelled_at")?.time()?;
    Ok(OrderFact { order: order.need("id")?.id()?, fact: Fact::Cancelled { at } })
}

fn refunded(payload: &RawValue) -> Result<OrderFact, PayloadError> {
    let payload = Node::root(payload).object()?;
    let refund = Refund::read(&payload)?;
    let fact = Fact::Refunded { id: payload.need("id")?.id()?, refund };
    Ok(OrderFact { order: payload.need("order_id")?.id()?, fact })
}
