//! Whether an event matches a pattern.
//!
//! An event is parsed only as deep as the pattern needs, and its numbers stay text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::value::RawValue;

use super::decimal::Decimal;
use super::syntax::{Comparison, Node, Pattern, Test, Text};

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
            fields
                .get(name)
                .map_or_else(|| node.holds(&Fields::new()), |value| node.holds_in(value))
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
            // A scalar has no fields; the pattern may test their absence.
            Some(Shape::Leaf(_)) | None => self.holds(&Fields::new()),
        }
    }
}

// === impl Test ===

impl Test {
    /// An array matches if one of its elements does. Only `exists` matches an absent value.
    fn holds(&self, value: Option<&RawValue>) -> bool {
        if let Self::Exists(expected) = self {
            return value.is_some_and(|value| any_leaf(value, &|_| true)) == *expected;
        }
        value.is_some_and(|value| any_leaf(value, &|leaf| self.holds_for(leaf)))
    }

    fn holds_for(&self, leaf: &Leaf<'_>) -> bool {
        match (self, leaf) {
            (Self::Exists(expected), _) => *expected,
            (Self::AnythingBut(excluded), _) => !excluded.iter().any(|test| test.holds_for(leaf)),
            (Self::Text(test), Leaf::Text(text)) => test.holds_for(text),
            (Self::Number(expected), Leaf::Number(number)) => expected == number,
            (Self::Bool(expected), Leaf::Bool(value)) => expected == value,
            (Self::Null, Leaf::Null) => true,
            (Self::Numeric(comparisons), Leaf::Number(number)) => {
                let number = Decimal::parse(number).filter(Decimal::is_comparable);
                number.is_some_and(|number| {
                    comparisons.iter().all(|(symbol, than)| symbol.holds(number.cmp(than)))
                })
            }
            (Self::Cidr(block, bits), Leaf::Text(text)) => {
                text.parse().is_ok_and(|address| is_in_block(address, *block, *bits))
            }
            _ => false,
        }
    }
}

// === impl Text ===

impl Text {
    fn holds_for(&self, text: &str) -> bool {
        match self {
            Self::Equals(expected) => text == expected,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::EqualsIgnoringCase(expected) => text.to_lowercase() == *expected,
            Self::PrefixIgnoringCase(prefix) => text.to_lowercase().starts_with(prefix),
            Self::SuffixIgnoringCase(suffix) => text.to_lowercase().ends_with(suffix),
            Self::Wildcard(pieces) => fits(text, pieces),
        }
    }
}

/// Whether the text consists of the pieces in their order with anything between them. Taking each
/// middle piece at its first occurrence leaves the most for the rest, so no backtracking is needed.
fn fits(text: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|only| text == only);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        match rest.find(piece.as_str()) {
            Some(start) => rest = &rest[start + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

// === impl Comparison ===

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

fn is_in_block(address: IpAddr, block: IpAddr, bits: u8) -> bool {
    let prefix = |bits: u8, width: u32, address: u128| {
        // A prefix of no bits shifts by the whole width: it contains every address.
        address.checked_shr(width - u32::from(bits)).unwrap_or(0)
    };
    match (address, block) {
        (IpAddr::V4(address), IpAddr::V4(block)) => {
            prefix(bits, 32, address.to_bits().into()) == prefix(bits, 32, block.to_bits().into())
        }
        (IpAddr::V6(address), IpAddr::V6(block)) => {
            prefix(bits, 128, address.to_bits()) == prefix(bits, 128, block.to_bits())
        }
        _ => false,
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
