//! Customers.

mod merge;

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::{Context, View};
use super::{metafields, tags};
use crate::store::{Decimal, Fields, Shop, reference};

pub(super) use merge::{job_status, preview};

/// Most characters of a note.
const NOTE_MAX: usize = 5_000;
/// Most tags of a customer.
const TAGS_MAX: usize = 250;
/// Fields of the input that are stored as they are.
const PLAIN: [&str; 8] =
    ["firstName", "lastName", "email", "phone", "note", "taxExempt", "taxExemptions", "locale"];

type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

pub(super) fn mutation(name: &str) -> Option<Mutation> {
    match name {
        "customerCreate" => Some(create),
        "customerUpdate" => Some(update),
        "customerDelete" => Some(delete),
        "customerMerge" => Some(merge::merge),
        _ => None,
    }
}

/// Computed fields.
pub(super) fn field(view: &View<'_>, customer: &Value, name: &str) -> Option<Value> {
    let gid = customer.text("id");
    let orders = || view.shop.records.children(gid, "Order");
    match name {
        "displayName" => Some(json!(display_name(customer))),
        "defaultEmailAddress" => Some(email_address(customer)),
        "defaultPhoneNumber" => Some(phone_number(customer)),
        "numberOfOrders" => Some(json!(orders().count().to_string())),
        "lastOrder" => {
            Some(orders().next_back().map_or(Value::Null, |order| reference(&order.gid)))
        }
        "canDelete" => Some(json!(orders().next().is_none())),
        "amountSpent" => {
            let spent = |order: &Value| order["totalReceivedSet"]["shopMoney"].decimal("amount");
            let total: Decimal = orders().filter_map(|order| spent(&order.value)).sum();
            Some(
                json!({ "amount": total.to_string(), "currencyCode": view.shop.settings.currency }),
            )
        }
        "defaultAddress" => {
            Some(customer.list("addresses").first().cloned().unwrap_or(Value::Null))
        }
        "addressesV2" => Some(json!(customer.list("addresses"))),
        _ => None,
    }
}

fn display_name(customer: &Value) -> String {
    let name = format!("{} {}", customer.text("firstName"), customer.text("lastName"));
    let names = [name.trim(), customer.text("email"), customer.text("phone")];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

fn email_address(customer: &Value) -> Value {
    match customer.text("email") {
        "" => Value::Null,
        email => {
            json!({ "emailAddress": email, "validFormat": true, "marketingState": "NOT_SUBSCRIBED",
            "openTrackingLevel": "UNKNOWN" })
        }
    }
}

fn phone_number(customer: &Value) -> Value {
    match customer.text("phone") {
        "" => Value::Null,
        phone => json!({ "phoneNumber": phone, "marketingState": "NOT_SUBSCRIBED" }),
    }
}

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["input"];
    let mut errors = problems(context.shop, input, "");
    if ["firstName", "lastName", "email", "phone"]
        .iter()
        .all(|name| input.text(name).trim().is_empty())
    {
        errors.push(user_error(
            &[],
            "A name, phone number, or email address must be present",
            None,
        ));
    }
    if !errors.is_empty() {
        return error_payload("customer", errors);
    }
    let mut customer = json!({
        "firstName": null, "lastName": null, "email": null, "phone": null, "note": null,
        "locale": "en", "state": "DISABLED", "verifiedEmail": true, "taxExempt": false,
        "taxExemptions": [], "dataSaleOptOut": false, "validEmailAddress": true,
        "productSubscriberStatus": "NEVER_SUBSCRIBED", "lifetimeDuration": "less than a minute",
        "tags": tags::of_input(input),
        "addresses": addresses(context.shop, input.list("addresses")),
    });
    for name in PLAIN {
        if let Some(value) = input.present(name) {
            customer[name] = value.clone();
        }
    }
    let id = context.shop.create("Customer", None, customer, context.now);
    metafields::attach(context, &id, input.list("metafields"));
    Ok(json!({ "customer": reference(&id), "userErrors": [] }))
}

/// Addresses of an input, with ids.
pub(super) fn addresses(shop: &mut Shop, input: &[Value]) -> Vec<Value> {
    input.iter().map(|address| self::address(shop, address)).collect()
}

pub(super) fn address(shop: &mut Shop, input: &Value) -> Value {
    let mut address = input.clone();
    address["id"] = json!(shop.mint("MailingAddress"));
    address["countryCodeV2"] = input["countryCode"].clone();
    address["coordinatesValidated"] = json!(false);
    let name = format!("{} {}", input.text("firstName"), input.text("lastName"));
    address["name"] = json!(name.trim());
    address
}

fn problems(shop: &Shop, input: &Value, own: &str) -> Vec<Value> {
    let mut errors = Vec::new();
    let email = input.text("email");
    if !email.is_empty() {
        let is_taken = shop
            .records
            .of_kind("Customer")
            .any(|one| one.gid != own && one.value.text("email").eq_ignore_ascii_case(email));
        if !is_email(email) {
            errors.push(user_error(&["email"], "Email is invalid", None));
        } else if is_taken {
            errors.push(user_error(&["email"], "Email has already been taken", None));
        }
    }
    let phone = input.text("phone");
    let is_phone = |letter: char| letter.is_ascii_digit() || " -+().".contains(letter);
    if !phone.is_empty() && !phone.chars().all(is_phone) {
        errors.push(user_error(&["phone"], "Phone is invalid", None));
    }
    if input.text("note").chars().count() > NOTE_MAX {
        let message = "Note is too long (maximum is 5000 characters)";
        errors.push(user_error(&["note"], message, None));
    }
    if tags::of_input(input).len() > TAGS_MAX {
        errors.push(user_error(&["tags"], "Tags cannot be more than 250", None));
    }
    errors
}

/// Whether a text could be an address: something, an at sign, a host with a dot.
pub(crate) fn is_email(text: &str) -> bool {
    let is_host = |host: &str| host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && is_host(host)
            && !text.contains(char::is_whitespace)
            && !host.contains('@')
    })
}

fn update(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["input"];
    let id = input.text("id");
    if context.shop.records.of("Customer", id).is_none() {
        return error_payload(
            "customer",
            vec![user_error(&["id"], "Customer does not exist", None)],
        );
    }
    let errors = problems(context.shop, input, id);
    if !errors.is_empty() {
        return error_payload("customer", errors);
    }
    let addresses =
        input.get("addresses").map(|_| addresses(context.shop, input.list("addresses")));
    context.shop.records.update(id, context.now, |fields| {
        for name in PLAIN {
            if let Some(value) = input.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        if input.get("tags").is_some() {
            fields.insert("tags".to_owned(), json!(tags::of_input(input)));
        }
        if let Some(addresses) = addresses {
            fields.insert("addresses".to_owned(), json!(addresses));
        }
    });
    metafields::attach(context, id, input.list("metafields"));
    Ok(json!({ "customer": reference(id), "userErrors": [] }))
}

fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments["input"].text("id");
    let message = if context.shop.records.of("Customer", id).is_none() {
        "Customer can't be found"
    } else if context.shop.records.children(id, "Order").next().is_some() {
        "Customer can’t be deleted because they have associated orders"
    } else {
        context.shop.records.remove(id, context.now);
        return Ok(json!({ "deletedCustomerId": id, "userErrors": [] }));
    };
    error_payload("deletedCustomerId", vec![user_error(&["id"], message, None)])
}
