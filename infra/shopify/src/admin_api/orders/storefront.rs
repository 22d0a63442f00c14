//! Orders of the storefront's checkout, which come as REST resources.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::schema;
use super::super::session::Context;
use super::super::version::Version;
use super::{NewLine, NewOrder, place, take_stock};
use crate::store::{Decimal, Fields, Shop, gid};

/// The gateway of the local checkout.
const GATEWAY: &str = "bogus";

/// Records an order that the storefront placed and that is paid. Its ids are the shop's next ones: the
/// order's, then its lines'.
pub fn place_paid_order(shop: &mut Shop, order: &Value, now: OffsetDateTime) {
    let Ok(schema) = schema::shared() else { return };
    let lines = order.list("line_items").iter().map(line).collect();
    let customer = order["customer"]["id"].as_u64().map(|id| gid("Customer", id));
    let codes = order.list("discount_codes").iter();
    let codes: Vec<Value> = codes.map(|code| code["code"].clone()).collect();
    let used: Vec<String> =
        codes.iter().filter_map(|code| Some(code.as_str()?.to_owned())).collect();
    let fields = json!({
        "email": order["email"], "note": order["note"], "sourceName": order["source_name"],
        "customAttributes": pairs(order, "note_attributes"), "discountCodes": codes,
        "taxesIncluded": order["taxes_included"],
        // No field of the schema: what webhooks of later changes are based on.
        "checkoutPayload": order,
    });
    let new = NewOrder {
        fields,
        customer,
        lines,
        discount: Decimal::ZERO,
        shipping: Decimal::ZERO,
        gateway: Some(GATEWAY.to_owned()),
    };
    let version = &Version::default();
    let mut context = Context { schema, shop, now, version, scopes: None };
    take_stock(&mut context, &new.lines);
    place(&mut context, new);
    for code in used {
        count_use(context.shop, &code, now);
    }
}

/// A code is used once more.
fn count_use(shop: &mut Shop, code: &str, now: OffsetDateTime) {
    let Some(gid) = shop.records.by_code(code).map(|record| record.gid.clone()) else { return };
    shop.records.update(&gid, now, |fields| {
        let used = fields.get("asyncUsageCount").and_then(Value::as_i64).unwrap_or_default();
        fields.insert("asyncUsageCount".to_owned(), json!(used + 1));
    });
}

fn line(line: &Value) -> NewLine {
    let amounts = line.list("discount_allocations").iter();
    let discount = amounts.filter_map(|one| one.decimal("amount")).sum();
    NewLine {
        title: line.text("title").to_owned(),
        variant: line["variant_id"].as_u64().map(|id| gid("ProductVariant", id)),
        sku: line["sku"].clone(),
        quantity: line["quantity"].as_i64().unwrap_or(1),
        unit_price: line.decimal("price").unwrap_or_default(),
        discount,
        requires_shipping: line.is_true("requires_shipping"),
        is_taxable: line.is_true("taxable"),
        attributes: pairs(line, "properties"),
    }
}

fn pairs(of: &Value, name: &str) -> Value {
    let pairs = of.list(name).iter();
    pairs.map(|pair| json!({ "key": pair["name"], "value": pair["value"] })).collect()
}
