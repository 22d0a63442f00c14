//! Shopify's cart permalink: the whole cart in one link, where Shopify can carry it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain_cart::{HandOver, LINE_PROPERTY};
use edge_wire::query::push;

/// Most properties that a permalink carries, and only of its first line (Shopify, "Create cart
/// permalinks").
const PERMALINK_PROPERTIES_MAX: usize = 25;
/// Most bytes of a link: what every recipient is expected to support (RFC 9110 section 4.1).
const PERMALINK_BYTES_MAX: usize = 8_000;

/// The link, if it can hold the whole cart: every line can be sold, and only the first has
/// properties besides its id, by which an order finds the line of a plain item, too, but need not.
/// An empty cart has no link.
pub(super) fn permalink(
    shop: &str,
    hand_over: &HandOver,
    attributes: &BTreeMap<String, String>,
) -> Option<String> {
    let (first, others) = hand_over.items.split_first()?;
    let is_plain = others.iter().all(|item| item.properties.keys().eq([LINE_PROPERTY]));
    let is_carried = first.properties.len() <= PERMALINK_PROPERTIES_MAX;
    if !hand_over.is_whole() || !is_plain || !is_carried {
        return None;
    }
    let lines: Vec<String> = hand_over
        .items
        .iter()
        .map(|item| format!("{}:{}", item.variant_id, item.quantity))
        .collect();
    let mut query = String::new();
    for (name, value) in attributes {
        push(&mut query, &format!("attributes[{name}]"), value);
    }
    if !first.properties.is_empty() {
        let properties = serde_json::to_vec(&first.properties).unwrap_or_default();
        push(&mut query, "properties", &URL_SAFE_NO_PAD.encode(properties));
    }
    let link = format!("https://{shop}/cart/{}?{query}", lines.join(","));
    (link.len() <= PERMALINK_BYTES_MAX).then_some(link)
}
