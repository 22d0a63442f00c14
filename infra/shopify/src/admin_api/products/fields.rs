//! Computed fields of products, variants and inventory items.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::session::View;
use crate::store::{Decimal, Fields, gid, legacy_id, reference, referenced};

pub(in super::super) fn product_field(
    view: &View<'_>,
    product: &Value,
    name: &str,
) -> Option<Value> {
    let variants = || variants(view, product);
    let prices = |field: &str| -> Vec<Decimal> {
        variants().iter().filter_map(|variant| variant.decimal(field)).collect()
    };
    match name {
        "priceRangeV2" => {
            Some(range(view, &prices("price"), 1, ["minVariantPrice", "maxVariantPrice"]))
        }
        // The old field is in hundredths.
        "priceRange" => {
            Some(range(view, &prices("price"), 100, ["minVariantPrice", "maxVariantPrice"]))
        }
        "compareAtPriceRange" => {
            let prices = prices("compareAtPrice");
            let names = ["minVariantCompareAtPrice", "maxVariantCompareAtPrice"];
            Some(if prices.is_empty() { Value::Null } else { range(view, &prices, 1, names) })
        }
        "variantsCount" => Some(json!({ "count": variants().len(), "precision": "EXACT" })),
        "totalVariants" => Some(json!(variants().len())),
        "hasOnlyDefaultVariant" => {
            let variants = variants();
            Some(json!(variants.len() == 1 && variants[0].text("title") == "Default Title"))
        }
        "hasOutOfStockVariants" => Some(json!(variants().iter().any(|variant| {
            is_tracked(view, variant) && variant["inventoryQuantity"].as_i64().unwrap_or(0) <= 0
        }))),
        "tracksInventory" => {
            Some(json!(variants().iter().any(|variant| is_tracked(view, variant))))
        }
        "totalInventory" => {
            let variants = variants();
            let tracked = variants.iter().filter(|variant| is_tracked(view, variant));
            let quantities = tracked.filter_map(|variant| variant["inventoryQuantity"].as_i64());
            Some(json!(quantities.sum::<i64>()))
        }
        "options" => Some(options(product, &variants())),
        "onlineStoreUrl" => Some(match product["publishedAt"].is_null() {
            true => Value::Null,
            false => json!(format!(
                "https://{}/products/{}",
                view.shop.settings.domain,
                product.text("handle")
            )),
        }),
        _ => None,
    }
}

fn variants(view: &View<'_>, product: &Value) -> Vec<Arc<Value>> {
    let variants = view.shop.records.children(product.text("id"), "ProductVariant");
    variants.map(|record| Arc::clone(&record.value)).collect()
}

fn is_tracked(view: &View<'_>, variant: &Value) -> bool {
    let item = referenced(&variant["inventoryItem"]).unwrap_or_default();
    view.shop.records.value(item).is_true("tracked")
}

fn range(view: &View<'_>, prices: &[Decimal], times: i64, [low, high]: [&str; 2]) -> Value {
    let money = |amount: Option<Decimal>| {
        let amount = amount.unwrap_or_default().times(times).to_string();
        json!({ "amount": amount, "currencyCode": view.shop.settings.currency })
    };
    json!({ low: money(prices.iter().min().copied()), high: money(prices.iter().max().copied()) })
}

/// Options with the values that variants have.
fn options(product: &Value, variants: &[Arc<Value>]) -> Value {
    let mut options = product["options"].clone();
    for option in options.as_array_mut().into_iter().flatten() {
        let name = option.text("name").to_owned();
        let is_used = |value: &str| {
            variants
                .iter()
                .flat_map(|variant| variant.list("selectedOptions"))
                .any(|selected| selected.text("name") == name && selected.text("value") == value)
        };
        let mut used = Vec::new();
        for value in option["optionValues"].as_array_mut().into_iter().flatten() {
            let has_variants = is_used(value.text("name"));
            used.extend(has_variants.then(|| value["name"].clone()));
            value["hasVariants"] = json!(has_variants);
        }
        option["values"] = json!(used);
    }
    options
}

pub(in super::super) fn variant_field(
    view: &View<'_>,
    variant: &Value,
    name: &str,
) -> Option<Value> {
    let quantity = variant["inventoryQuantity"].as_i64().unwrap_or(0);
    match name {
        "availableForSale" => Some(json!(
            !is_tracked(view, variant) || quantity > 0 || variant["inventoryPolicy"] == "CONTINUE"
        )),
        "sellableOnlineQuantity" => Some(json!(quantity)),
        "displayName" => {
            let product = view.shop.records.value(referenced(&variant["product"])?);
            let title = variant.text("title");
            Some(json!(match title {
                "Default Title" => product.text("title").to_owned(),
                title => format!("{} - {title}", product.text("title")),
            }))
        }
        "showUnitPrice" | "requiresComponents" => Some(json!(false)),
        _ => None,
    }
}

/// The level of an item at the one location. All pieces are available: none is reserved.
fn level(view: &View<'_>, item: &Value) -> Option<Value> {
    let location = view.shop.records.of_kind("Location").next()?;
    let variant = view.shop.records.value(referenced(&item["variant"])?);
    let id = format!(
        "{}?inventory_item_id={}",
        gid("InventoryLevel", legacy_id(&location.gid)),
        legacy_id(item.text("id"))
    );
    Some(json!({ "id": id, "isActive": true, "location": reference(&location.gid),
        "item": reference(item.text("id")), "quantity": variant["inventoryQuantity"],
        "createdAt": item["createdAt"], "updatedAt": variant["updatedAt"] }))
}

pub(in super::super) fn level_field(level: &Value, name: &str, arguments: &Value) -> Option<Value> {
    let quantity = |name: &Value| {
        let is_counted = ["available", "on_hand"].contains(&name.as_str().unwrap_or_default());
        let quantity = if is_counted { level["quantity"].clone() } else { json!(0) };
        json!({ "id": format!("gid://shopify/InventoryQuantity/{}", legacy_id(level.text("id"))),
            "name": name, "quantity": quantity, "updatedAt": level["updatedAt"] })
    };
    (name == "quantities").then(|| arguments.list("names").iter().map(quantity).collect())
}

pub(in super::super) fn inventory_item_field(
    view: &View<'_>,
    item: &Value,
    name: &str,
) -> Option<Value> {
    match name {
        "unitCost" => Some(item.decimal("cost").map_or(Value::Null, |cost| {
            json!({ "amount": cost.to_string(), "currencyCode": view.shop.settings.currency })
        })),
        "inventoryLevels" => Some(json!([level(view, item)?])),
        "inventoryLevel" => level(view, item),
        "locationsCount" => Some(json!({ "count": 1, "precision": "EXACT" })),
        "duplicateSkuCount" => Some(json!(0)),
        "trackedEditable" => Some(json!({ "locked": false, "reason": null })),
        _ => None,
    }
}
