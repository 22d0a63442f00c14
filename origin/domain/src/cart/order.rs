//! An order takes what it bought out of the cart it names. Only what is equal in every webhook of
//! an order is read, so whichever arrives first says the same.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::absorb::CartEvent;
use super::command::{Action, CartCommand};
use super::line::{LINE_PROPERTY, LineId};
use crate::id::CommandId;
use crate::loyalty::{Node, ORDER_LINES_MAX, Object, PayloadError};

/// The webhooks that tell of an order: whichever comes first counts.
pub const ORDER_TOPICS: [&str; 2] = ["orders/create", "orders/paid"];

/// Most attributes of an order that are looked through: what Shopify's cart takes.
const ATTRIBUTES_MAX: usize = 250;
/// Most properties of a line item that are looked through: ten times what a line of ours has.
const ORDER_PROPERTIES_MAX: usize = 250;

/// An order as Shopify tells it.
#[derive(Debug, Clone)]
pub struct Order<'a>(Object<'a>);

// === impl Order ===

impl<'a> Order<'a> {
    /// Reads a webhook's payload.
    ///
    /// # Errors
    /// It is no object.
    pub fn parse(payload: &'a RawValue) -> Result<Self, PayloadError> {
        Node::root(payload).object().map(Self)
    }

    /// What the shopper's cart said under this name. Shoppers write attributes: one that is no
    /// text is none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let attributes = self.0.get("note_attributes")?.list(ATTRIBUTES_MAX).ok()?;
        let named = |attribute: &Node<'_>| {
            let (key, value) = pair(attribute)?;
            (key == name).then_some(value)
        };
        attributes.iter().find_map(named)
    }

    /// The command that takes what was bought out of `cart`.
    ///
    /// # Errors
    /// The order has no id, no time, or lines that are not Shopify's.
    pub fn taking(&self, cart: &str) -> Result<CartEvent, PayloadError> {
        let id = self.0.need("id")?.id()?;
        let mut lines: BTreeMap<LineId, u32> = BTreeMap::new();
        for item in self.0.need("line_items")?.list(ORDER_LINES_MAX)? {
            let item = item.object()?;
            let quantity = item.need("quantity")?.count()?;
            if let Some(line) = line(&item) {
                let bought = lines.entry(line).or_default();
                *bought = bought.saturating_add(quantity);
            }
        }
        let command = CartCommand {
            time: self.0.need("created_at")?.time()?,
            id: CommandId::of_cause(&format!("cart/{cart}"), &format!("order/{id}")),
            action: Action::Take { lines },
        };
        Ok(CartEvent { cart: cart.to_owned(), command })
    }
}

/// The line that a line item was handed over from: the one it names, or that of its variant and
/// properties. What the merchant added by hand has no variant and was no line.
fn line(item: &Object<'_>) -> Option<LineId> {
    let listed = item.get("properties").and_then(|node| node.list(ORDER_PROPERTIES_MAX).ok());
    let listed = listed.unwrap_or_default();
    let properties: BTreeMap<String, String> = listed.iter().filter_map(pair).collect();
    if let Some(named) = properties.get(LINE_PROPERTY) {
        return LineId::parse(named);
    }
    let variant = item.get("variant_id")?.id().ok()?;
    Some(LineId::of_variant(&variant, &properties))
}

/// Name and value of an attribute or property.
fn pair(node: &Node<'_>) -> Option<(String, String)> {
    let pair = node.object().ok()?;
    Some((pair.get("name")?.text().ok()?, pair.get("value")?.text().ok()?))
}
