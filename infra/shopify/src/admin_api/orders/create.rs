//! Places orders.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::money::{amount, bag};
use super::super::mutations::error_payload;
use super::super::session::Context;
use super::super::{customers, metafields, products, tags};
use super::lines::{NewLine, add_line, line_of_input, spread, take_stock};
use crate::store::{Decimal, Fields, Settings, reference, timestamp};

/// Most lines of an order.
const LINES_MAX: usize = 500;
/// Number of the first order.
const FIRST_NUMBER: u64 = 1_001;
/// The gateway of payments that a person records.
const MANUAL: &str = "manual";
/// Fields of the input that are stored as they are.
const PLAIN: [&str; 7] =
    ["email", "phone", "note", "poNumber", "sourceName", "sourceIdentifier", "test"];

/// An order that will be placed.
pub(in super::super) struct NewOrder {
    /// Fields that are stored as they are.
    pub(in super::super) fields: Value,
    pub(in super::super) customer: Option<String>,
    pub(in super::super) lines: Vec<NewLine>,
    /// What the order is cheaper by, beside the discounts of its lines.
    pub(in super::super) discount: Decimal,
    pub(in super::super) shipping: Decimal,
    /// The gateway that was paid through; nothing if payment is pending.
    pub(in super::super) gateway: Option<String>,
}

/// Places an order and returns its id.
pub(in super::super) fn place(context: &mut Context<'_>, new: NewOrder) -> String {
    let shares = spread(&context.shop.settings, &new.lines, new.discount);
    let number = context.shop.next_number("Order", FIRST_NUMBER);
    let settings = &context.shop.settings;
    let mut order = json!({
        "name": format!("#{number}"),
        "number": number,
        "processedAt": timestamp(context.now),
        "email": null, "phone": null, "note": null, "tags": [], "customAttributes": [],
        "test": false, "confirmed": true, "edited": false, "closed": false, "closedAt": null,
        "cancelledAt": null, "cancelReason": null, "taxesIncluded": false, "taxExempt": false,
        "dutiesIncluded": false, "estimatedTaxes": false, "discountCodes": [],
        "currencyCode": settings.currency, "presentmentCurrencyCode": settings.currency,
        "displayFulfillmentStatus": "UNFULFILLED", "returnStatus": "NO_RETURN",
        "requiresShipping": new.lines.iter().any(|line| line.requires_shipping),
        "paymentGatewayNames": new.gateway.iter().collect::<Vec<_>>(),
        "sourceName": settings.app_id.to_string(),
        "customer": new.customer.as_deref().map(reference),
        "totalShippingPriceSet": bag(settings, new.shipping),
        "totalTaxSet": bag(settings, Decimal::ZERO),
        "totalTipReceivedSet": bag(settings, Decimal::ZERO),
        "orderDiscountSet": bag(settings, shares.iter().copied().sum()),
    });
    if let (Some(order), Value::Object(fields)) = (order.as_object_mut(), new.fields) {
        order.extend(fields);
    }
    let id = context.shop.create("Order", new.customer.as_deref(), order, context.now);
    let mut total = new.shipping;
    for (line, share) in std::iter::zip(&new.lines, shares) {
        add_line(context, &id, line, share);
        total = total + line.original() - line.discount - share;
    }
    if let Some(gateway) = &new.gateway {
        add_transaction(context, &id, NewTransaction::succeeded("SALE", gateway, total));
    }
    id
}

/// A transaction of an order.
pub(super) struct NewTransaction<'t> {
    kind: &'t str,
    status: &'t str,
    gateway: &'t str,
    amount: Decimal,
}

impl<'t> NewTransaction<'t> {
    pub(super) fn succeeded(kind: &'t str, gateway: &'t str, amount: Decimal) -> Self {
        Self { kind, status: "SUCCESS", gateway, amount }
    }

    /// That of an input; a sale that succeeded unless it says otherwise.
    fn of_input(input: &'t Value) -> Self {
        let text = |name: &str, other: &'static str| {
            input.present(name).and_then(Value::as_str).unwrap_or(other)
        };
        Self {
            kind: text("kind", "SALE"),
            status: text("status", "SUCCESS"),
            gateway: text("gateway", MANUAL),
            amount: amount(input, "amountSet"),
        }
    }
}

