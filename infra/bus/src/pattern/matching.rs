//! Whether an event matches a pattern.
//!
//! An event is parsed only as deep as the pattern needs, and its numbers stay text.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::syntax::{Node, Pattern, Test};

/// An event's outermost object, read once for all patterns.
pub(crate) struct Document<'a>(Fields<'a>);

type Fields<'a> = HashMap<String, &'a RawValue>;

/// A value as far as patterns distinguish values.
enum Shape<'a> {
    Leaf(Leaf<'a>),
    Array(Vec<&'a RawValue>),
    Object(Fields<'a>),
}

enum Leaf<'a> {
    Text(Cow<'a, str>),
    Number(&'a str),
    Bool(bool),
    Null,
}

// === impl Document ===

impl<'a> Document<'a> {
    pub(crate) fn read(event: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(event).map(Self)
    }

    pub(crate) fn matches(&self, pattern: &Pattern) -> bool {
        pattern.0.holds(&self.0)
    }
}

// === impl Node ===

impl Node {
    fn holds(&self, fields: &Fields<'_>) -> bool {
        let leaf = |(name, tests): &(String, Vec<Test>)| {
            let value = fields.get(name).copied();
            tests.iter().any(|test| test.holds(value))
        };
        let nested = |(name, node): &(String, Self)| {
            fields.get(name).is_some_and(|value| node.holds_in(value))
        };
        // The cheap tests first: most events fail on their source or detail type.
        self.leaves.iter().all(leaf)
            && self.nested.iter().all(nested)
            && self.either.iter().all(|branches| branches.iter().any(|node| node.holds(fields)))
    }

    /// An array of objects matches if one of them does, with all its fields.
    fn holds_in(&self, value: &RawValue) -> bool {
        match Shape::of(value) {
            Some(Shape::Object(fields)) => self.holds(&fields),
            Some(Shape::Array(items)) => items.iter().any(|item| self.holds_in(item)),
            Some(Shape::Leaf(_)) | None => false,
        }
    }
}

// === impl Test ===

impl Test {
    /// An array matches if one of its elements does; an absent value never matches.
    fn holds(&self, value: Option<&RawValue>) -> bool {
        value.is_some_and(|value| any_leaf(value, &|leaf| self.holds_for(leaf)))
    }

    fn holds_for(&self, leaf: &Leaf<'_>) -> bool {
        match (self, leaf) {
            (Self::Text(expected), Leaf::Text(text)) => expected == text,
            (Self::Prefix(prefix), Leaf::Text(text)) => text.starts_with(prefix),
            (Self::Number(expected), Leaf::Number(number)) => expected == number,
            (Self::Bool(expected), Leaf::Bool(value)) => expected == value,
            (Self::Null, Leaf::Null) => true,
            _ => false,
        }
    }
}

/// Whether the value, or an element of an array, passes.
fn any_leaf(value: &RawValue, passes: &dyn Fn(&Leaf<'_>) -> bool) -> bool {
    match Shape::of(value) {
        Some(Shape::Leaf(leaf)) => passes(&leaf),
        Some(Shape::Array(items)) => items.iter().any(|item| any_leaf(item, passes)),
        Some(Shape::Object(_)) | None => false,
    }
}

// === impl Shape ===

impl<'a> Shape<'a> {
    /// `None` if the text is no JSON; every detail was validated on arrival.
    fn of(value: &'a RawValue) -> Option<Self> {
        let text = value.get();
        Some(match text.as_bytes().first()? {
            b'{' => Self::Object(serde_json::from_str(text).ok()?),
            b'[' => Self::Array(serde_json::from_str(text).ok()?),
            b'"' => Self::Leaf(Leaf::Text(serde_json::from_str(text).map(Cow::Owned).ok()?)),
            b't' => Self::Leaf(Leaf::Bool(true)),
            b'f' => Self::Leaf(Leaf::Bool(false)),
            b'n' => Self::Leaf(Leaf::Null),
            _ => Self::Leaf(Leaf::Number(text)),
        })
    }
}
