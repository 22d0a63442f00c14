//! What a webhook tells of an order.

use serde_json::value::RawValue;

use super::cause::Cause;
use super::facts::Fact;
use super::order::PaidOrder;
use super::payload::{Node, Object, PayloadError};
use super::refund::Refund;
use super::webhook::{ORDERS_CANCELLED, ORDERS_PAID, REFUNDS_CREATE};

/// One fact of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Shopify's order id.
    pub order: String,
    /// What happened to it.
    pub fact: Fact,
}

// === impl Told ===

impl Told {
    /// Reads the payload of a topic; `None` if the topic moves no points. The refunds that an
    /// order's payload embeds are left alone: each is told by its own webhook, and counts once.
    ///
    /// # Errors
    /// A field that is needed is missing or makes no sense; the error names it.
    pub fn read(topic: &str, payload: &RawValue) -> Result<Option<Self>, PayloadError> {
        match topic {
            ORDERS_PAID => Ok(Some(PaidOrder::from_payload(payload)?.into())),
            ORDERS_CANCELLED => cancelled(&Node::root(payload).object()?).map(Some),
            REFUNDS_CREATE => refunded(&Node::root(payload).object()?).map(Some),
            _ => Ok(None),
        }
    }

    /// What it is claimed as.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.fact.cause(&self.order)
    }

    /// The customer it is about, if it says so: only a payment does.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        match &self.fact {
            Fact::Paid { customer, .. } => customer.as_deref(),
            Fact::Refunded { .. } | Fact::Cancelled { .. } => None,
        }
    }
}

impl From<PaidOrder> for Told {
    fn from(PaidOrder { order, customer, paid }: PaidOrder) -> Self {
        Self { order, fact: Fact::Paid { customer, paid } }
    }
}

fn cancelled(order: &Object<'_>) -> Result<Told, PayloadError> {
    let at = order.need("cancelled_at")?.time()?;
    Ok(Told { order: order.need("id")?.id()?, fact: Fact::Cancelled { at } })
}

fn refunded(refund: &Object<'_>) -> Result<Told, PayloadError> {
    let told = Refund::read(refund)?;
    let fact = Fact::Refunded { refund: refund.need("id")?.id()?, told };
    Ok(Told { order: refund.need("order_id")?.id()?, fact })
}
