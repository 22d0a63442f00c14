//! Functions of the app, and the cart transforms and validations made of them.

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::{Context, View};
use super::{metafields, queries};
use crate::store::{Fields, Shop, gid, reference};

/// What a function must be for an owner, and how the owner is called in messages.
struct Target {
    subject: &'static str,
    kind: &'static str,
    api: &'static str,
    name: &'static str,
    extension_targets: &'static str,
}

const CART_TRANSFORM: Target = Target {
    subject: "cartTransform",
    kind: "CartTransform",
    api: "cart_transform",
    name: "cart transform",
    extension_targets: "purchase.cart-transform.run, cart.transform.run",
};
const VALIDATION: Target = Target {
    subject: "validation",
    kind: "Validation",
    api: "cart_checkout_validation",
    name: "validation",
    extension_targets: "purchase.validation.run, cart.validations.generate.run",
};

/// Computed fields.
pub(super) fn field(view: &View<'_>, function: &Value, name: &str) -> Option<Value> {
    match name {
        "app" => Some(queries::app(view)),
        "appKey" => Some(json!(view.shop.settings.app_key)),
        "apiVersion" if function.get("apiVersion").is_none() => {
            Some(json!(view.shop.settings.webhook_version))
        }
        "useCreationUi" => Some(json!(true)),
        _ => None,
    }
}

/// The function that an input names, or why not.
fn find(shop: &Shop, input: &Value, target: &Target) -> Result<Value, Value> {
    let functions = || shop.records.of_kind("ShopifyFunction");
    let error = |field: &str, message: &str, code| Err(user_error(&[field], message, Some(code)));
    let mismatch = || {
        format!(
            "Unexpected Function API. The provided function must implement one of the following \
             extension targets: [{}].",
            target.extension_targets
        )
    };
    let registered = format!("Could not enable {} because it is already registered", target.name);
    let (id, handle) = (input.text("functionId"), input.text("functionHandle"));
    match (id, handle) {
        ("", "") => error(
            "functionHandle",
            "Either function_id or function_handle must be provided.",
            "MISSING_FUNCTION_IDENTIFIER",
        ),
        (id, "") => {
            let found = functions().find(|one| one.value.text("id") == id);
            let Some(function) = found else {
                let message = format!(
                    "Function {id} not found. Ensure that it is released in the current app ({}), \
                     and that the app is installed.",
                    shop.settings.app_id
                );
                return error("functionId", &message, "FUNCTION_NOT_FOUND");
            };
            // By id Shopify looks for an owner first, by handle at the API first.
            if is_registered(shop, id) {
                return error("functionId", &registered, "FUNCTION_ALREADY_REGISTERED");
            }
            if function.value.text("apiType") != target.api {
                return error("functionId", &mismatch(), "FUNCTION_NOT_FOUND");
            }
            Ok(function.value.as_ref().clone())
        }
        ("", handle) => {
            let found = functions().find(|one| one.value.text("handle") == handle);
            let Some(function) = found else {
                let message = format!("Could not find function with handle: {handle}.");
                return error("functionHandle", &message, "FUNCTION_NOT_FOUND");
            };
            if function.value.text("apiType") != target.api {
                return error("functionHandle", &mismatch(), "FUNCTION_DOES_NOT_IMPLEMENT");
            }
            if is_registered(shop, function.value.text("id")) {
                return error("functionHandle", &registered, "FUNCTION_ALREADY_REGISTERED");
            }
            Ok(function.value.as_ref().clone())
        }
        _ => error(
            "functionHandle",
            "Only one of function_id or function_handle can be provided, not both.",
            "MULTIPLE_FUNCTION_IDENTIFIERS",
        ),
    }
}

/// Whether something is made of a function already.
fn is_registered(shop: &Shop, function: &str) -> bool {
    let owners = ["CartTransform", "Validation"];
    let mut records = owners.iter().flat_map(|kind| shop.records.of_kind(kind));
    records.any(|owner| owner.value.text("functionId") == function)
}

fn metafield_problems(metafields: &[Value]) -> Vec<Value> {
    let problem = |(index, metafield): (usize, &Value)| {
        let (ty, value) = (metafield.text("type"), metafield.text("value"));
        let message = match value {
            "" => "may not be empty".to_owned(),
            value => metafields::value_problem(ty, value)?,
        };
        let index = index.to_string();
        let path = ["metafields", index.as_str(), "value"];
        Some(user_error(&path, &message, Some("INVALID_METAFIELDS")))
    };
    metafields.iter().enumerate().filter_map(problem).collect()
}

fn create(context: &mut Context<'_>, input: &Value, target: &Target) -> Result<Value, Failure> {
    let function = match find(context.shop, input, target) {
        Ok(function) => function,
        Err(error) => return error_payload(target.subject, vec![error]),
    };
    let errors = metafield_problems(input.list("metafields"));
    if !errors.is_empty() {
        return error_payload(target.subject, errors);
    }
    let title = input.present("title").or_else(|| function.present("title")).cloned();
    let id = function.text("id");
    let owner = json!({
        "functionId": id,
        "shopifyFunction": reference(&gid("ShopifyFunction", id)),
        "title": title,
        "enabled": input.is_true("enable"),
        "blockOnFailure": input.is_true("blockOnFailure"),
    });
    let id = context.shop.create(target.kind, None, owner, context.now);
    metafields::attach(context, &id, input.list("metafields"));
    Ok(json!({ target.subject: reference(&id), "userErrors": [] }))
}

pub(super) fn create_cart_transform(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    create(context, arguments, &CART_TRANSFORM)
}

pub(super) fn create_validation(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    create(context, &arguments["validation"], &VALIDATION)
}

pub(super) fn delete_cart_transform(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    delete(context, arguments, &CART_TRANSFORM)
}

pub(super) fn delete_validation(
    context: &mut Context<'_>,
    arguments: &Value,
) -> Result<Value, Failure> {
    delete(context, arguments, &VALIDATION)
}

fn delete(context: &mut Context<'_>, arguments: &Value, target: &Target) -> Result<Value, Failure> {
    let id = arguments.text("id");
    if context.shop.records.remove_of(target.kind, id, context.now) {
        return Ok(json!({ "deletedId": id, "userErrors": [] }));
    }
    let message = format!("Could not find {id}");
    error_payload("deletedId", vec![user_error(&["id"], &message, Some("NOT_FOUND"))])
}
