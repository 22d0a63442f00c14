//! The cart permalink: `/cart/{variant}:{quantity},…`.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::cart::Cart;
use super::commands;
use super::error::CartError;
use super::shop::Shop;

/// Most properties that a permalink carries, for its first line only.
const PROPERTIES_MAX: usize = 25;

/// The cart of a permalink, which replaces the present one.
pub(super) fn cart(
    token: &str,
    lines: &str,
    parameters: &Value,
    shop: &Shop<'_>,
) -> Result<Cart, CartError> {
    let mut items = Vec::new();
    for line in lines.split(',') {
        let (id, quantity) = line.split_once(':').ok_or_else(|| {
            CartError::not_found("The local storefront has no such page.".to_owned())
        })?;
        items.push(json!({ "id": id, "quantity": quantity }));
    }
    if let (Some(first), Some(text)) = (items.first_mut(), parameters.get("properties")) {
        first["properties"] = properties(text)?;
    }
    let empty = Cart { token: token.to_owned(), ..Cart::default() };
    // The last one comes first in a cart.
    items.reverse();
    let (mut cart, _) = commands::add(&empty, &json!({ "items": items }), shop)?;
    if let Some(note) = parameters.get("note").and_then(Value::as_str) {
        cart.note = Some(note.to_owned());
    }
    if let Some(attributes) = parameters.get("attributes") {
        commands::set_attributes(&mut cart.attributes, attributes)?;
    }
    if let Some(discount) = parameters.get("discount").and_then(Value::as_str) {
        cart.codes = commands::codes(discount)?;
    }
    Ok(cart)
}

/// A JSON object in URL-safe base64.
fn properties(text: &Value) -> Result<Value, CartError> {
    let text = text.as_str().unwrap_or_default();
    let bytes = URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok();
    let value: Option<Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let is_short = |value: &Value| value.as_object().is_some_and(|it| it.len() <= PROPERTIES_MAX);
    value.filter(is_short).ok_or_else(|| {
        CartError::bad_request(format!(
            "properties is not an object of up to {PROPERTIES_MAX} in URL-safe base64"
        ))
    })
}
