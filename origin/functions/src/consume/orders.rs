//! Orders take what they bought out of the carts they name. A shopper writes what an order says of
//! a cart, so nothing in it is believed that we have not signed, and nothing in it is an error.

use edge_wire::keys::KeyRing;
use edge_wire::link::{LINK_ATTRIBUTE, verify_link};
use origin_domain::cart::{CartEvent, ORDER_TOPICS, Order};
use origin_domain::loyalty::{PayloadError, Webhook};

/// Reads webhooks for carts.
#[derive(Debug, Clone)]
pub struct Orders {
    /// What links are signed with.
    pub keys: KeyRing,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
}

/// What a webhook means to carts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// An order bought what was in a cart.
    Bought(CartEvent),
    /// Nothing, and why.
    Nothing(Ignored),
}

/// Why a webhook means nothing to any cart of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// It is from another shop.
    #[error("shop-other")]
    Shop,
    /// It is not about an order that was placed.
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
    /// It is not of Shopify's shape: to the dead letters with what is wrong where.
    pub fn read(&self, detail: &str) -> Result<Told, PayloadError> {
        let webhook = Webhook::parse(detail)?;
        if !webhook.shop.eq_ignore_ascii_case(&self.shop) {
            return Ok(Told::Nothing(Ignored::Shop));
        }
        if !ORDER_TOPICS.contains(&webhook.topic.as_str()) {
            return Ok(Told::Nothing(Ignored::Topic));
        }
        let order = Order::parse(webhook.payload)?;
        let Some(link) = order.attribute(LINK_ATTRIBUTE) else {
            return Ok(Told::Nothing(Ignored::Unlinked));
        };
        match verify_link(&self.keys, &link) {
            Some(cart) => order.taking(&cart).map(Told::Bought),
            None => Ok(Told::Nothing(Ignored::Forged)),
        }
    }
}
