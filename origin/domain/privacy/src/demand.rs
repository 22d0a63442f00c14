//! Demands for a customer's or a shop's data, or to erase it: the payloads of Shopify's compliance
//! topics.

use domain_shopify::{Node, Object, PayloadError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Most orders one demand names: a lifetime of daily orders.
pub const ORDERS_NAMED_MAX: usize = 10_000;

const DATA_REQUEST: &str = "customers/data_request";
const CUSTOMER_REDACT: &str = "customers/redact";
const SHOP_REDACT: &str = "shop/redact";
const APP_UNINSTALLED: &str = "app/uninstalled";

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Demand {
    /// Export what is stored of a customer.
    Export {
        /// Shopify's customer id.
        customer: String,
        /// Orders that the demand names, besides those that the ledger knows.
        orders: Vec<String>,
    },
    /// Erase what is stored of a customer.
    EraseCustomer {
        /// Shopify's customer id.
        customer: String,
        /// Orders that the demand names, besides those that the ledger knows.
        orders: Vec<String>,
    },
    /// Erase what is stored of all customers.
    EraseShop,
    /// The merchant has uninstalled the app.
    Uninstalled,
}

// === impl Demand ===

impl Demand {
    /// The topics of demands.
    pub const TOPICS: [&str; 4] = [DATA_REQUEST, CUSTOMER_REDACT, SHOP_REDACT, APP_UNINSTALLED];

    /// Reads the payload of a topic; `None` if the topic is not in [`Demand::TOPICS`].
    ///
    /// # Errors
    /// A required field is missing or invalid; or the payload, which unlike the header is signed,
    /// is another shop's.
    pub fn read(topic: &str, payload: &RawValue, shop: &str) -> Result<Option<Self>, PayloadError> {
        if !Self::TOPICS.contains(&topic) {
            return Ok(None);
        }
        let payload = Node::root(payload).object()?;
        // The body of app/uninstalled is the shop itself, whose domain Shopify may leave out.
        if topic != APP_UNINSTALLED {
            let domain = payload.need("shop_domain")?;
            if !domain.text()?.eq_ignore_ascii_case(shop) {
                return Err(domain.is_not("this shop"));
            }
        }
        let customer = || payload.need("customer")?.object()?.need("id")?.id();
        Ok(Some(match topic {
            DATA_REQUEST => {
                Self::Export { customer: customer()?, orders: named(&payload, "orders_requested")? }
            }
            CUSTOMER_REDACT => Self::EraseCustomer {
                customer: customer()?,
                orders: named(&payload, "orders_to_redact")?,
            },
            SHOP_REDACT => Self::EraseShop,
            _ => Self::Uninstalled,
        }))
    }
}

/// The ids of the orders under `key`.
fn named(payload: &Object<'_>, key: &str) -> Result<Vec<String>, PayloadError> {
    let Some(orders) = payload.get(key) else { return Ok(Vec::new()) };
    orders.list(ORDERS_NAMED_MAX)?.iter().map(Node::id).collect()
}
