//! Typed reader of a document, which collects all mistakes.

use std::collections::HashSet;

use domain_core::authoring::{Mistakes, Place};
use domain_core::money::Money;

use super::json::Json;

/// Largest amount in minor units, either way: ten thousand such amounts still fit an `i64`, so no
/// sum in the configurator can overflow.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// Longest title, message or sku in bytes; every response contains the texts of a product.
pub(super) const TEXT_BYTES_MAX: usize = 1_000;

/// The fields of one object, each known and unique.
pub(super) struct Fields<'j> {
    entries: &'j [(std::borrow::Cow<'j, str>, Json<'j>)],
}

/// Reads parts of a document and collects their mistakes.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) mistakes: Mistakes,
}

// === impl Fields ===

impl<'j> Fields<'j> {
    pub(super) fn get(&self, name: &str) -> Option<&'j Json<'j>> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

// === impl Reader ===

impl Reader {
    pub(super) fn mistake(&mut self, place: &Place<'_>, message: impl Into<String>) {
        self.mistakes.add(place, message);
    }

    fn expected(&mut self, place: &Place<'_>, kind: &str, json: &Json<'_>) {
        self.mistake(place, format!("expected {kind}, found {}", json.kind()));
    }

    /// An object with only these fields; those in `required` must be present.
    pub(super) fn fields<'j>(
        &mut self,
        place: &Place<'_>,
        json: &'j Json<'j>,
        known: &[&str],
        required: &[&str],
    ) -> Option<Fields<'j>> {
        let entries = self.object(place, json)?;
        for (key, _) in entries {
            if !known.contains(&&**key) {
                let known = known.join(", ");
                self.mistake(&place.key(key), format!("unknown field; known are {known}"));
            }
        }
        for name in required {
            if !entries.iter().any(|(key, _)| key == name) {
                self.mistake(place, format!("{name} is missing"));
            }
        }
        Some(Fields { entries })
    }

    /// An object with any fields, each of them unique.
    pub(super) fn object<'j>(
        &mut self,
        place: &Place<'_>,
        json: &'j Json<'j>,
    ) -> Option<&'j [(std::borrow::Cow<'j, str>, Json<'j>)]> {
        let Json::Object(entries) = json else {
            self.expected(place, "an object", json);
            return None;
        };
        let mut keys = HashSet::new();
        for (key, _) in entries {
            if !keys.insert(key) {
                self.mistake(&place.key(key), "this field is there more than once");
            }
        }
        Some(entries)
    }

    /// A list of at most `max` items. A longer one is a mistake; the rest of it is ignored.
    pub(super) fn list<'j>(
        &mut self,
        place: &Place<'_>,
        json: Option<&'j Json<'j>>,
        max: usize,
    ) -> &'j [Json<'j>] {
        match json {
            None => &[],
            Some(Json::List(items)) if items.len() > max => {
                self.mistake(place, format!("{} items; at most {max} are possible", items.len()));
                &items[..max]
            }
            Some(Json::List(items)) => items,
            Some(other) => {
                self.expected(place, "a list", other);
                &[]
            }
        }
    }

    pub(super) fn text<'j>(&mut self, place: &Place<'_>, json: &'j Json<'j>) -> Option<&'j str> {
        let Json::Text(text) = json else {
            self.expected(place, "a string", json);
            return None;
        };
        if text.len() > TEXT_BYTES_MAX {
            self.mistake(place, format!("longer than {TEXT_BYTES_MAX} bytes"));
            return None;
        }
        Some(text)
    }

    /// An optional text.
    pub(super) fn text_of<'j>(
        &mut self,
        place: &Place<'_>,
        fields: &Fields<'j>,
        name: &str,
    ) -> Option<&'j str> {
        let json = fields.get(name)?;
        self.text(&place.key(name), json)
    }

    /// An optional boolean.
    pub(super) fn truth_of(
        &mut self,
        place: &Place<'_>,
        fields: &Fields<'_>,
        name: &str,
    ) -> Option<bool> {
        match fields.get(name)? {
            Json::Bool(truth) => Some(*truth),
            other => {
                self.expected(&place.key(name), "true or false", other);
                None
            }
        }
    }

    /// An optional amount.
    pub(super) fn amount_of(
        &mut self,
        place: &Place<'_>,
        fields: &Fields<'_>,
        name: &str,
    ) -> Option<Money> {
        let json = fields.get(name)?;
        let place = place.key(name);
        match json {
            Json::Integer(amount) if amount.unsigned_abs() <= AMOUNT_MAX.unsigned_abs() => {
                return Some(Money(*amount));
            }
            Json::Integer(_) => {
                self.mistake(&place, format!("beyond {AMOUNT_MAX} minor units"));
            }
            Json::Number => self.mistake(&place, "expected a whole number of minor units"),
            other => self.expected(&place, "a whole number of minor units", other),
        }
        None
    }
}
