//! Fields that are computed from other records.

use serde_json::{Value, json};

use super::failure::Failure;
use super::resolver::Object;
use super::session::View;
use super::{
    customers, discounts, functions, metafields, orders, products, store_credit, webhooks,
};
use crate::store::{Fields, kind_of, legacy_id, reference};

/// The value of a computed field, or nothing if the field is stored.
pub(super) fn field(
    view: &View<'_>,
    object: &Object<'_, '_>,
    name: &str,
    arguments: &Value,
) -> Result<Option<Value>, Failure> {
    let owner = object.owner.as_deref().unwrap_or_default();
    let value = &object.value;
    let is_record = value.text("id") == owner;
    match name {
        "legacyResourceId" => return Ok(Some(json!(legacy_id(value.text("id"))))),
        "defaultCursor" => return Ok(Some(json!(legacy_id(value.text("id"))))),
        "metafield" if is_record => return Ok(Some(metafields::one(view, owner, arguments))),
        "hasTimelineComment" => return Ok(Some(json!(false))),
        _ => {}
    }
    Ok(match object.type_name.as_str() {
        "Product" => products::product_field(view, value, name),
        "ProductVariant" => products::variant_field(view, value, name),
        "InventoryItem" => products::inventory_item_field(view, value, name),
        "InventoryLevel" => products::level_field(value, name, arguments),
        "Customer" => customers::field(view, value, name),
        "DiscountNode" if name == "discount" => discounts::of_node(value),
        "DiscountCodeBasic" | "DiscountCodeBxgy" | "DiscountCodeFreeShipping" => {
            discounts::field(view, owner, value, name)
        }
        "DiscountAutomaticBasic" | "DiscountAutomaticBxgy" | "DiscountAutomaticFreeShipping" => {
            discounts::field(view, owner, value, name)
        }
        "DiscountRedeemCodeBulkCreation" if name == "discountCode" => parent(view, owner),
        "StoreCreditAccount"
        | "StoreCreditAccountCreditTransaction"
        | "StoreCreditAccountDebitTransaction" => store_credit::field(view, owner, name),
        "Metafield" => metafields::field(view, owner, value, name),
        "Order" => orders::field(view, value, name),
        "LineItem" | "Refund" | "OrderTransaction" | "RefundLineItem" if name == "order" => {
            parent(view, owner)
        }
        "WebhookSubscription" => webhooks::field(view, value, name),
        "ShopifyFunction" => functions::field(view, value, name),
        "Job" if name == "query" => Some(Value::Null),
        _ => None,
    })
}

/// The record that a record belongs to.
pub(super) fn parent(view: &View<'_>, gid: &str) -> Option<Value> {
    let parent = view.shop.records.get(gid)?.parent.as_deref()?;
    kind_of(parent).map(|_| reference(parent))
}
