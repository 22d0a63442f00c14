//! Parses a pattern from JSON; rejects what EventBridge would reject, and what this bus does not
//! emulate.

use serde_json::{Map, Value};

use crate::error::PatternError;

/// Longest pattern in characters (EventBridge quota for a classic bus).
const PATTERN_CHARS_MAX: usize = 2_048;

/// Combinations of all `$or` branches (EventBridge quota).
const OR_COMBINATIONS_MAX: usize = 1_000;

/// Operators of EventBridge that no rule here uses. One that is needed moves to [`operator`].
const NOT_EMULATED: [&str; 7] =
    ["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "suffix", "wildcard"];

/// A pattern: its root.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(super) Node);

/// An object of a pattern: all of its fields must match, and one branch of each `$or`.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) leaves: Vec<(String, Vec<Test>)>,
    pub(super) nested: Vec<(String, Node)>,
    pub(super) either: Vec<Vec<Node>>,
}

/// A test of a field's value.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Text(String),
    Prefix(String),
    /// Compared as written: 300 is not 300.0.
    Number(String),
    Bool(bool),
    Null,
}

// === impl Pattern ===

impl Pattern {
    pub(crate) fn parse(pattern: &Value) -> Result<Self, PatternError> {
        let Value::Object(fields) = pattern else {
            return Err(invalid("the root", "a pattern is an object"));
        };
        if pattern.to_string().chars().count() > PATTERN_CHARS_MAX {
            return Err(invalid("the root", "more than 2048 characters"));
        }
        let root = Node::parse(fields, "")?;
        if root.combinations() > OR_COMBINATIONS_MAX {
            return Err(invalid("the root", "$or amounts to more than 1000 combinations"));
        }
        Ok(Self(root))
    }
}

// === impl Node ===

impl Node {
    fn parse(fields: &Map<String, Value>, at: &str) -> Result<Self, PatternError> {
        if fields.is_empty() {
            return Err(invalid(if at.is_empty() { "the root" } else { at }, "an empty object"));
        }
        let mut node = Self::default();
        for (name, value) in fields {
            let here = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match value {
                _ if name == "$or" => node.either.push(branches(value, &here)?),
                Value::Array(tests) => node.leaves.push((name.clone(), leaf(tests, &here)?)),
                Value::Object(inner) => {
                    node.nested.push((name.clone(), Self::parse(inner, &here)?));
                }
                _ => return Err(invalid(&here, "expected an array or an object")),
            }
        }
        Ok(node)
    }

    /// How many patterns without `$or` this one is equivalent to.
    fn combinations(&self) -> usize {
        let nested = self.nested.iter().map(|(_, node)| node.combinations());
        let either = self
            .either
            .iter()
            .map(|branches| branches.iter().map(Self::combinations).fold(0, usize::saturating_add));
        nested.chain(either).fold(1, usize::saturating_mul)
    }
}

fn branches(value: &Value, at: &str) -> Result<Vec<Node>, PatternError> {
    let Some(branches) = value.as_array().filter(|branches| branches.len() > 1) else {
        return Err(invalid(at, "expected an array of at least two objects"));
    };
    let branch = |value: &Value| match value {
        Value::Object(fields) => Node::parse(fields, at),
        _ => Err(invalid(at, "expected an array of at least two objects")),
    };
    branches.iter().map(branch).collect()
}

fn leaf(values: &[Value], at: &str) -> Result<Vec<Test>, PatternError> {
    if values.is_empty() {
        return Err(invalid(at, "an empty array matches nothing"));
    }
    values.iter().map(|value| test(value, at)).collect()
}

fn test(value: &Value, at: &str) -> Result<Test, PatternError> {
    match value {
        Value::Array(_) => Err(invalid(at, "an array inside an array")),
        Value::Object(object) => {
            let mut members = object.iter();
            match (members.next(), members.next()) {
                (Some((name, operand)), None) => operator(name, operand, at),
                _ => Err(invalid(at, "expected one operator in an object")),
            }
        }
        scalar => Ok(equality(scalar)),
    }
}

/// Equality with a scalar. Arrays and objects never get here; they would equal nothing.
fn equality(scalar: &Value) -> Test {
    match scalar {
        Value::String(text) => Test::Text(text.clone()),
        Value::Number(number) => Test::Number(number.to_string()),
        Value::Bool(value) => Test::Bool(*value),
        _ => Test::Null,
    }
}

fn operator(name: &str, operand: &Value, at: &str) -> Result<Test, PatternError> {
    match (name, operand) {
        ("prefix", Value::String(text)) => Ok(Test::Prefix(text.clone())),
        ("prefix", Value::Object(inner)) if inner.contains_key("equals-ignore-case") => {
            Err(not_emulated(at, "equals-ignore-case"))
        }
        _ if NOT_EMULATED.contains(&name) => Err(not_emulated(at, name)),
        _ => Err(invalid(at, &format!("`{name}` is no operator on this value"))),
    }
}

fn not_emulated(at: &str, operator: &str) -> PatternError {
    PatternError::NotEmulated { at: at.to_owned(), operator: operator.to_owned() }
}

fn invalid(at: &str, problem: &str) -> PatternError {
    PatternError::Invalid { at: at.to_owned(), problem: problem.to_owned() }
}
