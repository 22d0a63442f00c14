//! An order removes the bought items from the cart it names. Only fields that are equal in every
//! webhook of an order are read, so the first one to arrive is enough.

use std::collections::BTreeMap;

use domain_core::id::CommandId;
use domain_shopify::{Node, ORDER_LINES_MAX, Object, PayloadError};
use serde_json::value::RawValue;

use super::absorb::CartEvent;
use super::command::{Action, CartCommand};
use super::line::{LINE_PROPERTY, LineId};

/// The webhooks about a new order: the first one to arrive counts.
pub const ORDER_TOPICS: [&str; 2] = ["orders/create", "orders/paid"];

/// Most attributes of an order that are read: the limit of Shopify's cart.
const ATTRIBUTES_MAX: usize = 250;
/// Most properties of a line item that are read: ten times our own limit.
const ORDER_PROPERTIES_MAX: usize = 250;

/// The payload of an order webhook.
#[derive(Debug, Clone)]
pub struct Order<'a>(Object<'a>);

// === impl Order ===

impl<'a> Order<'a> {
    /// Reads a webhook's payload.
    ///
    /// # Errors
    /// The payload is not an object.
    pub fn parse(payload: &'a RawValue) -> Result<Self, PayloadError> {
        Node::root(payload).object().map(Self)
    }

    /// The value of a cart attribute. Shoppers can write attributes: one that is not text is
    /// ignored.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let attributes = self.0.get("note_attributes")?.list(ATTRIBUTES_MAX).ok()?;
        let value_of_name = |attribute: &Node<'_>| {
            let (key, value) = pair(attribute)?;
            (key == name).then_some(value)
        };
        attributes.iter().find_map(value_of_name)
    }

    /// The command that removes the bought items from `cart`.
    ///
    /// # Errors
    /// The order has no id or no time, or its lines are malformed.
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

/// The cart line of an order's line item: the one its property names. A permalink hands plain lines
/// over without that property: theirs is found by variant and properties, without the hidden ones,
/// which apps add. An item the merchant added by hand has no variant and no line.
fn line(item: &Object<'_>) -> Option<LineId> {
    let nodes = item.get("properties").and_then(|node| node.list(ORDER_PROPERTIES_MAX).ok());
    let nodes = nodes.unwrap_or_default();
    let mut properties: BTreeMap<String, String> = nodes.iter().filter_map(pair).collect();
    if let Some(id) = properties.get(LINE_PROPERTY) {
        return LineId::parse(id);
    }
    properties.retain(|name, _| !name.starts_with('_'));
    let variant = item.get("variant_id")?.id().ok()?;
    Some(LineId::of_variant(&variant, &properties))
}

/// Name and value of an attribute or property.
fn pair(node: &Node<'_>) -> Option<(String, String)> {
    let pair = node.object().ok()?;
    Some((pair.get("name")?.text().ok()?, pair.get("value")?.text().ok()?))
}
