//! The fact of an order that a webhook carries.

use domain_shopify::{Node, Object, PayloadError};
use domain_shopify::{ORDERS_CANCELLED, ORDERS_PAID, REFUNDS_CREATE};
use serde_json::value::RawValue;

use super::cause::Cause;
use super::facts::Fact;
use super::order::PaidOrder;
use super::refund::Refund;

/// One fact of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFact {
    /// Shopify's order id.
    pub order: String,
    /// What happened to it.
    pub fact: Fact,
}

// === impl OrderFact ===

impl OrderFact {
    /// Reads the payload of a topic; `None` if the topic moves no points. It ignores the refunds
    /// that an order's payload embeds: each has its own webhook, and counts once.
    ///
    /// # Errors
    /// A required field is missing or invalid; the error names it.
    pub fn read(topic: &str, payload: &RawValue) -> Result<Option<Self>, PayloadError> {
        match topic {
            ORDERS_PAID => Ok(Some(PaidOrder::from_payload(payload)?.into())),
            ORDERS_CANCELLED => cancelled(&Node::root(payload).object()?).map(Some),
            REFUNDS_CREATE => refunded(&Node::root(payload).object()?).map(Some),
            _ => Ok(None),
        }
    }

    /// The cause that it claims.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.fact.cause(&self.order)
    }

    /// The customer, if the fact names one: only a payment does.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        match &self.fact {
            Fact::Paid { customer, .. } => customer.as_deref(),
            Fact::Refunded { .. } | Fact::Cancelled { .. } => None,
        }
    }
}

impl From<PaidOrder> for OrderFact {
    fn from(PaidOrder { order, customer, paid }: PaidOrder) -> Self {
        Self { order, fact: Fact::Paid { customer, paid } }
    }
}

fn cancelled(order: &Object<'_>) -> Result<OrderFact, PayloadError> {
    let at = order.need("cancelled_at")?.time()?;
    Ok(OrderFact { order: order.need("id")?.id()?, fact: Fact::Cancelled { at } })
}

fn refunded(payload: &Object<'_>) -> Result<OrderFact, PayloadError> {
    let refund = Refund::read(payload)?;
    let fact = Fact::Refunded { id: payload.need("id")?.id()?, refund };
    Ok(OrderFact { order: payload.need("order_id")?.id()?, fact })
}
