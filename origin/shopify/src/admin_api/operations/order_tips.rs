//! Which lines of an order are tips. A line does not say so itself; the agreements of the order do.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::order::Reference;
use super::page::Nodes;

/// The operation.
#[derive(Debug, Clone, Serialize)]
pub struct OrderTips {
    /// The order's global id.
    pub id: String,
}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct OrderTipsAnswer {
    order: Option<AgreedOrder>,
}

#[derive(Debug, Clone, Deserialize)]
struct AgreedOrder {
    agreements: Nodes<Agreement>,
}

#[derive(Debug, Clone, Deserialize)]
struct Agreement {
    sales: Nodes<Sale>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sale {
    line_item: Option<Reference>,
}

// === impl OrderTips ===

impl Operation for OrderTips {
    const DOCUMENT: &'static str = include_str!("order_tips.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = OrderTipsAnswer;
}

// === impl OrderTipsAnswer ===

impl OrderTipsAnswer {
    /// The global ids of the lines that are tips.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let agreements = self.order.iter().flat_map(|order| &order.agreements.nodes);
        let sales = agreements.flat_map(|agreement| &agreement.sales.nodes);
        sales.filter_map(|sale| Some(sale.line_item.as_ref()?.id.as_str()))
    }
}
