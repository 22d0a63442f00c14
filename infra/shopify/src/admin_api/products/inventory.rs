//! Inventory items and quantities.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::mutations::error_payload;
use super::super::session::Context;
use crate::store::{Decimal, Fields, Shop, reference, referenced};

/// Digits of a harmonized system code.
const HS_CODE_DIGITS: std::ops::RangeInclusive<usize> = 6..=13;
/// Fields of the input that are stored as they are.
const PLAIN: [&str; 6] = [
    "tracked",
    "requiresShipping",
    "countryCodeOfOrigin",
    "provinceCodeOfOrigin",
    "harmonizedSystemCode",
    "cost",
];

pub(super) fn update(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (id, input) = (arguments.text("id"), &arguments["input"]);
    if context.shop.records.of("InventoryItem", id).is_none() {
        let message = "The product couldn't be updated because it does not exist.";
        return error_payload("inventoryItem", vec![user_error(&["id"], message, None)]);
    }
    let errors = problems(input);
    if !errors.is_empty() {
        return error_payload("inventoryItem", errors);
    }
    context.shop.records.update(id, context.now, |fields| {
        for name in PLAIN {
            if let Some(value) = input.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(weight) = input["measurement"].present("weight") {
            fields.insert("measurement".to_owned(), json!({ "weight": weight }));
        }
    });
    let variant = context.shop.records.get(id).and_then(|item| item.parent.clone());
    if let (Some(sku), Some(variant)) = (input.present("sku"), variant) {
        context.shop.records.update(&variant, context.now, |fields| {
            fields.insert("sku".to_owned(), sku.clone());
        });
    }
    Ok(json!({ "inventoryItem": reference(id), "userErrors": [] }))
}

fn problems(input: &Value) -> Vec<Value> {
    let mut errors = Vec::new();
    if input.decimal("cost").is_some_and(Decimal::is_negative) {
        let message = "Cost must be greater than or equal to 0";
        errors.push(user_error(&["input", "cost"], message, None));
    }
    let weight = &input["measurement"]["weight"];
    if let Some(value) = weight.decimal("value").filter(|value| value.is_negative()) {
        let unit = match weight.text("unit") {
            "GRAMS" => "g",
            "POUNDS" => "lb",
            "OUNCES" => "oz",
            _ => "kg",
        };
        let value = value.to_string();
        let value = value.strip_suffix(".0").unwrap_or(&value);
        let message = format!("Measurement weight value {value} {unit} must be >= 0 {unit}");
        errors.push(user_error(&["input", "measurement", "weight"], &message, None));
    }
    if input.text("countryCodeOfOrigin") == "ZZ" {
        let path = ["input", "countryCodeOfOrigin"];
        errors.push(user_error(&path, "Country code of origin is invalid", None));
    }
    if let Some(code) = input.present("harmonizedSystemCode").and_then(Value::as_str) {
        let is_code =
            HS_CODE_DIGITS.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        if !is_code {
            let path = ["input", "harmonizedSystemCode"];
            let message = "Harmonized system code must be a number between six and thirteen digits";
            errors.push(user_error(&path, message, None));
        }
    }
    errors
}

/// Changes the quantity of a variant whose stock is counted.
pub(in super::super) fn adjust(context: &mut Context<'_>, variant: &str, delta: i64) {
    if available(context.shop, variant).is_some() {
        context.shop.records.update(variant, context.now, |fields| {
            let quantity = fields.get("inventoryQuantity").and_then(Value::as_i64).unwrap_or(0);
            fields.insert("inventoryQuantity".to_owned(), json!(quantity.saturating_add(delta)));
        });
    }
}

/// The quantity of a variant; none if its stock is not counted.
pub(in super::super) fn available(shop: &Shop, variant: &str) -> Option<i64> {
    let variant = shop.records.of("ProductVariant", variant)?;
    let item = shop.records.get(referenced(&variant.value["inventoryItem"])?)?;
    let quantity = variant.value["inventoryQuantity"].as_i64().unwrap_or(0);
    item.value.is_true("tracked").then_some(quantity)
}

/// Sets available quantities. One location is emulated: a quantity is the variant's.
pub(super) fn set_quantities(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    let quantities = arguments["input"].list("quantities");
    let variant_of = |context: &Context<'_>, row: &Value| {
        let item = context.shop.records.of("InventoryItem", row.text("inventoryItemId"));
        item.and_then(|item| item.parent.clone())
    };
    if let Some(index) = quantities.iter().position(|row| variant_of(context, row).is_none()) {
        let index = index.to_string();
        let path = ["input", "quantities", index.as_str(), "inventoryItemId"];
        let message = "The specified inventory item could not be found.";
        let error = user_error(&path, message, Some("INVALID_INVENTORY_ITEM"));
        return error_payload("inventoryAdjustmentGroup", vec![error]);
    }
    for row in quantities {
        let Some(variant) = variant_of(context, row) else { continue };
        context.shop.records.update(&variant, context.now, |fields| {
            fields.insert("inventoryQuantity".to_owned(), row["quantity"].clone());
        });
    }
    let reason = arguments["input"]["reason"].clone();
    let id = context.shop.mint("InventoryAdjustmentGroup");
    let group =
        json!({ "id": id, "reason": reason, "createdAt": crate::store::timestamp(context.now) });
    Ok(json!({ "inventoryAdjustmentGroup": group, "userErrors": [] }))
}
