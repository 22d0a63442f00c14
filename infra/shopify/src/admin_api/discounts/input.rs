//! Checks the input of a discount and makes the discount of it.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::super::failure::{Failure, user_error};
use super::{Kind, rules};
use crate::store::{Decimal, Fields, Shop, reference, timestamp};

/// Most characters of a code and of a title.
pub(super) const TEXT_MAX: usize = 255;
/// Fields of the input that are stored as they are.
const PLAIN: [&str; 6] = [
    "title",
    "usageLimit",
    "appliesOncePerCustomer",
    "recurringCycleLimit",
    "tags",
    "usesPerOrderLimit",
];

/// Why a code is refused: message and error code.
pub(super) fn code_problem(code: &str) -> Option<(String, &'static str)> {
    if code.is_empty() {
        Some(("is too short (minimum is 1 character)".to_owned(), "TOO_SHORT"))
    } else if code.contains(['\n', '\r']) {
        Some(("cannot contain newline characters.".to_owned(), "INVALID"))
    } else if code.chars().count() > TEXT_MAX {
        Some((format!("is too long (maximum is {TEXT_MAX} characters)"), "TOO_LONG"))
    } else {
        None
    }
}

/// The errors of an input. `own` is the node that is updated; nothing for a new one.
pub(super) fn problems(
    shop: &Shop,
    input: &Value,
    kind: &Kind,
    own: Option<&str>,
) -> Result<Vec<Value>, Failure> {
    let segments = ["context", "customerSelection"].map(|name| &input[name]["customerSegments"]);
    if segments.iter().any(|segments| !segments.is_null()) {
        return Err(Failure::not_emulated("discounts for segments of customers"));
    }
    let mut errors = Vec::new();
    let mut report = |path: &[&str], message: &str, code: &str| {
        let path = [&[kind.argument], path].concat();
        errors.push(user_error(&path, message, Some(code)));
    };
    let is_new = own.is_none();
    if kind.is_code && (is_new || input.get("code").is_some()) {
        match input.present("code").and_then(Value::as_str) {
            None => report(&["code"], "Code can't be blank", "BLANK"),
            Some(code) => match code_problem(code) {
                Some((message, error)) => report(&["code"], &format!("Code {message}"), error),
                None if is_taken(shop, code, own) => {
                    report(&["code"], "Code must be unique. Please try a different code.", "TAKEN");
                }
                None => {}
            },
        }
    }
    let is_given = |name: &str| is_new || input.get(name).is_some();
    if is_given("title") && input.text("title").trim().is_empty() {
        report(&["title"], "Title can't be blank", "BLANK");
    }
    if is_given("startsAt") && input.present("startsAt").is_none() {
        report(&["startsAt"], "Starts at can't be blank", "BLANK");
    }
    if let (Some(start), Some(end)) = (input.time("startsAt"), input.time("endsAt"))
        && end <= start
    {
        report(&["endsAt"], "Ends at needs to be after starts_at", "INVALID");
    }
    if input.present("usageLimit").and_then(Value::as_i64).is_some_and(|limit| limit < 1) {
        report(&["usageLimit"], "Usage limit must be greater than 0", "GREATER_THAN");
    }
    combination_problems(shop, input, kind, &mut report)?;
    if rules::has_many_values(input) {
        return Err(Failure::bad_request(
            "A discount can only have one of percentage, discountOnQuantity or discountAmount.",
        ));
    }
    for (path, message, code) in rules::problems(input, kind) {
        report(&path, &message, code);
    }
    if errors.is_empty() {
        for (path, message, code) in rules::unknown_references(shop, input) {
            let path = [&[kind.argument], path.as_slice()].concat();
            errors.push(user_error(&path, &message, Some(code)));
        }
    }
    Ok(errors)
}

fn combination_problems(
    shop: &Shop,
    input: &Value,
    kind: &Kind,
    report: &mut impl FnMut(&[&str], &str, &str),
) -> Result<(), Failure> {
    let combines = &input["combinesWith"];
    const TAGS: &str = "productDiscountsWithTagsOnSameCartLine";
    if let Some(tags) = combines.present(TAGS) {
        if tags.list("add").iter().any(|tag| tags.list("remove").contains(tag)) {
            return Err(Failure::bad_request(format!(
                "The same tag is present in both `add` and `remove` fields of `{TAGS}`."
            )));
        }
        let path = ["combinesWith", TAGS];
        if !shop.settings.is_plus {
            let message = format!("The shop's plan does not allow setting `{TAGS}`.");
            report(&path, &message, "PRODUCT_DISCOUNTS_WITH_TAGS_ON_SAME_CART_LINE_NOT_ENTITLED");
        }
        if class(input, kind) != "PRODUCT" {
            let message = "Combines with product discounts with tags on same cart line is only \
                           valid for discounts with the PRODUCT discount class";
            let code = "INVALID_PRODUCT_DISCOUNTS_WITH_TAGS_ON_SAME_CART_LINE_FOR_DISCOUNT_CLASS";
            report(&path, message, code);
        }
    }
    if class(input, kind) == "SHIPPING" && combines.is_true("shippingDiscounts") {
        let message = "The combinesWith settings are not valid for the discount class.";
        report(&["combinesWith"], message, "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS");
    }
    Ok(())
}

fn is_taken(shop: &Shop, code: &str, own: Option<&str>) -> bool {
    shop.records.by_code(code).is_some_and(|record| record.parent.as_deref() != own)
}

