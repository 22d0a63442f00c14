//! Products, variants and inventory items.

mod create;
mod fields;
mod inventory;
mod variants;

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::Context;
use crate::store::{Fields, reference};

pub(super) use fields::{inventory_item_field, level_field, product_field, variant_field};
pub(super) use inventory::{adjust, available};

type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

pub(super) fn mutation(name: &str) -> Option<Mutation> {
    match name {
        "productCreate" => Some(create::create),
        "productUpdate" => Some(create::update),
        "productDelete" => Some(delete),
        "productVariantsBulkCreate" => Some(variants::create),
        "productVariantsBulkUpdate" => Some(variants::update),
        "productVariantsBulkDelete" => Some(variants::delete),
        "inventoryItemUpdate" => Some(inventory::update),
        "inventorySetQuantities" => Some(inventory::set_quantities),
        "collectionCreate" => Some(create::create_collection),
        _ => None,
    }
}

fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let gid = arguments["input"].text("id");
    if context.shop.records.remove_of("Product", gid, context.now) {
        return Ok(json!({ "deletedProductId": gid, "userErrors": [] }));
    }
    let error = user_error(&["id"], "Product does not exist", None);
    error_payload("deletedProductId", vec![error])
}

/// The product, or the refusal of a request about an unknown one.
fn existing(context: &Context<'_>, gid: &str) -> Result<Value, Value> {
    match context.shop.records.of("Product", gid) {
        Some(_) => Ok(reference(gid)),
        None => {
            let code = Some("PRODUCT_DOES_NOT_EXIST");
            Err(user_error(&["productId"], "Product does not exist", code))
        }
    }
}
