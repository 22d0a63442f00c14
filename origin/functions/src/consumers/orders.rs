//! Orders remove what they bought from the carts they name. A shopper can write the cart attribute
//! of an order, so only a name we signed counts, and an invalid name is ignored, not an error.

use domain_cart::{CartEvent, ORDER_TOPICS, Order};
use domain_shopify::{PayloadError, Webhook};
use edge_wire::keys::KeyRing;
use edge_wire::link::{LINK_ATTRIBUTE, verify_link};

/// Reads webhooks for carts.
#[derive(Debug, Clone)]
pub struct Orders {
    /// The keys that sign links.
    pub keys: KeyRing,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
}

/// What a webhook means for carts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderReading {
    /// An order bought what was in a cart.
    Bought(CartEvent),
    /// The webhook changes no cart, and why.
    Nothing(IgnoreReason),
}

/// Why a webhook changes no cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreReason {
    /// It is from another shop.
    #[error("shop-other")]
    Shop,
    /// It is not about a placed order.
    #[error("topic-other")]
    Topic,
    /// The order was not handed over by us.
    #[error("link-missing")]
    Unlinked,
    /// The order names a cart in a way we did not sign.
    #[error("link-forged")]
    Forged,
}

// === impl Orders ===

impl Orders {
    /// Reads the detail of a webhook's event.
    ///
    /// # Errors
    /// The payload does not have Shopify's form; the dead letter names the invalid field.
    pub fn read(&self, detail: &str) -> Result<OrderReading, PayloadError> {
        let webhook = Webhook::parse(detail)?;
        if !webhook.shop.eq_ignore_ascii_case(&self.shop) {
            return Ok(OrderReading::Nothing(IgnoreReason::Shop));
        }
        if !ORDER_TOPICS.contains(&webhook.topic.as_str()) {
            return Ok(OrderReading::Nothing(IgnoreReason::Topic));
        }
        let order = Order::parse(webhook.payload)?;
        let Some(link) = order.attribute(LINK_ATTRIBUTE) else {
            return Ok(OrderReading::Nothing(IgnoreReason::Unlinked));
        };
        match verify_link(&self.keys, &link) {
            Some(cart) => order.taking(&cart).map(OrderReading::Bought),
            None => Ok(OrderReading::Nothing(IgnoreReason::Forged)),
        }
    }
}
