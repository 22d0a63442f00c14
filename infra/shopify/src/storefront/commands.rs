//! `add.js`, `update.js`, `change.js` and `clear.js`: a cart and a body in, the changed cart out.
//! An error changes nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cart::{CART_BYTES_MAX, CODES_MAX, Cart, LINES_MAX, Line};
use super::error::CartError;
use super::fields::{bounded, bounded_text, check_pairs, count, elements, number, pairs, text};
use super::pricing::Pricing;
use super::shop::{Shop, Variant};
use super::view::key_of;

/// A line that was added, by variant and properties.
pub(super) type Added = (u64, BTreeMap<String, String>);

/// Adds items. The answer names the lines; whether they came as `items` decides its shape.
pub(super) fn add(
    cart: &Cart,
    body: &Value,
    shop: &Shop<'_>,
) -> Result<(Cart, Vec<Added>), CartError> {
    let mut cart = cart.clone();
    let mut added = Vec::new();
    let items = body.get("items").map(elements);
    let is_batch = items.is_some();
    for item in items.unwrap_or_else(|| vec![body]) {
        added.push(add_one(&mut cart, item, is_batch, shop)?);
    }
    if added.is_empty() {
        return Err(CartError::bad_request(
            "Required parameter missing or invalid: items".to_owned(),
        ));
    }
    check_size(&cart)?;
    Ok((cart, added))
}

/// A cart of properties of the greatest length would not fit among those of others.
fn check_size(cart: &Cart) -> Result<(), CartError> {
    if cart.bytes() > CART_BYTES_MAX {
        let description = format!("The cart has more than {CART_BYTES_MAX} bytes of text.");
        return Err(CartError::unprocessable(description));
    }
    Ok(())
}

fn add_one(
    cart: &mut Cart,
    item: &Value,
    is_batch: bool,
    shop: &Shop<'_>,
) -> Result<Added, CartError> {
    reject_plans(item)?;
    let id = item.get("id").and_then(number).ok_or_else(|| {
        CartError::bad_request("Required parameter missing or invalid: id".to_owned())
    })?;
    let variant = shop.catalogue.variant(id);
    let variant = variant.ok_or_else(|| CartError::not_found("Cannot find variant".to_owned()))?;
    let quantity = match item.get("quantity") {
        None | Some(Value::Null) => 1,
        Some(quantity) => count(quantity)?,
    };
    if quantity == 0 {
        let description = "The quantity must be greater than zero.".to_owned();
        return Err(CartError::unprocessable(description));
    }
    let properties = item.get("properties").map(pairs).transpose()?.unwrap_or_default();
    let present = cart.count_of(id);
    // Recorded on real shops: a single item outside of `items` may exceed the stock, unless that is
    // zero; the checkout corrects it.
    let is_checked = is_batch || variant.stock == Some(0);
    if is_checked {
        check_stock(&variant, present, present.saturating_add(quantity))?;
    }
    let position = cart.position(id, &properties);
    let position = match position {
        Some(position) => position,
        None if cart.lines.len() == LINES_MAX => {
            let description = format!("The cart has {LINES_MAX} lines, which is the maximum.");
            return Err(CartError::unprocessable(description));
        }
        None => {
            let line = Line { variant_id: id, quantity: 0, properties: properties.clone() };
            cart.lines.insert(0, line);
            0
        }
    };
    let line = &mut cart.lines[position];
    line.quantity = bounded(line.quantity.saturating_add(quantity))?;
    check_rule(&variant, line.quantity)?;
    Ok((id, properties))
}

/// Sets quantities, the note, attributes and codes.
pub(super) fn update(
    cart: &Cart,
    pricing: &Pricing,
    body: &Value,
    shop: &Shop<'_>,
) -> Result<Cart, CartError> {
    let mut next = cart.clone();
    match body.get("updates") {
        Some(Value::Array(quantities)) => {
            for (position, quantity) in quantities.iter().enumerate().take(cart.lines.len()) {
                set_quantity(&mut next, position, count(quantity)?, shop)?;
            }
        }
        Some(Value::Object(updates)) => {
            let keys = Keys::of(pricing);
            for (id, quantity) in updates {
                let quantity = count(quantity)?;
                match keys.find(&next, id) {
                    Some(position) => set_quantity(&mut next, position, quantity, shop)?,
                    None if quantity > 0 => add_absent(&mut next, id, quantity, shop)?,
                    None => {}
                }
            }
        }
        Some(_) => {
            return Err(CartError::bad_request("updates is neither list nor object".to_owned()));
        }
        None => {}
    }
    next.lines.retain(|line| line.quantity > 0);
    if let Some(note) = body.get("note") {
        next.note = if note.is_null() { None } else { Some(text(note)?) };
    }
    if let Some(attributes) = body.get("attributes") {
        set_attributes(&mut next.attributes, attributes)?;
    }
    if let Some(discount) = body.get("discount") {
        next.codes = codes(&text(discount)?)?;
    }
    check_size(&next)?;
    Ok(next)
}

/// `updates` adds a variant that is not in the cart, even if it names the key of a line.
fn add_absent(cart: &mut Cart, id: &str, quantity: u32, shop: &Shop<'_>) -> Result<(), CartError> {
    let item = serde_json::json!({ "id": id, "quantity": quantity });
    add_one(cart, &item, true, shop).map(|_| ())
}

