//! Bodies of the Ajax API: JSON, forms and multipart forms, all read into one JSON value.

use serde_json::{Map, Value};

use super::error::CartError;

/// Longest body.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most fields of a form.
const FIELDS_MAX: usize = 10_000;
/// Deepest name of a form: `items[0][properties][name]` has 4 parts.
const DEPTH_MAX: usize = 8;

/// Reads a body. Without one it is an empty object.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Value, CartError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(CartError::too_large(format!(
            "The body is longer than {BODY_BYTES_MAX} bytes."
        )));
    }
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let fields = match media_type.to_ascii_lowercase().as_str() {
        "application/json" => {
            let value: Result<Value, _> = serde_json::from_slice(body);
            return value.ok().filter(Value::is_object).ok_or_else(|| {
                CartError::bad_request("The body is not a JSON object.".to_owned())
            });
        }
        "application/x-www-form-urlencoded" => form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .take(FIELDS_MAX + 1)
            .collect(),
        "multipart/form-data" => multipart(content_type, body)
            .ok_or_else(|| CartError::bad_request("The multipart body is malformed.".to_owned()))?,
        other => {
            return Err(CartError::bad_request(format!("The content type {other:?} is not read.")));
        }
    };
    nested(fields)
}

/// Fields with brackets in their names as nested objects, as Rack reads them: `a[b]`
/// is a member, `a[]` an element. In conflicts of kind the later field wins.
pub(super) fn nested(fields: Vec<(String, String)>) -> Result<Value, CartError> {
    if fields.len() > FIELDS_MAX {
        return Err(CartError::too_large(format!("The form has more than {FIELDS_MAX} fields.")));
    }
    let mut root = Value::Object(Map::new());
    for (name, value) in fields {
        let parts: Vec<&str> = split(&name);
        if parts.len() > DEPTH_MAX {
            return Err(CartError::bad_request(format!(
                "The field {name:?} is nested too deeply."
            )));
        }
        // An empty first part is a name of its own, no list.
        let name = parts.first().copied().unwrap_or_default();
        let field = &mut root[name];
        insert(field, parts.get(1..).unwrap_or_default(), value);
    }
    Ok(root)
}

/// `a[b][c]` as `a`, `b`, `c`. Brackets that do not fit are a part of the name.
fn split(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.split_once('[').filter(|_| name.ends_with(']')) else {
        return vec![name];
    };
    let rest = rest.strip_suffix(']').unwrap_or(rest);
    std::iter::once(first).chain(rest.split("][")).collect()
}

fn insert(node: &mut Value, parts: &[&str], value: String) {
    let Some((first, rest)) = parts.split_first() else {
        *node = Value::String(value);
        return;
    };
    if first.is_empty() {
        if !node.is_array() {
            *node = Value::Array(Vec::new());
        }
        if let Value::Array(elements) = node {
            // `a[][b]=1&a[][c]=2` is one element, `a[][b]=1&a[][b]=2` are two.
            let is_taken = |one: &Value| rest.first().is_none_or(|part| one.get(part).is_some());
            if elements.last().is_none_or(is_taken) {
                elements.push(Value::Null);
            }
            if let Some(last) = elements.last_mut() {
                insert(last, rest, value);
            }
        }
        return;
    }
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    if let Value::Object(members) = node {
        insert(members.entry(*first).or_insert(Value::Null), rest, value);
    }
}

/// The text fields of a multipart form (RFC 7578), which `FormData` in a browser sends. Files are
/// left out.
fn multipart(content_type: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok()?;
    let boundary = parameter(content_type, "boundary")?;
    let delimiter = format!("--{boundary}");
    let mut fields = Vec::new();
    // Before the first delimiter is the preamble, after the last one `--`.
    for part in text.split(delimiter.as_str()).skip(1) {
        if part.starts_with("--") {
            return Some(fields);
        }
        let part = part.strip_prefix("\r\n")?.strip_suffix("\r\n")?;
        let (head, value) = part.split_once("\r\n\r\n")?;
        let disposition = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        if parameter(disposition, "filename").is_none() && fields.len() <= FIELDS_MAX {
            fields.push((parameter(disposition, "name")?.to_owned(), value.to_owned()));
        }
    }
    None
}

fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let parameters = header.split(';').skip(1).filter_map(|part| part.trim().split_once('='));
    let (_, value) = parameters.into_iter().find(|(one, _)| one.eq_ignore_ascii_case(name))?;
    Some(value.trim_matches('"'))
}
