//! Draft orders.

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::money::{amount, bag, places};
use super::mutations::error_payload;
use super::orders::{self, NewLine, NewOrder, line_of_input};
use super::session::Context;
use super::{customers, metafields, tags};
use crate::store::{Decimal, Fields, Record, kind_of, reference, referenced, timestamp};

/// Most lines of a draft order.
const LINES_MAX: usize = 500;
const SUBJECT: &str = "draftOrder";

type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

pub(super) fn mutation(name: &str) -> Option<Mutation> {
    match name {
        "draftOrderCreate" => Some(create),
        "draftOrderComplete" => Some(complete),
        "draftOrderCreateFromOrder" => Some(create_from_order),
        "draftOrderDelete" => Some(delete),
        _ => None,
    }
}

/// What a discount takes off an amount.
fn discount(context: &Context<'_>, applied: &Value, whole: Decimal) -> Decimal {
    let value = applied.decimal("value").unwrap_or_default();
    let off = match applied.text("valueType") {
        "PERCENTAGE" => value.percent_of(whole, places(&context.shop.settings)),
        _ => value,
    };
    off.min(whole)
}

/// The `DraftOrderAppliedDiscount` of an input.
fn applied(context: &Context<'_>, input: &Value, off: Decimal) -> Value {
    if input.is_null() {
        return Value::Null;
    }
    let description = input.present("description").cloned().unwrap_or(json!(""));
    json!({ "title": input["title"], "description": description, "value": input["value"],
        "valueType": input["valueType"], "amountSet": bag(&context.shop.settings, off) })
}

fn problems(context: &Context<'_>, input: &Value) -> Option<Value> {
    let lines = input.list("lineItems");
    if lines.is_empty() {
        return Some(user_error(&[], "Add at least 1 product", None));
    }
    if lines.len() > LINES_MAX {
        return Some(user_error(&[], "Line items cannot be more than 500", None));
    }
    let terms = &input["paymentTerms"];
    if terms.is_object() && terms.present("paymentTermsTemplateId").is_none() {
        return Some(user_error(&[], "Payment terms template id can not be empty.", None));
    }
    if input.time("reserveInventoryUntil").is_some_and(|at| at <= context.now) {
        return Some(user_error(&[], "Reserve until can't be in the past", None));
    }
    let email = input.text("email");
    if !email.is_empty() && !customers::is_email(email) {
        return Some(user_error(&["email"], "Email is invalid", None));
    }
    None
}

fn unit_price(line: &Value) -> Option<Decimal> {
    let prices = ["priceOverride", "originalUnitPriceWithCurrency"];
    let given = prices.iter().find_map(|name| line[*name].decimal("amount"));
    given.or_else(|| {
        line.decimal("originalUnitPrice").filter(|_| line.present("variantId").is_none())
    })
}

fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["input"];
    if let Some(error) = problems(context, input) {
        return error_payload(SUBJECT, vec![error]);
    }
    let mut lines = Vec::new();
    for (index, given) in input.list("lineItems").iter().enumerate() {
        let mut line = match line_of_input(context.shop, given, unit_price(given)) {
            Ok(line) => line,
            Err((field, message)) => {
                let index = index.to_string();
                let path: Vec<&str> = match field {
                    Some(field) => vec!["lineItems", &index, field],
                    None => Vec::new(),
                };
                return error_payload(SUBJECT, vec![user_error(&path, &message, None)]);
            }
        };
        line.discount = discount(context, &given["appliedDiscount"], line.original());
        lines.push((line, given));
    }
    let whole: Decimal = lines.iter().map(|(line, _)| line.original() - line.discount).sum();
    let off = discount(context, &input["appliedDiscount"], whole);
    let mut fields = fields(context, input, off);
    let shipping = amount(&fields["shippingLine"], "originalPriceSet");
    set_totals(
        context,
        &mut fields,
        &lines.iter().map(|(line, _)| line.clone()).collect::<Vec<_>>(),
        (off, shipping),
    );
    let id = context.shop.create("DraftOrder", None, fields, context.now);
    for (line, given) in lines {
        let mut fields = draft_line(context, &line);
        fields["appliedDiscount"] = applied(context, &given["appliedDiscount"], line.discount);
        fields["priceOverride"] = given["priceOverride"].clone();
        context.shop.create("DraftOrderLineItem", Some(&id), fields, context.now);
    }
    metafields::attach(context, &id, input.list("metafields"));
    Ok(json!({ SUBJECT: reference(&id), "userErrors": [] }))
}

