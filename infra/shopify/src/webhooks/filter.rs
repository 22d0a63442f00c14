//! Filters of subscriptions: Shopify's search syntax over the fields of a payload, such as
//! `status:active AND (variants.price:>=10.00 OR tags:sale)`.
//!
//! Supported: `field:value`, `field:*`, `field:prefix*`, `>`, `>=`, `<`, `<=`, quotes, `NOT`, `-`,
//! `AND` (also implied), `OR`, parentheses. A field below a list holds if one element does.

use std::cmp::Ordering;

use serde_json::Value;

use super::decimal::compare;

/// Longest filter.
const FILTER_BYTES_MAX: usize = 8_192;
/// Deepest nesting of parentheses and negations.
const DEPTH_MAX: usize = 32;

/// A condition on a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All(Vec<Filter>),
    /// One of them.
    Any(Vec<Filter>),
    /// Not this one.
    Not(Box<Filter>),
    /// One field.
    Term {
        /// Its dotted path.
        field: String,
        /// How it compares.
        comparison: Comparison,
        /// With what.
        value: String,
    },
}

/// How a field compares with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is there and not null.
    Exists,
    /// It is equal; letters in any case.
    Equal,
    /// It begins so.
    Prefix,
    /// It is greater.
    Greater,
    /// It is greater or equal.
    AtLeast,
    /// It is less.
    Less,
    /// It is less or equal.
    AtMost,
}

/// Why a filter is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has {problem} at byte {at}")]
pub struct FilterError {
    /// Where, in bytes.
    pub at: usize,
    /// What.
    pub problem: &'static str,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether words without a field are terms, too: those have an empty field.
    has_words: bool,
}

// === impl Filter ===

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Self::read(text, false)
    }

    /// Reads a search query, which may have words without a field.
    pub(crate) fn parse_search(text: &str) -> Result<Self, FilterError> {
        Self::read(text, true)
    }

    fn read(text: &str, has_words: bool) -> Result<Self, FilterError> {
        if text.len() > FILTER_BYTES_MAX {
            return Err(FilterError { at: FILTER_BYTES_MAX, problem: "too many bytes" });
        }
        let mut parser = Parser { text, at: 0, depth: 0, has_words };
        let filter = parser.any()?;
        if parser.rest().is_empty() {
            Ok(filter)
        } else {
            Err(parser.error("a parenthesis too many"))
        }
    }

    /// Whether a payload is delivered.
    #[must_use]
    pub fn matches(&self, payload: &Value) -> bool {
        self.holds(&|field, comparison, value| {
            let mut texts = Vec::new();
            collect(payload, Some(field), &mut texts);
            texts.iter().any(|text| comparison.holds(text, value))
        })
    }

    /// Whether it holds if `has` says so of each term: field, comparison and value.
    pub(crate) fn holds(&self, has: &impl Fn(&str, Comparison, &str) -> bool) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.holds(has)),
            Self::Any(filters) => filters.iter().any(|filter| filter.holds(has)),
            Self::Not(filter) => !filter.holds(has),
            Self::Term { field, comparison, value } => has(field, *comparison, value),
        }
    }
}

// === impl Comparison ===

impl Comparison {
    pub(crate) fn holds(self, actual: &str, expected: &str) -> bool {
        let order = || compare(actual, expected);
        match self {
            Self::Exists => true,
            Self::Equal => order() == Ordering::Equal || actual.eq_ignore_ascii_case(expected),
            Self::Prefix => {
                let start = actual.get(..expected.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(expected))
            }
            Self::Greater => order() == Ordering::Greater,
            Self::AtLeast => order() != Ordering::Less,
            Self::Less => order() == Ordering::Less,
            Self::AtMost => order() != Ordering::Greater,
        }
    }
}

