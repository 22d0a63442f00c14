//! Metafields: set atomically, with compare and set by digest.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::failure::{Failure, user_error};
use super::session::{Context, View};
use crate::store::{Fields, Shop, kind_of, reference};

/// Most metafields of one request.
const SET_MAX: usize = 25;
const STALE: &str = "The resource has been updated since it was loaded. Try again with an updated \
                     `compareDigest` value.";

type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

pub(super) fn mutation(name: &str) -> Option<Mutation> {
    match name {
        "metafieldsSet" => Some(set),
        "metafieldsDelete" => Some(delete),
        _ => None,
    }
}

/// Computed fields.
pub(super) fn field(view: &View<'_>, owner: &str, value: &Value, name: &str) -> Option<Value> {
    match name {
        "owner" => view.shop.records.get(owner)?.parent.as_deref().map(reference),
        "jsonValue" => Some(json_value(value)),
        "sizeInBytes" => Some(json!(value.text("value").len())),
        _ => None,
    }
}

/// The metafield of an owner by namespace and key.
pub(super) fn one(view: &View<'_>, owner: &str, arguments: &Value) -> Value {
    let namespace = resolve_namespace(view.shop, arguments.text("namespace"));
    find(view.shop, owner, &namespace, arguments.text("key"))
        .map_or(Value::Null, |gid| reference(&gid))
}

fn find(shop: &Shop, owner: &str, namespace: &str, key: &str) -> Option<String> {
    let mut metafields = shop.records.children(owner, "Metafield");
    let found = metafields
        .find(|one| one.value.text("namespace") == namespace && one.value.text("key") == key)?;
    Some(found.gid.clone())
}

/// `$app` and no namespace are the app's own.
pub(super) fn resolve_namespace(shop: &Shop, namespace: &str) -> String {
    let own = format!("app--{}", shop.settings.app_id);
    match namespace.strip_prefix("$app") {
        None if namespace.is_empty() => own,
        None => namespace.to_owned(),
        Some("") => own,
        Some(rest) => format!("{own}--{}", rest.trim_start_matches(':')),
    }
}

