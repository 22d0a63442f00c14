//! What is demanded, as the compliance topics tell it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::loyalty::{Node, Object, PayloadError};

/// Most orders one demand names: a customer's life of daily orders.
pub const ORDERS_NAMED_MAX: usize = 10_000;

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Demand {
    /// Tell what is kept of a customer.
    Export {
        /// Shopify's customer id.
        customer: String,
        /// The orders it is about besides those the ledger knows.
        orders: Vec<String>,
    },
    /// Erase what is kept of a customer.
    EraseCustomer {
        /// Shopify's customer id.
        customer: String,
        /// The orders it is about besides those the ledger knows.
        orders: Vec<String>,
    },
    /// Erase what is kept of anybody.
    EraseShop,
    /// The merchant has uninstalled the app.
    Uninstalled,
}

// === impl Demand ===

impl Demand {
    /// The topics that are demands, in the order of [`Demand::read`].
    pub const TOPICS: [&str; 4] =
        ["customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"];

    /// Reads the payload of a topic; `None` if the topic is none of [`Demand::TOPICS`].
    ///
    /// # Errors
    /// A field that is needed is missing or makes no sense; or the payload, which unlike the header
    /// is signed, is another shop's.
    pub fn read(topic: &str, payload: &RawValue, shop: &str) -> Result<Option<Self>, PayloadError> {
        let Some(at) = Self::TOPICS.iter().position(|known| *known == topic) else {
            return Ok(None);
        };
        let payload = Node::root(payload).object()?;
        // The body of app/uninstalled is the shop itself, whose domain Shopify may leave out.
        if at < 3 {
            let domain = payload.need("shop_domain")?;
            if !domain.text()?.eq_ignore_ascii_case(shop) {
                return Err(domain.is_not("this shop"));
            }
        }
        let customer = || payload.need("customer")?.object()?.need("id")?.id();
        Ok(Some(match at {
            0 => {
                Self::Export { customer: customer()?, orders: named(&payload, "orders_requested")? }
            }
            1 => Self::EraseCustomer {
                customer: customer()?,
                orders: named(&payload, "orders_to_redact")?,
            },
            2 => Self::EraseShop,
            _ => Self::Uninstalled,
        }))
    }
}

fn named(payload: &Object<'_>, key: &str) -> Result<Vec<String>, PayloadError> {
    let Some(orders) = payload.get(key) else { return Ok(Vec::new()) };
    orders.list(ORDERS_NAMED_MAX)?.iter().map(Node::id).collect()
}
