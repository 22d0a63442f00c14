//! Which lines of an order are tips. A line does not say so itself; the sales of the order's agreements
//! do. A page has one agreement and some of its sales.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::order::Reference;
use super::page::Page;

/// The operation.
#[derive(Debug, Clone, Serialize)]
pub struct OrderTips {
    /// The order's global id.
    pub id: String,
    /// Where the agreement begins; `None` is the first.
    pub agreement: Option<String>,
    /// Where its sales begin; `None` is the first.
    pub sale: Option<String>,
}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct OrderTipsAnswer {
    order: Option<AgreedOrder>,
}

#[derive(Debug, Clone, Deserialize)]
struct AgreedOrder {
    agreements: Page<Agreement>,
}

#[derive(Debug, Clone, Deserialize)]
struct Agreement {
    sales: Page<Sale>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sale {
    line_item: Option<Reference>,
}

// === impl OrderTips ===

impl OrderTips {
    /// The first page.
    #[must_use]
    pub fn of(order: &str) -> Self {
        Self { id: order.to_owned(), agreement: None, sale: None }
    }

    /// The page after this one and its answer: more sales of the agreement, or the next agreement.
    #[must_use]
    pub fn next(&self, answer: &OrderTipsAnswer) -> Option<Self> {
        let agreements = &answer.order.as_ref()?.agreements;
        let sales = agreements.nodes.iter().find_map(|agreement| agreement.sales.next());
        let (agreement, sale) = match (sales, agreements.next()) {
            (Some(sale), _) => (self.agreement.clone(), Some(sale.to_owned())),
            (None, Some(agreement)) => (Some(agreement.to_owned()), None),
            (None, None) => return None,
        };
        Some(Self { id: self.id.clone(), agreement, sale })
    }
}

impl Operation for OrderTips {
    const DOCUMENT: &'static str = include_str!("order_tips.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = OrderTipsAnswer;
}

// === impl OrderTipsAnswer ===

impl OrderTipsAnswer {
    /// The global ids of the lines of this page that are tips.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let agreements = self.order.iter().flat_map(|order| &order.agreements.nodes);
        let sales = agreements.flat_map(|agreement| &agreement.sales.nodes);
        sales.filter_map(|sale| Some(sale.line_item.as_ref()?.id.as_str()))
    }
}