pub(super) fn add_transaction(
    context: &mut Context<'_>,
    order: &str,
    new: NewTransaction<'_>,
) -> String {
    let NewTransaction { kind, status, gateway, amount } = new;
    let transaction = json!({
        "kind": kind, "status": status, "gateway": gateway, "test": false,
        "formattedGateway": gateway, "manualPaymentGateway": gateway == MANUAL,
        "manuallyCapturable": false, "multiCapturable": false,
        "amountSet": bag(&context.shop.settings, amount),
        "processedAt": timestamp(context.now),
        "order": reference(order),
    });
    context.shop.create("OrderTransaction", Some(order), transaction, context.now)
}

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["order"];
    let inputs = input.list("lineItems");
    let error = |path: &[&str], message: &str| user_error(path, message, Some("INVALID"));
    if inputs.is_empty() || inputs.len() > LINES_MAX {
        let message = "Line items must have at least one and at most 500 line items";
        return error_payload("order", vec![error(&["order", "lineItems"], message)]);
    }
    let mut lines = Vec::new();
    for (index, line) in inputs.iter().enumerate() {
        let unit_price = line["priceSet"]["shopMoney"].decimal("amount");
        match line_of_input(context.shop, line, unit_price) {
            Ok(line) => lines.push(line),
            Err((field, message)) => {
                let index = index.to_string();
                let path = ["order", "lineItems", index.as_str(), field.unwrap_or("variantId")];
                return error_payload("order", vec![error(&path, &message)]);
            }
        }
    }
    let customer = match customer(context, input) {
        Ok(customer) => customer,
        Err(message) => {
            return error_payload("order", vec![error(&["order", "customer"], &message)]);
        }
    };
    let shipping = input
        .list("shippingLines")
        .iter()
        .map(|line| line["priceSet"]["shopMoney"].decimal("amount").unwrap_or_default());
    let shipping: Decimal = shipping.sum();
    let whole: Decimal = lines.iter().map(NewLine::original).sum();
    let (code, discount) = discount(&input["discountCode"], whole, &context.shop.settings);
    let fields = fields(context, input, code);
    let behaviour = arguments["options"].text("inventoryBehaviour");
    if behaviour == "DECREMENT_OBEYING_POLICY" && lines.iter().any(|line| is_short(context, line)) {
        let path = ["order", "lineItems"];
        let code = Some("INVENTORY_CLAIM_FAILED");
        return error_payload(
            "order",
            vec![user_error(&path, "Unable to reserve inventory", code)],
        );
    }
    if behaviour.starts_with("DECREMENT_") {
        take_stock(context, &lines);
    }
    // Transactions say what was paid; without any the status does.
    let transactions = input.list("transactions");
    let is_paid = transactions.is_empty() && input.text("financialStatus") == "PAID";
    let gateway = is_paid.then(|| MANUAL.to_owned());
    let id = place(context, NewOrder { fields, customer, lines, discount, shipping, gateway });
    for transaction in transactions {
        add_transaction(context, &id, NewTransaction::of_input(transaction));
    }
    metafields::attach(context, &id, input.list("metafields"));
    Ok(json!({ "order": reference(&id), "userErrors": [] }))
}

/// Whether there is too little of a line's variant, which may not be oversold.
fn is_short(context: &Context<'_>, line: &NewLine) -> bool {
    let Some(variant) = &line.variant else { return false };
    let is_strict = context.shop.records.value(variant).text("inventoryPolicy") != "CONTINUE";
    let available = products::available(context.shop, variant);
    is_strict && available.is_some_and(|available| available < line.quantity)
}

fn fields(context: &mut Context<'_>, input: &Value, code: Option<String>) -> Value {
    let mut fields =
        json!({ "tags": tags::of_input(input), "discountCodes": code.iter().collect::<Vec<_>>() });
    for name in PLAIN {
        if let Some(value) = input.present(name) {
            fields[name] = value.clone();
        }
    }
    if let Some(at) = input.time("processedAt") {
        fields["processedAt"] = timestamp(at);
    }
    for name in ["billingAddress", "shippingAddress"] {
        if let Some(address) = input.present(name) {
            fields[name] = customers::address(context.shop, address);
        }
    }
    fields["customAttributes"] = json!(input.list("customAttributes"));
    let gateways =
        input.list("transactions").iter().map(|one| NewTransaction::of_input(one).gateway);
    let gateways: Vec<&str> = gateways.collect();
    if !gateways.is_empty() {
        fields["paymentGatewayNames"] = json!(gateways);
    }
    fields
}

/// The customer of an order, who may be new.
fn customer(context: &mut Context<'_>, input: &Value) -> Result<Option<String>, String> {
    let given = &input["customer"];
    let id = given["toAssociate"].present("id").or_else(|| input.present("customerId"));
    if let Some(id) = id.and_then(Value::as_str) {
        let known = context.shop.records.of("Customer", id);
        let known = known.ok_or_else(|| "Customer does not exist".to_owned())?;
        return Ok(Some(known.gid.clone()));
    }
    let Some(new) = given.present("toUpsert") else { return Ok(None) };
    let email = new.text("email");
    let known = {
        let mut customers = context.shop.records.of_kind("Customer");
        let known = customers.find(|one| !email.is_empty() && one.value.text("email") == email);
        known.map(|customer| customer.gid.clone())
    };
    if known.is_some() {
        return Ok(known);
    }
    let payload =
        customers::create(context, &json!({ "input": new })).map_err(|failure| failure.message)?;
    let created = crate::store::referenced(&payload["customer"]).map(str::to_owned);
    created.map(Some).ok_or_else(|| payload["userErrors"][0].text("message").to_owned())
}

/// Code and amount of a discount of the whole order.
fn discount(input: &Value, whole: Decimal, settings: &Settings) -> (Option<String>, Decimal) {
    let places = super::super::money::places(settings);
    let ways = ["itemFixedDiscountCode", "itemPercentageDiscountCode", "freeShippingDiscountCode"];
    let Some((way, given)) = ways.iter().find_map(|way| Some((*way, input.present(way)?))) else {
        return (None, Decimal::ZERO);
    };
    let amount = match way {
        "itemFixedDiscountCode" => {
            given["amountSet"]["shopMoney"].decimal("amount").unwrap_or_default()
        }
        "itemPercentageDiscountCode" => {
            given.decimal("percentage").unwrap_or_default().percent_of(whole, places)
        }
        _ => Decimal::ZERO,
    };
    (Some(given.text("code").to_owned()), amount.min(whole))
}