/// The class of a discount: what it makes cheaper.
fn class(input: &Value, kind: &Kind) -> &'static str {
    if kind.type_name.ends_with("FreeShipping") {
        "SHIPPING"
    } else if input["customerGets"]["items"].is_true("all") {
        "ORDER"
    } else {
        "PRODUCT"
    }
}

/// Applies an input to a discount: fields that are not given stay.
pub(super) fn apply(shop: &Shop, discount: &mut Value, input: &Value, kind: &Kind) {
    for name in PLAIN {
        if let Some(value) = input.get(name) {
            discount[name] = value.clone();
        }
    }
    for name in ["startsAt", "endsAt"] {
        if let Some(value) = input.get(name) {
            let at =
                value.as_str().and_then(|text| time::OffsetDateTime::parse(text, &Rfc3339).ok());
            discount[name] = at.map_or(Value::Null, timestamp);
        }
    }
    if let Some(combines) = input.present("combinesWith") {
        for name in ["orderDiscounts", "productDiscounts", "shippingDiscounts"] {
            discount["combinesWith"][name] = json!(combines.is_true(name));
        }
    }
    if let Some(context) = input.present("context").or_else(|| input.present("customerSelection")) {
        discount["context"] = buyers(&discount["context"], context);
    }
    if let Some(gets) = input.present("customerGets") {
        discount["customerGets"] = customer_gets(shop, gets);
    }
    if let Some(buys) = input.present("customerBuys") {
        discount["customerBuys"] = json!({ "items": items(&buys["items"]), "value": {
            "__typename": "DiscountQuantity", "quantity": buys["value"]["quantity"] } });
    }
    if let Some(destination) = input.present("destination") {
        discount["destinationSelection"] = json!({ "__typename": "DiscountCountryAll",
            "allCountries": destination.is_true("all") });
    }
    if input.get("minimumRequirement").is_some() {
        discount["minimumRequirement"] = requirement(shop, &input["minimumRequirement"]);
    }
    discount["discountClasses"] = json!([class(input, kind)]);
    discount["discountClass"] = json!(class(input, kind));
}

/// Who may use a discount: all, or a list, to which an input adds and from which it removes.
fn buyers(before: &Value, context: &Value) -> Value {
    let customers = &context["customers"];
    let ids = |names: [&str; 2]| -> Vec<Value> {
        let ids = names.iter().flat_map(|name| customers.list(name));
        ids.filter_map(Value::as_str).map(reference).collect()
    };
    if !customers.is_object() {
        return json!({ "__typename": "DiscountBuyerSelectionAll", "all": "ALL" });
    }
    let (added, removed) =
        (ids(["add", "customerIdsToAdd"]), ids(["remove", "customerIdsToRemove"]));
    let mut listed = before.list("customers").to_vec();
    listed.retain(|one| !added.contains(one) && !removed.contains(one));
    listed.extend(added);
    json!({ "__typename": "DiscountCustomers", "customers": listed })
}

fn customer_gets(shop: &Shop, gets: &Value) -> Value {
    let value = &gets["value"];
    let money = |amount: Decimal| json!({ "amount": amount.to_string(), "currencyCode": shop.settings.currency });
    let effect = if let Some(percentage) = value.present("percentage") {
        json!({ "__typename": "DiscountPercentage", "percentage": percentage })
    } else if let Some(amount) = value["discountAmount"].decimal("amount") {
        let each = value["discountAmount"].is_true("appliesOnEachItem");
        json!({ "__typename": "DiscountAmount", "amount": money(amount), "appliesOnEachItem": each })
    } else {
        let on = &value["discountOnQuantity"];
        json!({ "__typename": "DiscountOnQuantity", "quantity": { "quantity": on["quantity"] },
            "effect": { "__typename": "DiscountPercentage", "percentage": on["effect"]["percentage"] } })
    };
    let one_time = gets.present("appliesOnOneTimePurchase").cloned().unwrap_or(json!(true));
    json!({ "value": effect, "items": items(&gets["items"]),
        "appliesOnOneTimePurchase": one_time,
        "appliesOnSubscription": gets.is_true("appliesOnSubscription") })
}

fn items(items: &Value) -> Value {
    let references = |list: &[Value]| -> Vec<Value> {
        list.iter().filter_map(Value::as_str).map(reference).collect()
    };
    let products = &items["products"];
    if let Some(collections) = items["collections"].present("add").and_then(Value::as_array) {
        return json!({ "__typename": "DiscountCollections", "collections": references(collections) });
    }
    if products.is_object() {
        return json!({ "__typename": "DiscountProducts",
            "products": references(products.list("productsToAdd")),
            "productVariants": references(products.list("productVariantsToAdd")) });
    }
    json!({ "__typename": "AllDiscountItems", "allItems": true })
}

fn requirement(shop: &Shop, requirement: &Value) -> Value {
    let subtotal = requirement["subtotal"].decimal("greaterThanOrEqualToSubtotal");
    if let Some(subtotal) = subtotal {
        return json!({ "__typename": "DiscountMinimumSubtotal", "greaterThanOrEqualToSubtotal": {
            "amount": subtotal.to_string(), "currencyCode": shop.settings.currency } });
    }
    match requirement["quantity"].present("greaterThanOrEqualToQuantity") {
        Some(quantity) => json!({ "__typename": "DiscountMinimumQuantity",
            "greaterThanOrEqualToQuantity": quantity }),
        None => Value::Null,
    }
}
