//! Edits of orders: begun, changed in a calculated order, committed.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::money::bag;
use super::super::mutations::error_payload;
use super::super::session::Context;
use super::lines::{NewLine, add_line, line_of_input};
use crate::store::{Decimal, Fields, gid, legacy_id, reference, referenced};

const SUBJECT: &str = "calculatedOrder";

pub(super) fn begin(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let order = arguments.text("id");
    if context.shop.records.of("Order", order).is_none() {
        return error_payload(
            SUBJECT,
            vec![user_error(&["id"], "The order does not exist.", None)],
        );
    }
    if !context.shop.records.value(order)["cancelledAt"].is_null() {
        return error_payload(
            SUBJECT,
            vec![user_error(&["id"], "The order cannot be edited.", None)],
        );
    }
    let lines: Vec<Value> = context
        .shop
        .records
        .children(order, "LineItem")
        .map(|line| {
            let mut calculated = line.value.as_ref().clone();
            calculated["id"] = json!(gid("CalculatedLineItem", legacy_id(&line.gid)));
            calculated["source"] = json!(line.gid);
            calculated["quantity"] = line.value["currentQuantity"].clone();
            // No field of the schema: what the webhook of the edit says has changed.
            calculated["quantityBefore"] = line.value["currentQuantity"].clone();
            calculated["editableQuantity"] = line.value["currentQuantity"].clone();
            calculated["stagedChanges"] = json!([]);
            calculated
        })
        .collect();
    let fields = json!({ "originalOrder": reference(order), "committed": false, "lineItems": lines,
        "notificationPreviewTitle": "Your order was updated" });
    let id = context.shop.create("CalculatedOrder", None, fields, context.now);
    Ok(json!({ SUBJECT: reference(&id), "userErrors": [] }))
}

/// The calculated order of a request that is not committed.
fn open(context: &Context<'_>, arguments: &Value) -> Option<(String, Value)> {
    let id = arguments.text("id");
    let edit = context.shop.records.of("CalculatedOrder", id)?;
    (!edit.value.is_true("committed")).then(|| (id.to_owned(), edit.value.as_ref().clone()))
}

fn closed() -> Result<Value, Failure> {
    error_payload(SUBJECT, vec![user_error(&["id"], "The calculated order does not exist.", None)])
}

fn save(context: &mut Context<'_>, id: &str, edit: &Value, line: Option<&Value>) -> Value {
    context.shop.records.update(id, context.now, |fields| {
        fields.insert("lineItems".to_owned(), edit["lineItems"].clone());
        fields.insert("committed".to_owned(), edit["committed"].clone());
    });
    json!({ SUBJECT: reference(id), "calculatedLineItem": line, "userErrors": [] })
}

pub(super) fn set_quantity(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let Some((id, mut edit)) = open(context, arguments) else { return closed() };
    let quantity = arguments["quantity"].as_i64().unwrap_or(0);
    let line_id = legacy_id(arguments.text("lineItemId")).to_owned();
    let mut lines = edit["lineItems"].as_array_mut().into_iter().flatten();
    let line = lines.find(|line| legacy_id(line.text("id")) == line_id);
    let Some(line) = line.filter(|_| quantity >= 0) else {
        let error = user_error(&["lineItemId"], "The line item does not exist.", None);
        return error_payload(SUBJECT, vec![error]);
    };
    line["quantity"] = json!(quantity);
    line["editableQuantity"] = json!(quantity);
    let line = line.clone();
    Ok(save(context, &id, &edit, Some(&line)))
}

fn add(
    context: &mut Context<'_>,
    arguments: &Value,
    input: &Value,
    price: Option<Decimal>,
) -> Result<Value, Failure> {
    let Some((id, mut edit)) = open(context, arguments) else { return closed() };
    let line = match line_of_input(context.shop, input, price) {
        Ok(line) => line,
        Err((field, message)) => {
            let path = field.unwrap_or("variantId");
            return error_payload(SUBJECT, vec![user_error(&[path], &message, None)]);
        }
    };
    let mut calculated = line.fields(context.shop);
    calculated["id"] = json!(context.shop.mint("CalculatedLineItem"));
    calculated["editableQuantity"] = calculated["quantity"].clone();
    calculated["stagedChanges"] = json!([]);
    if let Some(lines) = edit["lineItems"].as_array_mut() {
        lines.push(calculated.clone());
    }
    Ok(save(context, &id, &edit, Some(&calculated)))
}

pub(super) fn add_variant(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    add(context, arguments, arguments, None)
}

pub(super) fn add_custom_item(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    let price = arguments["price"].decimal("amount");
    add(context, arguments, arguments, price)
}

pub(super) fn commit(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let Some((id, mut edit)) = open(context, arguments) else {
        return error_payload(
            "order",
            vec![user_error(&["id"], "The calculated order does not exist.", None)],
        );
    };
    let order = referenced(&edit["originalOrder"]).unwrap_or_default().to_owned();
    for line in edit["lineItems"].as_array_mut().into_iter().flatten() {
        match line.present("source").and_then(Value::as_str) {
            Some(source) => set_current(context, source, line),
            None => {
                let new = of_calculated(line);
                line["source"] = json!(add_line(context, &order, &new, Decimal::ZERO));
            }
        }
    }
    edit["committed"] = json!(true);
    save(context, &id, &edit, None);
    context.shop.records.update(&order, context.now, |fields| {
        fields.insert("edited".to_owned(), json!(true));
    });
    Ok(
        json!({ "order": reference(&order), "successMessages": ["Order updated"], "userErrors": [] }),
    )
}

/// Gives a line the quantity of its calculated line.
fn set_current(context: &mut Context<'_>, source: &str, calculated: &Value) {
    let line = context.shop.records.value(source);
    let (sold, quantity) =
        (line["quantity"].as_i64().unwrap_or(0), calculated["quantity"].as_i64().unwrap_or(0));
    if line["currentQuantity"] == calculated["quantity"] {
        return;
    }
    // More pieces cost the unit price; discounts stay with the pieces that were sold.
    let added = (quantity - sold).max(0);
    let price = super::super::money::amount(&line, "originalUnitPriceSet");
    let after =
        super::super::money::amount(&line, "priceAfterAllDiscountsSet") + price.times(added);
    let after = bag(&context.shop.settings, after);
    context.shop.records.update(source, context.now, |fields| {
        fields.insert("quantity".to_owned(), json!(sold + added));
        fields.insert("priceAfterAllDiscountsSet".to_owned(), after);
        for name in ["currentQuantity", "refundableQuantity", "unfulfilledQuantity"] {
            fields.insert(name.to_owned(), json!(quantity));
        }
    });
}

fn of_calculated(line: &Value) -> NewLine {
    NewLine {
        title: line.text("title").to_owned(),
        variant: referenced(&line["variant"]).map(str::to_owned),
        sku: line["sku"].clone(),
        quantity: line["quantity"].as_i64().unwrap_or(1),
        unit_price: super::super::money::amount(line, "originalUnitPriceSet"),
        discount: Decimal::ZERO,
        requires_shipping: line.is_true("requiresShipping"),
        is_taxable: line.is_true("taxable"),
        attributes: line["customAttributes"].clone(),
    }
}
