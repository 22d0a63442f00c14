//! Why a field has no value, and errors that a mutation returns in its payload.

use serde_json::{Value, json};

/// A top-level error of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) code: &'static str,
}

impl Failure {
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: "BAD_REQUEST" }
    }

    /// The local Shopify does not have this.
    pub(crate) fn not_emulated(what: &str) -> Self {
        Self { message: format!("not emulated: {what}"), code: "NOT_EMULATED" }
    }
}

/// An error of a payload. A path of nothing is the whole input.
pub(crate) fn user_error(field: &[&str], message: &str, code: Option<&str>) -> Value {
    let field = if field.is_empty() { Value::Null } else { json!(field) };
    json!({ "field": field, "message": message, "code": code })
}