/// The fields of a line. A draft's line of a variant without SKU has an empty one.
fn draft_line(context: &Context<'_>, line: &NewLine) -> Value {
    let mut fields = line.fields(context.shop);
    if fields["sku"].is_null() {
        fields["sku"] = json!("");
    }
    fields["uuid"] = json!("");
    fields["components"] = json!([]);
    fields
}

/// The stored fields of a draft order, beside its totals.
fn fields(context: &mut Context<'_>, input: &Value, off: Decimal) -> Value {
    let customer =
        input["purchasingEntity"].present("customerId").or_else(|| input.present("customerId"));
    let customer = customer.and_then(Value::as_str).filter(|id| kind_of(id) == Some("Customer"));
    let mut fields = frame(context);
    for name in ["email", "phone", "taxExempt", "poNumber"] {
        if let Some(value) = input.present(name) {
            fields[name] = value.clone();
        }
    }
    fields["customer"] = json!(customer.map(reference));
    fields["note2"] = input["note"].clone();
    fields["tags"] = json!(tags::of_input(input));
    fields["customAttributes"] = json!(input.list("customAttributes"));
    fields["reserveInventoryUntil"] =
        input.time("reserveInventoryUntil").map_or(Value::Null, timestamp);
    fields["appliedDiscount"] = applied(context, &input["appliedDiscount"], off);
    for name in ["billingAddress", "shippingAddress"] {
        if let Some(address) = input.present(name) {
            fields[name] = customers::address(context.shop, address);
        }
    }
    let line = &input["shippingLine"];
    if line.is_object() {
        let price = line["priceWithCurrency"].decimal("amount").or_else(|| line.decimal("price"));
        let price = bag(&context.shop.settings, price.unwrap_or_default());
        fields["shippingLine"] = json!({ "title": line["title"], "code": "custom", "custom": true,
            "isRemoved": false, "originalPriceSet": price, "discountedPriceSet": price });
    }
    fields
}

/// What every draft order has.
fn frame(context: &mut Context<'_>) -> Value {
    let number = context.shop.next_number("DraftOrder", 1);
    let token = format!(
        "{:032x}",
        u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    );
    let settings = &context.shop.settings;
    json!({
        "name": format!("#D{number}"), "status": "OPEN", "ready": true, "email": null,
        "phone": null, "taxExempt": false, "taxesIncluded": false, "paymentTerms": null,
        "completedAt": null, "order": null, "visibleToCustomer": false, "discountCodes": [],
        "allVariantPricesOverridden": false, "anyVariantPricesOverridden": false,
        "invoiceUrl": format!("https://{}/{}/invoices/{token}", settings.domain, settings.shop_id),
        "currencyCode": settings.currency, "presentmentCurrencyCode": settings.currency,
        "tags": [], "customAttributes": [],
    })
}

fn set_totals(
    context: &Context<'_>,
    fields: &mut Value,
    lines: &[NewLine],
    (off, shipping): (Decimal, Decimal),
) {
    let settings = &context.shop.settings;
    let original: Decimal = lines.iter().map(NewLine::original).sum();
    let line_discounts: Decimal = lines.iter().map(|line| line.discount).sum();
    let subtotal = original - line_discounts - off;
    let sums = [
        ("subtotalPriceSet", subtotal),
        ("lineItemsSubtotalPrice", original - line_discounts),
        ("totalLineItemsPriceSet", original),
        ("totalDiscountsSet", line_discounts + off),
        ("totalShippingPriceSet", shipping),
        ("totalTaxSet", Decimal::ZERO),
        ("totalPriceSet", subtotal + shipping),
    ];
    for (name, sum) in sums {
        fields[name] = bag(settings, sum);
    }
    fields["totalQuantityOfLineItems"] = json!(lines.iter().map(|line| line.quantity).sum::<i64>());
}

