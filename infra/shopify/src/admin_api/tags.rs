//! Tags of products, customers, orders and draft orders.

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::Context;
use crate::store::{Fields, kind_of, reference};

/// Kinds of records with tags.
const TAGGED: [&str; 4] = ["Customer", "DraftOrder", "Order", "Product"];

/// Tags of an input: trimmed, sorted, each once; letter case is ignored.
pub(super) fn normalize<'t>(tags: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut normal: Vec<String> = Vec::new();
    for tag in tags.into_iter().flat_map(|tag| tag.split(',')).map(str::trim) {
        if !tag.is_empty() && !normal.iter().any(|one| one.eq_ignore_ascii_case(tag)) {
            normal.push(tag.to_owned());
        }
    }
    normal.sort_by_key(|tag| tag.to_lowercase());
    normal
}

/// The tags of an input object.
pub(super) fn of_input(input: &Value) -> Vec<String> {
    match input.get("tags") {
        Some(Value::String(text)) => normalize([text.as_str()]),
        _ => normalize(texts(input)),
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.list("tags").iter().filter_map(Value::as_str)
}

pub(super) fn add(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    change(context, arguments, |before, given| {
        normalize(before.iter().chain(given).map(String::as_str))
    })
}

pub(super) fn remove(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    change(context, arguments, |before, given| {
        let is_gone = |tag: &&String| given.iter().any(|one| one.eq_ignore_ascii_case(tag));
        before.iter().filter(|tag| !is_gone(tag)).cloned().collect()
    })
}

fn change(
    context: &mut Context<'_>,
    arguments: &Value,
    change: fn(&[String], &[String]) -> Vec<String>,
) -> Result<Value, Failure> {
    let gid = arguments.text("id");
    let kind = kind_of(gid).unwrap_or_default();
    if !TAGGED.contains(&kind) || context.shop.records.get(gid).is_none() {
        let name = if kind.is_empty() { "Node" } else { kind };
        return error_payload(
            "node",
            vec![user_error(&["id"], &format!("{name} does not exist"), None)],
        );
    }
    let before: Vec<String> = texts(&context.shop.records.value(gid)).map(str::to_owned).collect();
    let after = change(&before, &of_input(arguments));
    if after != before {
        context.shop.records.update(gid, context.now, |fields| {
            fields.insert("tags".to_owned(), json!(after));
        });
    }
    Ok(json!({ "node": reference(gid), "userErrors": [] }))
}
