//! Webhook subscriptions made by the API.

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::{Context, View};
use super::version::Version;
use super::{metafields, webhook_address};
use crate::store::{Fields, Shop, reference};

/// Fields of the input that are stored as they are.
const PLAIN: [&str; 4] = ["format", "includeFields", "filter", "name"];
/// Most bytes of a filter.
const FILTER_BYTES_MAX: usize = 65_535;
const SUBJECT: &str = "webhookSubscription";
const KIND: &str = "WebhookSubscription";

/// Computed fields.
pub(super) fn field(view: &View<'_>, subscription: &Value, name: &str) -> Option<Value> {
    let uri = subscription.text("uri");
    match name {
        "callbackUrl" => Some(json!(uri)),
        "endpoint" => Some(endpoint(uri)),
        "apiVersion" => {
            let version = Version::parse(&view.shop.settings.webhook_version)?;
            Some(version.describe(view.now))
        }
        _ => None,
    }
}

fn endpoint(uri: &str) -> Value {
    if uri.starts_with("arn:") {
        return json!({ "__typename": "WebhookEventBridgeEndpoint", "arn": uri });
    }
    match uri.strip_prefix("pubsub://").and_then(|rest| rest.split_once(':')) {
        Some((project, topic)) => json!({ "__typename": "WebhookPubSubEndpoint",
            "pubSubProject": project, "pubSubTopic": topic }),
        None => json!({ "__typename": "WebhookHttpEndpoint", "callbackUrl": uri }),
    }
}

/// The address of an input, without space around it.
fn address(input: &Value) -> Option<&str> {
    let uri = input.present("uri").or_else(|| input.present("callbackUrl"));
    uri.and_then(Value::as_str).map(str::trim)
}

/// The errors of an input. `subscription` is what it would make.
fn problems(shop: &Shop, own: &str, subscription: &Value, input: &Value) -> Vec<Value> {
    let mut errors = Vec::new();
    let mut report = |path: &[&str], message: &str| {
        errors.push(user_error(&[&[SUBJECT], path].concat(), message, None));
    };
    let uri = subscription.text("uri");
    let others = || shop.records.of_kind(KIND).filter(|one| one.gid != own);
    if own.is_empty() || address(input).is_some() {
        let is_same = |one: &Value| {
            ["topic", "uri", "format"].iter().all(|name| one[name] == subscription[name])
        };
        let problems = webhook_address::problems(shop, uri);
        if problems.is_empty() && others().any(|one| is_same(&one.value)) {
            report(&["callbackUrl"], "Address for this topic has already been taken");
        }
        problems.iter().for_each(|message| report(&["callbackUrl"], message));
    }
    if webhook_address::is_cloud(uri) && subscription.text("format") != "JSON" {
        report(&["format"], "Format can only be used with format: 'json'");
    }
    if let Some(name) = input.present("name").and_then(Value::as_str) {
        if name.is_empty() {
            report(&["name"], "Name is too short (minimum is 1 character)");
        }
        let is_name = |one: char| one.is_ascii_alphanumeric() || "_-".contains(one);
        if name.is_empty() || !name.chars().all(is_name) {
            let message = "Name name field can only contain alphanumeric characters, underscores, \
                           and hyphens";
            report(&["name"], message);
        } else if others().any(|one| one.value.text("name").eq_ignore_ascii_case(name)) {
            report(&["name"], "Name already exists, no duplicate allowed");
        }
    }
    let filter = input.text("filter");
    let is_unnamed =
        |term: &String| !["AND", "OR", "NOT"].contains(&term.as_str()) && !term.contains(':');
    if filter.len() > FILTER_BYTES_MAX {
        report(&[], "The specified filter exceeds the maximum allowed size.");
    } else if terms(filter).iter().any(is_unnamed) {
        let message = "The specified filter is invalid, please ensure you specify the field(s) you \
                       wish to filter on.";
        report(&[], message);
    }
    errors
}

/// The words of a filter; quotes keep spaces.
fn terms(filter: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut term = String::new();
    let mut quote = None;
    for letter in filter.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), letter) => term.push(letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, letter) if letter.is_whitespace() || "()".contains(letter) => {
                terms.extend((!term.is_empty()).then(|| std::mem::take(&mut term)));
            }
            (None, letter) => term.push(letter),
        }
    }
    terms.extend((!term.is_empty()).then_some(term));
    terms
}

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (topic, input) = (arguments.text("topic"), &arguments[SUBJECT]);
    let mut subscription = json!({
        "topic": topic, "format": "JSON", "includeFields": [], "metafieldNamespaces": [],
        "filter": null, "name": null, "metafields": [],
    });
    apply(context.shop, &mut subscription, input);
    let errors = problems(context.shop, "", &subscription, input);
    if !errors.is_empty() {
        return error_payload(SUBJECT, errors);
    }
    let id = context.shop.create(KIND, None, subscription, context.now);
    Ok(json!({ SUBJECT: reference(&id), "userErrors": [] }))
}

fn apply(shop: &Shop, subscription: &mut Value, input: &Value) {
    for name in PLAIN {
        if let Some(value) = input.present(name) {
            subscription[name] = value.clone();
        }
    }
    if let Some(uri) = address(input) {
        subscription["uri"] = json!(uri);
    }
    let namespaces = input.list("metafieldNamespaces").iter().filter_map(Value::as_str);
    if input.present("metafieldNamespaces").is_some() {
        let resolved: Vec<String> =
            namespaces.map(|name| metafields::resolve_namespace(shop, name)).collect();
        subscription["metafieldNamespaces"] = json!(resolved);
    }
    if input.present("metafields").is_some() {
        let resolve = |one: &Value| {
            let namespace = metafields::resolve_namespace(shop, one.text("namespace"));
            json!({ "namespace": namespace, "key": one["key"] })
        };
        subscription["metafields"] = input.list("metafields").iter().map(resolve).collect();
    }
}

pub(super) fn update(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (id, input) = (arguments.text("id"), &arguments[SUBJECT]);
    if context.shop.records.of(KIND, id).is_none() {
        return error_payload(
            SUBJECT,
            vec![user_error(&["id"], "Webhook subscription does not exist", None)],
        );
    }
    let mut subscription = context.shop.records.value(id).as_ref().clone();
    apply(context.shop, &mut subscription, input);
    let errors = problems(context.shop, id, &subscription, input);
    if !errors.is_empty() {
        return error_payload(SUBJECT, errors);
    }
    context.shop.records.update(id, context.now, |fields| {
        fields.extend(subscription.as_object().cloned().unwrap_or_default());
    });
    Ok(json!({ SUBJECT: reference(id), "userErrors": [] }))
}

pub(super) fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments.text("id");
    if context.shop.records.remove_of(KIND, id, context.now) {
        return Ok(json!({ "deletedWebhookSubscriptionId": id, "userErrors": [] }));
    }
    let error = user_error(&["id"], "Webhook subscription does not exist", None);
    error_payload("deletedWebhookSubscriptionId", vec![error])
}
