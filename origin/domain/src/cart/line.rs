//! One line of a cart, and the hash that tells one line from another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{digest, hex};
use crate::money::Money;
use crate::time::Time;

/// What makes two adds the same line: variant (or product and selection) and properties.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub String);

/// What a shopper adds, resolved at acceptance: the fold reads nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The product's id.
    pub product: String,
    /// Shopify's variant id, if a variant covers the selection.
    pub variant_id: Option<String>,
    /// The stock keeping unit of that variant.
    pub sku: Option<String>,
    /// What the line is called.
    pub title: String,
    /// The price of one.
    pub price: Money,
    /// The complete selection of a configured product.
    pub selection: Option<BTreeMap<String, String>>,
    /// Line-item properties the shopper gave.
    pub properties: BTreeMap<String, String>,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What is in it: that of the latest add.
    pub offer: Offer,
    /// How many.
    pub quantity: u32,
    /// When it was started: lines are shown in this order.
    pub since: Time,
}

// === impl Offer ===

impl Offer {
    /// The line this goes into.
    #[must_use]
    pub fn line_id(&self) -> LineId {
        let mut parts: Vec<&[u8]> = Vec::new();
        match (&self.selection, &self.variant_id) {
            (Some(selection), _) => {
                parts.extend([b"selection".as_slice(), self.product.as_bytes()]);
                push_pairs(&mut parts, selection);
            }
            (None, variant) => {
                parts.push(b"variant");
                parts.push(variant.as_deref().unwrap_or_default().as_bytes());
            }
        }
        parts.push(b"properties");
        push_pairs(&mut parts, &self.properties);
        let digest = digest("forecourt/line/1", &parts);
        LineId(hex(&digest[..12]))
    }
}

fn push_pairs<'a>(parts: &mut Vec<&'a [u8]>, pairs: &'a BTreeMap<String, String>) {
    for (name, value) in pairs {
        parts.extend([name.as_bytes(), value.as_bytes()]);
    }
}