/// The line that a line of a draft or of an order was made of.
fn of_record(record: &Record) -> NewLine {
    let line = &record.value;
    NewLine {
        title: line.text("title").to_owned(),
        variant: referenced(&line["variant"]).map(str::to_owned),
        sku: Some(line["sku"].clone()).filter(|sku| sku != "").unwrap_or(Value::Null),
        quantity: line["quantity"].as_i64().unwrap_or(1),
        unit_price: amount(line, "originalUnitPriceSet"),
        discount: amount(line, "totalDiscountSet"),
        requires_shipping: line.is_true("requiresShipping"),
        is_taxable: line.is_true("taxable"),
        attributes: line["customAttributes"].clone(),
    }
}

fn complete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments.text("id");
    let Some(draft) = context.shop.records.of("DraftOrder", id) else {
        return error_payload(
            SUBJECT,
            vec![user_error(&["id"], "Draft order does not exist", None)],
        );
    };
    let draft = std::sync::Arc::clone(&draft.value);
    if draft.text("status") == "COMPLETED" {
        return error_payload(SUBJECT, vec![user_error(&[], "This order has been paid", None)]);
    }
    let lines = context.shop.records.children(id, "DraftOrderLineItem").map(of_record).collect();
    let title = draft["appliedDiscount"].present("title");
    let fields = json!({
        "email": draft["email"], "phone": draft["phone"], "note": draft["note2"],
        "tags": draft["tags"], "customAttributes": draft["customAttributes"],
        "billingAddress": draft["billingAddress"], "shippingAddress": draft["shippingAddress"],
        "taxExempt": draft["taxExempt"], "discountCodes": title.into_iter().collect::<Vec<_>>(),
    });
    let new = NewOrder {
        fields,
        customer: referenced(&draft["customer"]).map(str::to_owned),
        lines,
        discount: amount(&draft["appliedDiscount"], "amountSet"),
        shipping: amount(&draft, "totalShippingPriceSet"),
        gateway: (!arguments.is_true("paymentPending")).then(|| "manual".to_owned()),
    };
    orders::take_stock(context, &new.lines);
    let order = orders::place(context, new);
    let at = timestamp(context.now);
    context.shop.records.update(id, context.now, |fields| {
        fields.insert("status".to_owned(), json!("COMPLETED"));
        fields.insert("completedAt".to_owned(), at);
        fields.insert("order".to_owned(), reference(&order));
    });
    Ok(json!({ SUBJECT: reference(id), "userErrors": [] }))
}

/// A draft with the lines of an order at their original prices, without discounts and shipping.
fn create_from_order(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let order = arguments.text("orderId");
    let Some(source) = context.shop.records.of("Order", order) else {
        return error_payload(
            SUBJECT,
            vec![user_error(&["orderId"], "Order does not exist", None)],
        );
    };
    let source = std::sync::Arc::clone(&source.value);
    let mut lines: Vec<NewLine> =
        context.shop.records.children(order, "LineItem").map(of_record).collect();
    for line in &mut lines {
        line.discount = Decimal::ZERO;
    }
    let mut fields = frame(context);
    for name in [
        "email",
        "phone",
        "tags",
        "customer",
        "billingAddress",
        "shippingAddress",
        "customAttributes",
    ] {
        fields[name] = source[name].clone();
    }
    fields["note2"] = source["note"].clone();
    set_totals(context, &mut fields, &lines, (Decimal::ZERO, Decimal::ZERO));
    let id = context.shop.create("DraftOrder", None, fields, context.now);
    for line in lines {
        let fields = draft_line(context, &line);
        context.shop.create("DraftOrderLineItem", Some(&id), fields, context.now);
    }
    Ok(json!({ SUBJECT: reference(&id), "userErrors": [] }))
}

fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments["input"].text("id");
    if context.shop.records.remove_of("DraftOrder", id, context.now) {
        return Ok(json!({ "deletedId": id, "userErrors": [] }));
    }
    error_payload("deletedId", vec![user_error(&["id"], "Draft order does not exist", None)])
}
