//! Fields of a body: numbers come as numbers or as text, and everything has a bound.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cart::{PAIRS_MAX, QUANTITY_MAX, TEXT_BYTES_MAX};
use super::error::CartError;

/// A list, or the members of an object by number.
pub(super) fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        // `items[0][id]` in a form. Its numbers are sorted as numbers.
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.parse::<u64>().unwrap_or(u64::MAX));
            members.into_iter().map(|(_, value)| value).collect()
        }
        _ => Vec::new(),
    }
}

/// A whole number, or one as text.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A quantity.
pub(super) fn count(value: &Value) -> Result<u32, CartError> {
    let count = number(value).and_then(|count| u32::try_from(count).ok());
    count.map_or_else(
        || {
            Err(CartError::bad_request(
                "Required parameter missing or invalid: quantity".to_owned(),
            ))
        },
        bounded,
    )
}

pub(super) fn bounded(quantity: u32) -> Result<u32, CartError> {
    if quantity > QUANTITY_MAX {
        let description = format!("The maximum quantity is {QUANTITY_MAX}.");
        return Err(CartError::unprocessable(description));
    }
    Ok(quantity)
}

/// Properties: any scalar counts as text, null as absent.
pub(super) fn pairs(value: &Value) -> Result<BTreeMap<String, String>, CartError> {
    let Value::Object(members) = value else {
        if value.is_null() {
            return Ok(BTreeMap::new());
        }
        return Err(CartError::bad_request("properties is not an object".to_owned()));
    };
    let members = members.iter().filter(|(_, value)| !value.is_null());
    let pairs = members.map(|(name, value)| Ok((bounded_text(name)?, text(value)?)));
    let pairs: BTreeMap<String, String> = pairs.collect::<Result<_, CartError>>()?;
    check_pairs(&pairs)?;
    Ok(pairs)
}

pub(super) fn check_pairs(pairs: &BTreeMap<String, String>) -> Result<(), CartError> {
    if pairs.len() > PAIRS_MAX {
        let description = format!("More than {PAIRS_MAX} attributes or properties.");
        return Err(CartError::unprocessable(description));
    }
    Ok(())
}

/// Any scalar as text.
pub(super) fn text(value: &Value) -> Result<String, CartError> {
    match value {
        Value::String(text) => bounded_text(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(CartError::bad_request("a value is no text".to_owned())),
    }
}

pub(super) fn bounded_text(text: &str) -> Result<String, CartError> {
    if text.len() > TEXT_BYTES_MAX {
        let description = format!("A text is longer than {TEXT_BYTES_MAX} bytes.");
        return Err(CartError::unprocessable(description));
    }
    Ok(text.to_owned())
}
