//! Demands: the payloads of the compliance topics.

use domain_shopify::{Node, Object, PayloadError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Most orders one demand names: a lifetime of daily orders.
pub const ORDERS_NAMED_MAX: usize = 10_000;

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Demand {
    /// Export what is stored of a customer.
    Export {
        /// Shopify's customer id.
        customer: String,
        /// The orders it is about besides those the ledger knows.
        orders: Vec<String>,
    },
    /// Erase what is stored of a customer.
    EraseCustomer {
        /// Shopify's customer id.
        customer: String,
        /// The orders it is about besides those the ledger knows.
        orders: Vec<String>,
    },
    /// Erase what is stored of all customers.
    EraseShop,
    /// The merchant has uninstalled the app.
    Uninstalled,
}

// === impl Demand ===

impl Demand {
    /// The topics of demands, in the order of [`Demand::read`].
    pub const TOPICS: [&str; 4] =
        ["customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"];

    /// Reads the payload of a topic; `None` if the topic is not in [`Demand::TOPICS`].
    ///
    /// # Errors
    /// A required field is missing or invalid; or the payload, which unlike the header is signed,
    /// is another shop's.
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
