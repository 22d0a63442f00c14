//! The fact of an order that a webhook carries.

use domain_shopify::{Node, PayloadError};
use serde_json::value::RawValue;

use super::cause::Cause;
use super::facts::Fact;
use super::order::{PaidOrder, is_paid};
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

/// Reads a payload; `None` if nothing in it moves points.
type Reader = fn(&RawValue) -> Result<Option<OrderFact>, PayloadError>;

/// Every topic that moves points, and how its payload is read.
const READERS: [(&str, Reader); 4] = [
    ("orders/paid", paid),
    (ORDERS_UPDATED, updated),
    ("orders/cancelled", cancelled),
    ("refunds/create", refunded),
];
/// The topic of an order that changed in any way.
pub(super) const ORDERS_UPDATED: &str = "orders/updated";

// === impl OrderFact ===

impl OrderFact {
    /// Reads the payload of a topic; `None` if nothing in it moves points. It ignores the refunds
    /// that an order's payload embeds: each has its own webhook, and counts once.
    ///
    /// # Errors
    /// A required field is missing or invalid; the error names it.
    pub fn read(topic: &str, payload: &RawValue) -> Result<Option<Self>, PayloadError> {
        let reader = READERS.iter().find(|(known, _)| *known == topic);
        reader.map_or(Ok(None), |(_, read)| read(payload))
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

    /// The customer, if the fact names one.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        match &self.fact {
            Fact::Paid { customer, .. } => customer.as_deref(),
            Fact::Refunded { .. } | Fact::Cancelled { .. } => None,
        }
    }

    /// The payment, if the fact states one. Only such a fact evaluates the program, and only such a
    /// fact is dropped after the erasure of its customer.
    pub(super) fn payment(&self) -> Option<&Paid> {
        match &self.fact {
            Fact::Paid { paid, .. } => Some(paid),
            Fact::Refunded { .. } | Fact::Cancelled { .. } => None,
        }
    }
}

impl From<PaidOrder> for OrderFact {
    fn from(PaidOrder { order, customer, paid }: PaidOrder) -> Self {
        Self { order, fact: Fact::Paid { customer, paid } }
    }
}

fn paid(payload: &RawValue) -> Result<Option<OrderFact>, PayloadError> {
    Ok(Some(PaidOrder::from_payload(payload)?.into()))
}

/// The lines of an updated order count only once they are paid: an edit is visible before its
/// payment.
fn updated(payload: &RawValue) -> Result<Option<OrderFact>, PayloadError> {
    if is_paid(payload)? { paid(payload) } else { Ok(None) }
}

fn cancelled(payload: &RawValue) -> Result<Option<OrderFact>, PayloadError> {
    let order = Node::root(payload).object()?;
    let at = order.need("cancelled_at")?.time()?;
    Ok(Some(OrderFact { order: order.need("id")?.id()?, fact: Fact::Cancelled { at } }))
}

fn refunded(payload: &RawValue) -> Result<Option<OrderFact>, PayloadError> {
    let payload = Node::root(payload).object()?;
    let refund = Refund::read(&payload)?;
    let fact = Fact::Refunded { id: payload.need("id")?.id()?, refund };
    Ok(Some(OrderFact { order: payload.need("order_id")?.id()?, fact }))
}
