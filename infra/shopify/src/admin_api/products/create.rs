//! Creates and changes products and collections.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::metafields;
use super::super::mutations::error_payload;
use super::super::session::Context;
use super::super::tags;
use super::variants::{NewVariant, add_variant};
use crate::store::{Fields, Shop, gid, reference, timestamp};

/// Most characters of a title, a vendor and a type.
const TEXT_MAX: usize = 255;
/// Most options of a product.
const OPTIONS_MAX: usize = 3;
/// Fields of the input that are stored as they are.
const PLAIN: [&str; 6] =
    ["title", "vendor", "productType", "status", "descriptionHtml", "templateSuffix"];

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input =
        arguments.present("product").or_else(|| arguments.present("input")).unwrap_or(&Value::Null);
    let mut errors = problems(input, true);
    errors.extend(option_problems(input.list("productOptions")));
    if !errors.is_empty() {
        return error_payload("product", errors);
    }
    let (shop, now) = (&mut *context.shop, context.now);
    let handle = unique_handle(
        shop,
        "Product",
        input.present("handle").and_then(Value::as_str).unwrap_or(input.text("title")),
    );
    let options = options(shop, input.list("productOptions"));
    let status = input.present("status").cloned().unwrap_or_else(|| json!("ACTIVE"));
    let published = if status == "ACTIVE" { timestamp(now) } else { Value::Null };
    let vendor = input.present("vendor").cloned().unwrap_or_else(|| json!(shop.settings.name));
    let product = json!({
        "title": input["title"],
        "handle": handle,
        "status": status,
        "vendor": vendor,
        "productType": input.text("productType"),
        "tags": tags::of_input(input),
        "descriptionHtml": input.text("descriptionHtml"),
        "description": input.text("descriptionHtml"),
        "publishedAt": published,
        "isGiftCard": input.is_true("giftCard"),
        "seo": { "title": input["seo"]["title"], "description": input["seo"]["description"] },
        "requiresSellingPlan": false,
        "options": options,
    });
    let id = shop.create("Product", None, product, now);
    let selected: Vec<Value> = options
        .iter()
        .map(|option| json!({ "name": option["name"], "value": option["optionValues"][0]["name"] }))
        .collect();
    add_variant(context, &id, NewVariant { selected, input: &json!({}), is_tracked: false });
    metafields::attach(context, &id, input.list("metafields"));
    Ok(json!({ "product": reference(&id), "shop": null, "userErrors": [] }))
}

fn option_problems(options: &[Value]) -> Vec<Value> {
    let mut errors = Vec::new();
    if options.len() > OPTIONS_MAX {
        errors.push(user_error(&["productOptions"], "Over the limit of 3 options", None));
    }
    let is_blank = |named: &Value| named.text("name").trim().is_empty();
    for option in options {
        if is_blank(option) {
            errors.push(user_error(&["productOptions"], "Option name can't be blank", None));
        }
        if option.list("values").is_empty() || option.list("values").iter().any(is_blank) {
            errors.push(user_error(&["productOptions"], "Option value can't be blank", None));
        }
    }
    errors
}

/// The options of a new product; without any, the one that Shopify makes.
fn options(shop: &mut Shop, input: &[Value]) -> Vec<Value> {
    let fallback = [json!({ "name": "Title", "values": [{ "name": "Default Title" }] })];
    let input = if input.is_empty() { &fallback } else { input };
    let mut options = Vec::new();
    for (index, option) in input.iter().enumerate() {
        let id = shop.mint("ProductOption");
        let values: Vec<Value> = option
            .list("values")
            .iter()
            .map(|value| json!({ "id": shop.mint("ProductOptionValue"), "name": value["name"] }))
            .collect();
        options.push(json!({ "id": id, "name": option["name"], "position": index + 1, "optionValues": values }));
    }
    options
}

fn problems(input: &Value, is_new: bool) -> Vec<Value> {
    let mut errors = Vec::new();
    let is_given = is_new || input.get("title").is_some();
    if is_given && input.text("title").trim().is_empty() {
        errors.push(user_error(&["title"], "Title can't be blank", None));
    }
    let limits = [
        ("title", "title", "Title"),
        ("vendor", "vendor", "Vendor"),
        ("productType", "productType", "Product type"),
        ("productType", "customProductType", "Custom product type"),
    ];
    for (field, path, name) in limits {
        if input.text(field).chars().count() > TEXT_MAX {
            let message = format!("{name} is too long (maximum is {TEXT_MAX} characters)");
            errors.push(user_error(&[path], &message, None));
        }
    }
    errors
}

pub(super) fn update(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input =
        arguments.present("product").or_else(|| arguments.present("input")).unwrap_or(&Value::Null);
    let id = input.present("id").or_else(|| arguments["identifier"].present("id"));
    let id = id.and_then(Value::as_str).unwrap_or_default();
    if context.shop.records.of("Product", id).is_none() {
        return error_payload("product", vec![user_error(&["id"], "Product does not exist", None)]);
    }
    let errors = problems(input, false);
    if !errors.is_empty() {
        return error_payload("product", errors);
    }
    let handle = input.present("handle").and_then(Value::as_str);
    let handle = handle.map(|handle| unique_handle(context.shop, "Product", handle));
    context.shop.records.update(id, context.now, |fields| {
        for name in PLAIN {
            if let Some(value) = input.present(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        if input.get("tags").is_some() {
            fields.insert("tags".to_owned(), json!(tags::of_input(input)));
        }
        if let Some(handle) = handle {
            fields.insert("handle".to_owned(), json!(handle));
        }
    });
    metafields::attach(context, id, input.list("metafields"));
    Ok(json!({ "product": reference(id), "userErrors": [] }))
}

pub(super) fn create_collection(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    let input = &arguments["input"];
    if input.text("title").trim().is_empty() {
        return error_payload(
            "collection",
            vec![user_error(&["title"], "Title can't be blank", None)],
        );
    }
    let handle = input.present("handle").and_then(Value::as_str).unwrap_or(input.text("title"));
    let handle = unique_handle(context.shop, "Collection", handle);
    let collection = json!({
        "title": input["title"], "handle": handle, "sortOrder": "BEST_SELLING",
        "descriptionHtml": input.text("descriptionHtml"), "description": input.text("descriptionHtml"),
    });
    let id = context.shop.create("Collection", None, collection, context.now);
    metafields::attach(context, &id, input.list("metafields"));
    Ok(json!({ "collection": reference(&id), "userErrors": [] }))
}

/// A handle that no record of the kind has: lower case, dashes, and a number if it is taken.
fn unique_handle(shop: &Shop, kind: &str, text: &str) -> String {
    let words =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut handle = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    if handle.is_empty() {
        handle = gid(kind, "untitled").rsplit('/').next().unwrap_or_default().to_owned();
    }
    let is_taken =
        |handle: &str| shop.records.of_kind(kind).any(|one| one.value.text("handle") == handle);
    let candidates = (0..=shop.records.count(kind)).map(|number| match number {
        0 => handle.clone(),
        number => format!("{handle}-{number}"),
    });
    candidates.into_iter().find(|candidate| !is_taken(candidate)).unwrap_or(handle)
}
