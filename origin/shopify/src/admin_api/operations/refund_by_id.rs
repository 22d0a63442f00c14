//! A refund.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::order::{MoneyBag, Reference};
use super::page::{Nodes, Page};

/// The operation.
#[derive(Debug, Clone, Serialize)]
pub struct RefundById {
    /// The refund's global id.
    pub id: String,
    /// The end of the page of lines before.
    pub after: Option<String>,
}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct RefundByIdAnswer {
    /// The refund.
    pub refund: Option<Refund>,
}

/// A refund of an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Its global id.
    pub id: String,
    /// RFC 3339; a refund of an order placed before 2011 may have none.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub processed_at: String,
    /// The goods that came back.
    pub refund_line_items: Page<RefundLineItem>,
    /// Shipping that was refunded as shipping.
    pub refund_shipping_lines: Nodes<Reference>,
    /// Duties that were refunded.
    pub duties: Option<Vec<RefundDuty>>,
    /// By how much the money differs from the goods' value.
    pub order_adjustments: Nodes<OrderAdjustment>,
    /// The transfers.
    pub transactions: Nodes<RefundTransaction>,
}

/// Goods that came back.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundLineItem {
    /// How many.
    pub quantity: u64,
    /// Of which line.
    pub line_item: Reference,
}

/// A refunded duty.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundDuty {
    /// How much.
    pub amount_set: MoneyBag,
}

/// A difference from the goods' value.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderAdjustment {
    /// How much.
    pub amount_set: MoneyBag,
    /// The taxes in it.
    pub tax_amount_set: MoneyBag,
}

/// A transfer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundTransaction {
    /// Its global id.
    pub id: String,
    /// Such as `REFUND`.
    pub kind: String,
    /// Such as `SUCCESS`.
    pub status: String,
    /// The money.
    pub amount_set: MoneyBag,
}

// === impl RefundById ===

impl Operation for RefundById {
    const DOCUMENT: &'static str = include_str!("refund_by_id.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = RefundByIdAnswer;
}
