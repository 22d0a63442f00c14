//! A page of the orders that changed since a moment, the earliest change first.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::order::Order;
use super::page::Page;

/// The operation.
#[derive(Debug, Clone, Serialize)]
pub struct OrdersUpdated {
    /// In Shopify's search language: `updated_at:>='2026-11-30T00:00:00Z'`.
    pub search: String,
    /// The end of the page before.
    pub after: Option<String>,
}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct OrdersUpdatedAnswer {
    /// The page.
    pub orders: Page<Order>,
}

// === impl OrdersUpdated ===

impl Operation for OrdersUpdated {
    const DOCUMENT: &'static str = include_str!("orders_updated.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = OrdersUpdatedAnswer;
}
