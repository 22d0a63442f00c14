//! A further page of the lines of an order.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::order::LineItem;
use super::page::Page;

/// The operation.
#[derive(Debug, Clone, Serialize)]
pub struct OrderLines {
    /// The order's global id.
    pub id: String,
    /// The end of the page before.
    pub after: Option<String>,
}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct OrderLinesAnswer {
    /// The order, unless it was deleted.
    pub order: Option<LinesOfOrder>,
}

/// The lines of an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinesOfOrder {
    /// The page.
    pub line_items: Page<LineItem>,
}

// === impl OrderLines ===

impl Operation for OrderLines {
    const DOCUMENT: &'static str = include_str!("order_lines.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = OrderLinesAnswer;
}