// === impl Parser ===

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Filter, FilterError> {
        let mut filters = vec![self.all()?];
        while self.word("OR") {
            filters.push(self.all()?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
    }

    fn all(&mut self) -> Result<Filter, FilterError> {
        let mut filters = vec![self.one()?];
        loop {
            let is_joined = self.word("AND");
            let rest = self.rest();
            if !is_joined && (rest.is_empty() || rest.starts_with(')') || starts_with_or(rest)) {
                break;
            }
            filters.push(self.one()?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error("too deep a nesting"));
        }
        self.depth += 1;
        let filter = if self.word("NOT") || self.symbol('-') {
            Filter::Not(Box::new(self.one()?))
        } else if self.symbol('(') {
            let filter = self.any()?;
            if !self.symbol(')') {
                return Err(self.error("no closing parenthesis"));
            }
            filter
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn term(&mut self) -> Result<Filter, FilterError> {
        let is_field = |letter: char| letter.is_ascii_alphanumeric() || "._".contains(letter);
        let rest = self.rest();
        let length = rest.find(|letter| !is_field(letter)).unwrap_or(rest.len());
        let field = rest[..length].to_owned();
        if self.has_words && (field.is_empty() || !rest[length..].starts_with(':')) {
            let (value, _) = self.value()?;
            let comparison = Comparison::Equal;
            return Ok(Filter::Term { field: String::new(), comparison, value });
        }
        if field.is_empty() {
            return Err(self.error("no field"));
        }
        self.at += length;
        if !self.text[self.at..].starts_with(':') {
            return Err(self.error("no colon after the field"));
        }
        self.at += 1;
        let comparisons = [
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
        ];
        let rest = &self.text[self.at..];
        let comparison = comparisons.into_iter().find(|(sign, _)| rest.starts_with(sign));
        self.at += comparison.map_or(0, |(sign, _)| sign.len());
        let (value, is_quoted) = self.value()?;
        let (comparison, value) = match comparison {
            Some((_, comparison)) => (comparison, value),
            None if value == "*" && !is_quoted => (Comparison::Exists, String::new()),
            None => match value.strip_suffix('*').filter(|_| !is_quoted) {
                Some(prefix) => (Comparison::Prefix, prefix.to_owned()),
                None => (Comparison::Equal, value),
            },
        };
        Ok(Filter::Term { field, comparison, value })
    }

    /// A value, and whether it was quoted.
    fn value(&mut self) -> Result<(String, bool), FilterError> {
        let rest = &self.text[self.at..];
        let quote = rest.chars().next().filter(|letter| "\"'".contains(*letter));
        if let Some(quote) = quote {
            let end = rest[1..].find(quote).ok_or_else(|| self.error("no closing quote"))?;
            self.at += end + 2;
            return Ok((rest[1..=end].to_owned(), true));
        }
        let is_end = |letter: char| letter.is_whitespace() || "()".contains(letter);
        let length = rest.find(is_end).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error("no value"));
        }
        self.at += length;
        Ok((rest[..length].to_owned(), false))
    }

    /// The text from the next letter on that is not white space.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn word(&mut self, word: &str) -> bool {
        let is_word = self.rest().strip_prefix(word).is_some_and(ends_word);
        self.at += if is_word { word.len() } else { 0 };
        is_word
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let is_next = self.rest().starts_with(symbol);
        self.at += if is_next { symbol.len_utf8() } else { 0 };
        is_next
    }

    fn error(&self, problem: &'static str) -> FilterError {
        FilterError { at: self.at, problem }
    }
}

fn starts_with_or(rest: &str) -> bool {
    rest.strip_prefix("OR").is_some_and(ends_word)
}

fn ends_word(rest: &str) -> bool {
    rest.starts_with(|letter: char| letter.is_whitespace() || letter == '(')
}

/// The texts of a field, through lists. A null is absent.
fn collect(value: &Value, path: Option<&str>, texts: &mut Vec<String>) {
    match (value, path) {
        (Value::Array(elements), _) => {
            elements.iter().for_each(|element| collect(element, path, texts));
        }
        (Value::Object(members), Some(path)) => {
            let (name, rest) = match path.split_once('.') {
                Some((name, rest)) => (name, Some(rest)),
                None => (path, None),
            };
            if let Some(member) = members.get(name) {
                collect(member, rest, texts);
            }
        }
        (Value::Null, _) | (_, Some(_)) => {}
        (Value::String(text), None) => texts.push(text.clone()),
        (other, None) => texts.push(other.to_string()),
    }
}