/// Changes one line: its quantity, its properties or both.
pub(super) fn change(
    cart: &Cart,
    pricing: &Pricing,
    body: &Value,
    shop: &Shop<'_>,
) -> Result<Cart, CartError> {
    reject_plans(body)?;
    let mut next = cart.clone();
    let by_number = body.get("line").and_then(number).and_then(|line| {
        let line = usize::try_from(line).ok()?.checked_sub(1)?;
        (line < cart.lines.len()).then_some(line)
    });
    let by_id = || Keys::of(pricing).find(cart, &text(body.get("id")?).ok()?);
    let position = by_number.or_else(by_id);
    let position = position
        .ok_or_else(|| CartError::bad_request("no valid id or line parameter".to_owned()))?;
    if let Some(quantity) = body.get("quantity") {
        set_quantity(&mut next, position, count(quantity)?, shop)?;
    }
    if let Some(properties) = body.get("properties") {
        let properties = pairs(properties)?;
        let variant_id = next.lines[position].variant_id;
        // A line that has become equal to another one is merged with it.
        match next.position(variant_id, &properties).filter(|other| *other != position) {
            Some(other) => {
                let quantity = next.lines[position].quantity;
                next.lines[other].quantity =
                    bounded(next.lines[other].quantity.saturating_add(quantity))?;
                next.lines[position].quantity = 0;
            }
            None => next.lines[position].properties = properties,
        }
    }
    next.lines.retain(|line| line.quantity > 0);
    check_size(&next)?;
    Ok(next)
}

/// Removes the lines. The note, attributes and codes stay.
pub(super) fn clear(cart: &Cart) -> Cart {
    Cart { lines: Vec::new(), ..cart.clone() }
}

/// Codes, separated by commas; they replace the earlier ones.
pub(super) fn codes(text: &str) -> Result<Vec<String>, CartError> {
    let codes: Vec<String> = text
        .split(',')
        .map(|code| code.trim().to_owned())
        .filter(|code| !code.is_empty())
        .collect();
    if codes.len() > CODES_MAX {
        let description = format!("A cart takes {CODES_MAX} discount codes at most.");
        return Err(CartError::unprocessable(description));
    }
    Ok(codes)
}

/// Sets attributes; an empty or null value removes one.
pub(super) fn set_attributes(
    attributes: &mut BTreeMap<String, String>,
    changes: &Value,
) -> Result<(), CartError> {
    let changes = changes
        .as_object()
        .ok_or_else(|| CartError::bad_request("attributes is not an object".to_owned()))?;
    for (name, value) in changes {
        let value = if value.is_null() { String::new() } else { text(value)? };
        if value.is_empty() {
            attributes.remove(name);
        } else {
            attributes.insert(bounded_text(name)?, value);
        }
    }
    check_pairs(attributes)
}

fn set_quantity(
    cart: &mut Cart,
    position: usize,
    quantity: u32,
    shop: &Shop<'_>,
) -> Result<(), CartError> {
    let line = &cart.lines[position];
    let (variant_id, earlier) = (line.variant_id, line.quantity);
    if quantity > earlier {
        let variant = shop.catalogue.variant(variant_id);
        let variant =
            variant.ok_or_else(|| CartError::not_found("Cannot find variant".to_owned()))?;
        let present = cart.count_of(variant_id);
        check_stock(&variant, present, present.saturating_add(quantity - earlier))?;
        check_rule(&variant, quantity)?;
    } else if let Some(variant) = shop.catalogue.variant(variant_id) {
        check_rule(&variant, quantity)?;
    }
    cart.lines[position].quantity = bounded(quantity)?;
    Ok(())
}

/// The lines of a cart by their keys, which are digests: computed once for a request.
struct Keys<'p>(BTreeMap<String, &'p Line>);

impl<'p> Keys<'p> {
    fn of(pricing: &'p Pricing) -> Self {
        Self(pricing.lines.iter().map(|line| (key_of(line, pricing), &line.line)).collect())
    }

    /// The place of a line by its key, or of the first one of a variant.
    fn find(&self, cart: &Cart, id: &str) -> Option<usize> {
        if let Some(line) = self.0.get(id) {
            return cart.position(line.variant_id, &line.properties);
        }
        let variant_id: u64 = id.parse().ok()?;
        cart.lines.iter().position(|line| line.variant_id == variant_id)
    }
}

fn check_stock(variant: &Variant, present: u32, requested: u32) -> Result<(), CartError> {
    let Some(stock) = variant.stock.filter(|stock| requested > *stock) else { return Ok(()) };
    Err(CartError::unprocessable(match (stock, present) {
        (0, _) => format!("The product '{}' is already sold out.", variant.full_title()),
        (stock, present) if present >= stock => {
            "The maximum quantity of this item is already in your cart.".to_owned()
        }
        (stock, present) => format!("Only {} items were added to your cart.", stock - present),
    }))
}

fn check_rule(variant: &Variant, quantity: u32) -> Result<(), CartError> {
    match variant.quantity_rule.problem(quantity) {
        Some(problem) => Err(CartError::unprocessable(problem)),
        None => Ok(()),
    }
}

fn reject_plans(item: &Value) -> Result<(), CartError> {
    let is_set = |name: &str| {
        item.get(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    };
    if ["selling_plan", "parent_id", "parent_line_key"].into_iter().any(is_set) {
        return Err(CartError::not_emulated(
            "The local Shopify has no selling plans and no nested lines.",
        ));
    }
    Ok(())
}
