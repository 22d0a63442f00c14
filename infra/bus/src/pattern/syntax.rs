//! Parses a pattern from JSON and rejects it where EventBridge would.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::decimal::Decimal;
use crate::error::PatternError;

/// Longest pattern in characters (EventBridge quota for a classic bus).
const PATTERN_CHARS_MAX: usize = 2_048;

/// Combinations of all `$or` branches (EventBridge quota).
const OR_COMBINATIONS_MAX: usize = 1_000;

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
    Text(Text),
    /// Compared as written: 300 is not 300.0.
    Number(String),
    Bool(bool),
    Null,
    Exists(bool),
    /// There is a value, and no one of these tests matches it.
    AnythingBut(Vec<Test>),
    Numeric(Vec<(Comparison, Decimal)>),
    Cidr(IpAddr, u8),
}

/// A test of a string.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Equals(String),
    Prefix(String),
    Suffix(String),
    /// The three below hold lower case.
    EqualsIgnoringCase(String),
    PrefixIgnoringCase(String),
    SuffixIgnoringCase(String),
    /// The pieces between the asterisks.
    Wildcard(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
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
        Value::String(text) => Test::Text(Text::Equals(text.clone())),
        Value::Number(number) => Test::Number(number.to_string()),
        Value::Bool(value) => Test::Bool(*value),
        _ => Test::Null,
    }
}

fn operator(name: &str, operand: &Value, at: &str) -> Result<Test, PatternError> {
    let unknown = || invalid(at, &format!("`{name}` is no operator on this value"));
    match (name, operand) {
        ("exists", Value::Bool(exists)) => Ok(Test::Exists(*exists)),
        ("numeric", Value::Array(comparison)) => numeric(comparison, at),
        ("cidr", Value::String(block)) => cidr(block)
            .ok_or_else(|| invalid(at, &format!("`{block}` is no block of IP addresses"))),
        ("anything-but", _) => anything_but(operand, at),
        _ => text(name, operand, at)?.map(Test::Text).ok_or_else(unknown),
    }
}

/// The operators on strings; `None` for any other operator.
fn text(name: &str, operand: &Value, at: &str) -> Result<Option<Text>, PatternError> {
    let folded = |operand: &Map<String, Value>| match operand.get("equals-ignore-case") {
        Some(Value::String(text)) if operand.len() == 1 => Some(text.to_lowercase()),
        _ => None,
    };
    Ok(match (name, operand) {
        ("prefix", Value::String(text)) => Some(Text::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Some(Text::Suffix(text.clone())),
        ("equals-ignore-case", Value::String(text)) => {
            Some(Text::EqualsIgnoringCase(text.to_lowercase()))
        }
        ("prefix", Value::Object(operand)) => folded(operand).map(Text::PrefixIgnoringCase),
        ("suffix", Value::Object(operand)) => folded(operand).map(Text::SuffixIgnoringCase),
        ("wildcard", Value::String(text)) => Some(Text::Wildcard(pieces(text, at)?)),
        _ => None,
    })
}

fn anything_but(operand: &Value, at: &str) -> Result<Test, PatternError> {
    let values = match operand {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let strings = values.iter().all(Value::is_string);
    let numbers = values.iter().all(Value::is_number);
    if !values.is_empty() && (strings || numbers) {
        return Ok(Test::AnythingBut(values.iter().map(equality).collect()));
    }
    let Value::Object(object) = operand else {
        return Err(invalid(at, "`anything-but` takes only strings or only numbers"));
    };
    let mut members = object.iter();
    let (Some((name, operand)), None) = (members.next(), members.next()) else {
        return Err(invalid(at, "`anything-but` takes one operator"));
    };
    excluded_texts(name, operand, at)
}

/// `anything-but` with an operator inside: on one string or several.
fn excluded_texts(name: &str, operand: &Value, at: &str) -> Result<Test, PatternError> {
    let not_strings = || invalid(at, &format!("`{name}` inside `anything-but` takes strings"));
    let operands = match operand {
        Value::Array(operands) => operands.as_slice(),
        one => std::slice::from_ref(one),
    };
    let excluded = |operand: &Value| match text(name, operand, at)? {
        // Every string begins and ends with the empty one: EventBridge rejects a test that excludes
        // all.
        Some(Text::Prefix(text) | Text::Suffix(text)) if text.is_empty() => Err(not_strings()),
        Some(text) if operand.is_string() => Ok(Test::Text(text)),
        _ => Err(not_strings()),
    };
    let excluded: Vec<_> = operands.iter().map(excluded).collect::<Result<_, _>>()?;
    if excluded.is_empty() { Err(not_strings()) } else { Ok(Test::AnythingBut(excluded)) }
}

fn numeric(comparison: &[Value], at: &str) -> Result<Test, PatternError> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let mut tests = Vec::new();
    for pair in comparison.chunks(2) {
        let symbol = match pair[0].as_str() {
            Some("=") => Equal,
            Some("<") => Less,
            Some("<=") => LessOrEqual,
            Some(">") => Greater,
            Some(">=") => GreaterOrEqual,
            _ => return Err(invalid(at, "`numeric` compares with =, <, <=, > or >=")),
        };
        let number = match pair.get(1) {
            Some(Value::Number(number)) => Decimal::parse(&number.to_string()),
            _ => None,
        };
        let number = number
            .filter(Decimal::is_comparable)
            .ok_or_else(|| invalid(at, "`numeric` takes numbers between -5e9 and 5e9"))?;
        tests.push((symbol, number));
    }
    match tests.as_slice() {
        [_] | [(Greater | GreaterOrEqual, _), (Less | LessOrEqual, _)] => Ok(Test::Numeric(tests)),
        _ => Err(invalid(at, "`numeric` takes one comparison, or a lower and an upper")),
    }
}

fn cidr(block: &str) -> Option<Test> {
    let (address, bits) = block.split_once('/')?;
    let (address, bits): (IpAddr, u8) = (address.parse().ok()?, bits.parse().ok()?);
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    (bits <= bits_max).then_some(Test::Cidr(address, bits))
}

/// The pieces between the asterisks of a wildcard; `\*` and `\\` stand for themselves.
fn pieces(wildcard: &str, at: &str) -> Result<Vec<String>, PatternError> {
    let mut pieces = vec![String::new()];
    let mut characters = wildcard.chars();
    let mut after_asterisk = false;
    while let Some(character) = characters.next() {
        if character == '*' {
            if after_asterisk {
                return Err(invalid(at, "`wildcard` with two asterisks in a row"));
            }
            pieces.push(String::new());
            after_asterisk = true;
            continue;
        }
        let literal = match character {
            '\\' => match characters.next() {
                Some(escaped @ ('*' | '\\')) => escaped,
                _ => return Err(invalid(at, "`wildcard` escapes only `*` and `\\`")),
            },
            plain => plain,
        };
        pieces.last_mut().expect("there is always a last piece").push(literal);
        after_asterisk = false;
    }
    Ok(pieces)
}

fn invalid(at: &str, problem: &str) -> PatternError {
    PatternError { at: at.to_owned(), problem: problem.to_owned() }
}
