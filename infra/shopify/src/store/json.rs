//! Reading and writing records, which are JSON objects.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Decimal;

/// The key of an object that stands for another record.
const REFERENCE: &str = "$ref";

/// Stands for another record.
pub(crate) fn reference(gid: &str) -> Value {
    json!({ REFERENCE: gid })
}

/// The global id that a value stands for.
pub(crate) fn referenced(value: &Value) -> Option<&str> {
    value.get(REFERENCE)?.as_str()
}

/// A moment as Shopify writes it: whole seconds, UTC.
pub(crate) fn timestamp(at: OffsetDateTime) -> Value {
    let at = at.to_offset(time::UtcOffset::UTC);
    let date = format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day());
    Value::String(format!("{date}T{:02}:{:02}:{:02}Z", at.hour(), at.minute(), at.second()))
}

/// Reads of JSON objects where null and absent are the same.
pub(crate) trait Fields {
    /// The value, unless it is null.
    fn present(&self, name: &str) -> Option<&Value>;
    /// A text; empty for other values.
    fn text(&self, name: &str) -> &str;
    /// A list; empty for other values.
    fn list(&self, name: &str) -> &[Value];
    /// Whether the value is `true`.
    fn is_true(&self, name: &str) -> bool;
    /// A decimal number, given as text or number.
    fn decimal(&self, name: &str) -> Option<Decimal>;
    /// A moment.
    fn time(&self, name: &str) -> Option<OffsetDateTime>;
}

impl Fields for Value {
    fn present(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn decimal(&self, name: &str) -> Option<Decimal> {
        match self.get(name)? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }

    fn time(&self, name: &str) -> Option<OffsetDateTime> {
        let format = time::format_description::well_known::Rfc3339;
        OffsetDateTime::parse(self.text(name), &format).ok()
    }
}