fn digest(value: &str, ty: &str) -> String {
    let hash = Sha256::digest(format!("{ty}\n{value}").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json_value(metafield: &Value) -> Value {
    let text = metafield.text("value");
    let ty = metafield.text("type");
    let is_text = ["text", "decimal", "date", "url", "color", "_id", "reference"]
        .iter()
        .any(|word| ty.contains(word));
    if is_text && !ty.starts_with("list.") {
        return json!(text);
    }
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// Why a value does not fit its type.
pub(super) fn value_problem(ty: &str, value: &str) -> Option<String> {
    let is_json = ty == "json"
        || ty.starts_with("list.")
        || ["money", "rating", "rich_text_field", "dimension", "volume", "weight"].contains(&ty);
    match ty {
        _ if is_json => serde_json::from_str::<Value>(value).err().map(|_| {
            let token: String = value.split_whitespace().next().unwrap_or_default().to_owned();
            format!("is invalid JSON: unexpected token '{token}' at line 1 column 1.")
        }),
        "number_integer" => value.parse::<i64>().err().map(|_| "must be an integer.".to_owned()),
        "number_decimal" => {
            value.parse::<crate::store::Decimal>().err().map(|_| "must be a decimal.".to_owned())
        }
        "boolean" if !["true", "false"].contains(&value) => {
            Some("must be true or false.".to_owned())
        }
        "single_line_text_field" if value.contains('\n') => {
            Some("must be a single line text string.".to_owned())
        }
        _ => None,
    }
}

/// A row of a request, checked.
struct Row {
    owner: String,
    namespace: String,
    key: String,
    ty: String,
    value: String,
}

fn set(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let rows = arguments.list("metafields");
    if rows.len() > SET_MAX {
        let message = format!("Exceeded the maximum metafields input limit of {SET_MAX}.");
        let error = user_error(&["metafields"], &message, Some("LESS_THAN_OR_EQUAL_TO"));
        return Ok(json!({ "metafields": null, "userErrors": [error] }));
    }
    let mut errors = Vec::new();
    let mut checked = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match check(context.shop, row) {
            Ok(row) => checked.push(row),
            Err((field, message, code)) => {
                let index = index.to_string();
                let path: Vec<&str> =
                    ["metafields", index.as_str()].into_iter().chain(field).collect();
                errors.push(user_error(&path, &message, Some(code)));
            }
        }
    }
    if !errors.is_empty() {
        return Ok(json!({ "metafields": [], "userErrors": errors }));
    }
    let written: Vec<Value> = checked.iter().map(|row| write(context, row)).collect();
    Ok(json!({ "metafields": written, "userErrors": [] }))
}

type RowError = (Option<&'static str>, String, &'static str);

fn check(shop: &Shop, row: &Value) -> Result<Row, RowError> {
    let owner = row.text("ownerId");
    let is_shop = kind_of(owner) == Some("Shop");
    if !is_shop && shop.records.get(owner).is_none() {
        return Err((Some("ownerId"), "Owner does not exist.".to_owned(), "INVALID_VALUE"));
    }
    let namespace = resolve_namespace(shop, row.text("namespace"));
    let existing =
        find(shop, owner, &namespace, row.text("key")).map(|gid| shop.records.value(&gid));
    let stored_type = existing.as_ref().map_or("", |existing| existing.text("type"));
    let ty = row.present("type").and_then(Value::as_str).unwrap_or(stored_type);
    if ty.is_empty() {
        return Err((Some("type"), "Type can't be blank".to_owned(), "BLANK"));
    }
    let value = row.text("value");
    if value.is_empty() {
        return Err((Some("value"), "Value can't be blank".to_owned(), "BLANK"));
    }
    if let Some(problem) = value_problem(ty, value) {
        return Err((Some("value"), format!("Value {problem}"), "INVALID_VALUE"));
    }
    let is_stale = || (None, STALE.to_owned(), "STALE_OBJECT");
    match (&existing, row.get("compareDigest")) {
        (_, None) | (None, Some(Value::Null)) => {}
        (None, Some(_)) => {
            return Err((
                None,
                "Invalid `compareDigest` value.".to_owned(),
                "INVALID_COMPARE_DIGEST",
            ));
        }
        // The same value again is no conflict with any digest.
        (Some(existing), Some(Value::String(_)))
            if existing.text("value") == value && existing.text("type") == ty => {}
        (Some(existing), Some(given)) => {
            if existing.get("compareDigest") != Some(given) {
                return Err(is_stale());
            }
        }
    }
    let [owner, ty, value] = [owner, ty, value].map(str::to_owned);
    Ok(Row { owner, namespace, key: row.text("key").to_owned(), ty, value })
}

/// Writes a metafield and returns it as it is after this row: a later row may set it again.
fn write(context: &mut Context<'_>, row: &Row) -> Value {
    let fields = json!({
        "namespace": row.namespace,
        "key": row.key,
        "type": row.ty,
        "value": row.value,
        "compareDigest": digest(&row.value, &row.ty),
        "ownerType": owner_type(&row.owner),
    });
    let gid = match find(context.shop, &row.owner, &row.namespace, &row.key) {
        Some(gid) => {
            let is_same =
                context.shop.records.value(&gid)["compareDigest"] == fields["compareDigest"];
            if !is_same {
                context.shop.records.update(&gid, context.now, |metafield| {
                    metafield.extend(fields.as_object().cloned().unwrap_or_default());
                });
            }
            gid
        }
        None => context.shop.create("Metafield", Some(&row.owner), fields, context.now),
    };
    context.shop.records.value(&gid).as_ref().clone()
}

fn owner_type(owner: &str) -> String {
    match kind_of(owner) {
        Some("DiscountCodeNode" | "DiscountAutomaticNode") => "DISCOUNT".to_owned(),
        kind => kind.unwrap_or_default().to_uppercase(),
    }
}

/// Writes the metafields of another object's input, which were checked before.
pub(super) fn attach(context: &mut Context<'_>, owner: &str, metafields: &[Value]) {
    for metafield in metafields {
        let [key, ty, value] = ["key", "type", "value"].map(|name| metafield.text(name).to_owned());
        let namespace = resolve_namespace(context.shop, metafield.text("namespace"));
        write(context, &Row { owner: owner.to_owned(), namespace, key, ty, value });
    }
}

fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let mut deleted = Vec::new();
    for identifier in arguments.list("metafields") {
        let namespace = resolve_namespace(context.shop, identifier.text("namespace"));
        let (owner, key) = (identifier.text("ownerId"), identifier.text("key"));
        let found = find(context.shop, owner, &namespace, key);
        deleted.push(found.map_or(Value::Null, |gid| {
            context.shop.records.remove(&gid, context.now);
            json!({ "ownerId": owner, "namespace": namespace, "key": key })
        }));
    }
    Ok(json!({ "deletedMetafields": deleted, "userErrors": [] }))
}
