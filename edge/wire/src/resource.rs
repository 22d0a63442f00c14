//! What a bookmark is about: one cart, or one customer's loyalty account.

use crate::grammar::{is_id, is_shopify_id};

/// One resource with session guarantees of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A cart, by its id.
    Cart(String),
    /// The loyalty account of a customer, by Shopify's customer id.
    Loyalty(String),
}

impl Resource {
    /// Reads `cart/<id>` or `loyalty/<customer>`; anything else is no resource.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('/')? {
            ("cart", id) if is_id(id) => Some(Self::Cart(id.to_owned())),
            ("loyalty", id) if is_shopify_id(id) => Some(Self::Loyalty(id.to_owned())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cart(id) => write!(out, "cart/{id}"),
            Self::Loyalty(customer) => write!(out, "loyalty/{customer}"),
        }
    }
}
