//! Rules about what a discount gives, to whom and for what.

use serde_json::Value;

use super::Kind;
use crate::store::{Decimal, Fields, Shop, legacy_id};

/// An error: path within the input, message, code.
pub(super) type Problem = (Vec<&'static str>, String, &'static str);

/// Minimum subtotals are below this.
const SUBTOTAL_LIMIT: i64 = 1_000_000_000_000_000_000;
/// Minimum quantities are below this.
const QUANTITY_LIMIT: i64 = 2_147_483_647;

pub(super) fn problems(input: &Value, kind: &Kind) -> Vec<Problem> {
    let mut problems = Vec::new();
    if input.present("context").is_some() && input.present("customerSelection").is_some() {
        let message = "Only one of context or customerSelection can be provided.".to_owned();
        problems.push((vec!["context"], message, "INVALID"));
    }
    problems.extend(values(input));
    if kind.type_name.ends_with("Bxgy") {
        problems.extend(bxgy_shapes(&input["customerGets"], kind));
    }
    problems.extend(requirement(&input["minimumRequirement"]));
    problems
}

/// Products, variants and collections that the shop does not have. They are looked up when nothing
/// else is wrong.
pub(super) fn unknown_references(shop: &Shop, input: &Value) -> Vec<Problem> {
    let sides = ["customerBuys", "customerGets"];
    sides.iter().flat_map(|side| references(shop, &input[*side]["items"], side)).collect()
}

/// Whether an input has more than one kind of value, which is no error of the payload.
pub(super) fn has_many_values(input: &Value) -> bool {
    let kinds = ["percentage", "discountOnQuantity", "discountAmount"];
    kinds.iter().filter(|kind| input["customerGets"]["value"].present(kind).is_some()).count() > 1
}

fn values(input: &Value) -> Vec<Problem> {
    let value = &input["customerGets"]["value"];
    let mut problems = Vec::new();
    let is_outside = |one: Decimal| one < Decimal::ZERO || one > Decimal::whole(1);
    if value.decimal("percentage").is_some_and(is_outside) {
        let path = vec!["customerGets", "value", "percentage"];
        problems.push((
            path,
            "Value must be between 0.0 and 1.0".to_owned(),
            "VALUE_OUTSIDE_RANGE",
        ));
    }
    // The amount is stored as a negative number, which shows in Shopify's message.
    if value["discountAmount"].decimal("amount").is_some_and(Decimal::is_negative) {
        let path = vec!["customerGets", "value", "discountAmount", "amount"];
        let message = "Value must be less than or equal to 0".to_owned();
        problems.push((path, message, "LESS_THAN_OR_EQUAL_TO"));
    }
    problems
}

fn bxgy_shapes(gets: &Value, kind: &Kind) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in ["percentage", "discountAmount"] {
        if gets["value"].present(name).is_some() {
            let message = "Only discountOnQuantity permitted with bxgy discounts.".to_owned();
            problems.push((vec!["customerGets", "value", name], message, "INVALID"));
        }
    }
    let is_without =
        gets["value"].is_object() && gets["value"].present("discountOnQuantity").is_none();
    if kind.is_code && is_without {
        let path = vec!["customerGets", "value", "discountOnQuantity", "quantity"];
        problems.push((path, "Quantity cannot be blank.".to_owned(), "BLANK"));
    }
    let name = if kind.is_code { "bxgy" } else { "automatic bxgy" };
    for field in ["appliesOnSubscription", "appliesOnOneTimePurchase"] {
        if gets.get(field).is_some() {
            let message = format!("This field is not supported by {name} discounts.");
            problems.push((vec!["customerGets", field], message, "INVALID"));
        }
    }
    problems
}

fn requirement(requirement: &Value) -> Vec<Problem> {
    let quantity = requirement["quantity"].present("greaterThanOrEqualToQuantity");
    let subtotal = requirement["subtotal"].present("greaterThanOrEqualToSubtotal");
    let quantity_path = vec!["minimumRequirement", "quantity", "greaterThanOrEqualToQuantity"];
    if quantity.is_some() && subtotal.is_some() {
        let subtotal_path = vec!["minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal"];
        let message = |one: &str, other: &str| {
            format!("Minimum {one} cannot be defined when minimum {other} is.")
        };
        return vec![
            (subtotal_path, message("subtotal", "quantity"), "CONFLICT"),
            (quantity_path, message("quantity", "subtotal"), "CONFLICT"),
        ];
    }
    if let Some(amount) = requirement["subtotal"].decimal("greaterThanOrEqualToSubtotal")
        && amount >= Decimal::whole(SUBTOTAL_LIMIT)
    {
        let path = vec!["minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal"];
        return vec![(
            path,
            format!("Minimum subtotal must be less than {SUBTOTAL_LIMIT}"),
            "LESS_THAN",
        )];
    }
    let quantity = quantity.map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
    let is_large = quantity
        .is_some_and(|text| text.parse::<i64>().is_ok_and(|quantity| quantity >= QUANTITY_LIMIT));
    let message = || format!("Minimum quantity must be less than {QUANTITY_LIMIT}");
    is_large.then(|| (quantity_path, message(), "LESS_THAN")).into_iter().collect()
}

fn references(shop: &Shop, items: &Value, side: &'static str) -> Vec<Problem> {
    let lists = [
        ("products", "productsToAdd", "Product", "Product"),
        ("products", "productVariantsToAdd", "ProductVariant", "Product variant"),
        ("collections", "add", "Collection", "Collection"),
    ];
    let mut problems = Vec::new();
    for (group, field, kind, name) in lists {
        for id in items[group].list(field).iter().filter_map(Value::as_str) {
            if shop.records.of(kind, id).is_none() {
                let message = format!("{name} with id: {} is invalid", legacy_id(id));
                problems.push((vec![side, "items", group, field], message, "INVALID"));
            }
        }
    }
    problems
}
