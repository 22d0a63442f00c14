//! Typed reading of a document that reports all mistakes: a value with a mistake reads as `None`.

use std::collections::BTreeSet;

use domain_core::authoring::{Mistake, is_id};
use domain_core::currency::is_currency;
use domain_core::json_pointer;
use serde_json::{Map, Value};

use crate::points::{POINTS_MAX, Points};

/// Reads a document and collects its mistakes.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) mistakes: Vec<Mistake>,
}

/// An object whose members are known.
pub(super) struct Members<'a> {
    pub(super) pointer: String,
    pub(super) members: &'a Map<String, Value>,
}

// === impl Reader ===

impl Reader {
    pub(super) fn report(&mut self, field: String, message: impl Into<String>) {
        self.mistakes.push(Mistake { field, message: message.into() });
    }

    pub(super) fn members<'a>(
        &mut self,
        pointer: &str,
        value: &'a Value,
        known: &[&str],
    ) -> Option<Members<'a>> {
        let Value::Object(members) = value else {
            self.report(pointer.to_owned(), "must be an object");
            return None;
        };
        let all = Members { pointer: pointer.to_owned(), members };
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            self.report(all.pointer_of(key), format!("is unknown; known are {}", known.join(", ")));
        }
        Some(all)
    }

    pub(super) fn required<'a>(&mut self, all: &Members<'a>, key: &str) -> Option<&'a Value> {
        let value = all.members.get(key);
        if value.is_none() {
            self.report(all.pointer_of(key), "is missing");
        }
        value
    }

    pub(super) fn list<T>(
        &mut self,
        all: &Members<'_>,
        key: &str,
        max: usize,
        read: impl Fn(&mut Self, &str, &Value) -> Option<T>,
    ) -> Vec<Option<T>> {
        let pointer = all.pointer_of(key);
        match self.required(all, key) {
            Some(Value::Array(items)) if items.len() <= max => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| read(self, &format!("{pointer}/{index}"), item)).collect()
            }
            Some(Value::Array(_)) => {
                self.report(pointer, format!("must not have more than {max} elements"));
                vec![None]
            }
            Some(_) => {
                self.report(pointer, "must be a list");
                vec![None]
            }
            None => vec![None],
        }
    }

    pub(super) fn text(
        &mut self,
        all: &Members<'_>,
        key: &str,
        bytes_max: usize,
    ) -> Option<String> {
        match self.required(all, key)? {
            Value::String(text) if !text.trim().is_empty() && text.len() <= bytes_max => {
                Some(text.clone())
            }
            _ => {
                let message = format!("must be a text of 1 to {bytes_max} bytes");
                self.report(all.pointer_of(key), message);
                None
            }
        }
    }

    pub(super) fn id(&mut self, all: &Members<'_>) -> Option<String> {
        match self.required(all, "id")? {
            Value::String(id) if is_id(id) => Some(id.clone()),
            _ => {
                let message = "must be 1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or digit";
                self.report(all.pointer_of("id"), message);
                None
            }
        }
    }

    pub(super) fn currency(&mut self, all: &Members<'_>) -> Option<String> {
        match self.required(all, "currency")? {
            Value::String(code) if is_currency(code) => Some(code.clone()),
            _ => {
                self.report(all.pointer_of("currency"), "must be an ISO 4217 code such as EUR");
                None
            }
        }
    }

    pub(super) fn whole(
        &mut self,
        all: &Members<'_>,
        key: &str,
        min: u32,
        max: u32,
    ) -> Option<u32> {
        let number =
            self.required(all, key)?.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            let message = format!("must be a whole number from {min} to {max}");
            self.report(all.pointer_of(key), message);
        }
        number
    }

    /// A whole number from 1 that may be left out.
    pub(super) fn whole_or(
        &mut self,
        all: &Members<'_>,
        key: &str,
        absent: u32,
        max: u32,
    ) -> Option<u32> {
        if all.members.contains_key(key) { self.whole(all, key, 1, max) } else { Some(absent) }
    }

    pub(super) fn points(&mut self, all: &Members<'_>, key: &str, min: i64) -> Option<Points> {
        let number = self.required(all, key)?.as_i64();
        let number = number.filter(|number| (min..=POINTS_MAX).contains(number));
        if number.is_none() {
            let message = format!("must be a whole number from {min} to {POINTS_MAX}");
            self.report(all.pointer_of(key), message);
        }
        number.map(Points)
    }

    pub(super) fn flag(&mut self, all: &Members<'_>, key: &str) -> Option<bool> {
        match all.members.get(key) {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.report(all.pointer_of(key), "must be true or false");
                None
            }
        }
    }

    pub(super) fn check_ids<'t>(&mut self, list: &str, ids: impl Iterator<Item = Option<&'t str>>) {
        let mut known = BTreeSet::new();
        for (index, id) in ids.enumerate() {
            if id.is_some_and(|id| !known.insert(id)) {
                self.report(format!("{list}/{index}/id"), "is repeated");
            }
        }
    }
}

// === impl Members ===

impl Members<'_> {
    pub(super) fn pointer_of(&self, key: &str) -> String {
        json_pointer::member(&self.pointer, key)
    }
}
