//! Reading Shopify's JSON: exact, tolerant of unknown members, and clear about what it rejects.
//!
//! Numbers are read as the text they were written in, because ids pass 2^53 and money is sometimes
//! a JSON number: through a float both would change.

use std::collections::BTreeMap;

use domain_core::authoring::Mistake;
use domain_core::currency::{decimals, is_currency};
use domain_core::json_pointer;
use domain_core::money::Money;
use domain_core::time::Time;
use serde_json::value::RawValue;

use crate::encoded_variants::MalformedEncoding;

/// Why a payload was rejected: the field and its problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("payload {field:?} {problem}")]
pub struct PayloadError {
    /// A JSON Pointer into the document that was read; empty for the document itself.
    pub field: String,
    /// The problem with the field.
    pub problem: Problem,
}

/// A problem with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Absent or null, though required.
    #[error("is missing")]
    Missing,
    /// Present, but of another kind.
    #[error("is not {0}")]
    IsNot(&'static str),
    /// A list that is longer than its bound.
    #[error("has more than {0} elements")]
    TooMany(usize),
    /// An amount in another currency than the shop's.
    #[error("is in {actual} instead of {expected}")]
    OtherCurrency {
        /// The currency of the amount.
        actual: String,
        /// The currency of the shop.
        expected: String,
    },
    /// Not the Storefront API's encoding.
    #[error("can't be read: {0}")]
    Encoding(MalformedEncoding),
    /// A list that is a part of what the document itself says there is.
    #[error(
        "has {listed} of {all} elements: read the rest in pages, in the Admin API with \
         `variants(first: 250, after: …)`, and publish the whole"
    )]
    Part {
        /// How many it has.
        listed: usize,
        /// How many there are: a number, or what is known of it.
        all: String,
    },
}

/// A value that is present and not null.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    pointer: String,
    raw: &'a RawValue,
}

/// An object with unread members. Of a repeated key the last one counts, as in JavaScript.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    pointer: String,
    members: BTreeMap<String, &'a RawValue>,
}

// === impl PayloadError ===

impl From<PayloadError> for Mistake {
    fn from(PayloadError { field, problem }: PayloadError) -> Self {
        Self { field, message: problem.to_string() }
    }
}

// === impl Node ===

impl<'a> Node<'a> {
    /// Reads a whole document.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(text: &'a str) -> Result<Self, PayloadError> {
        match serde_json::from_str(text) {
            Ok(raw) => Ok(Self::root(raw)),
            Err(_) => Err(PayloadError { field: String::new(), problem: Problem::IsNot("JSON") }),
        }
    }

    /// The root of a document.
    #[must_use]
    pub fn root(raw: &'a RawValue) -> Self {
        Self { pointer: String::new(), raw }
    }

    /// The JSON Pointer of the value.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.pointer
    }

    /// The value as it was written.
    #[must_use]
    pub fn raw(&self) -> &'a RawValue {
        self.raw
    }

    /// The value as an object.
    ///
    /// # Errors
    /// It is not an object.
    pub fn object(&self) -> Result<Object<'a>, PayloadError> {
        let members = self.read("an object")?;
        Ok(Object { pointer: self.pointer.clone(), members })
    }

    /// The value as a list of at most `max` elements, without nulls.
    ///
    /// # Errors
    /// It is not a list, or longer.
    pub fn list(&self, max: usize) -> Result<Vec<Node<'a>>, PayloadError> {
        let elements: Vec<&'a RawValue> = self.read("a list")?;
        if elements.len() > max {
            return Err(self.error(Problem::TooMany(max)));
        }
        let nodes = elements
            .into_iter()
            .enumerate()
            .map(|(index, raw)| Node { pointer: format!("{}/{index}", self.pointer), raw });
        Ok(nodes.filter(|node| !is_null(node.raw)).collect())
    }

    /// The value as text.
    ///
    /// # Errors
    /// It is not a text.
    pub fn text(&self) -> Result<String, PayloadError> {
        self.read("a text")
    }

    /// The value as a flag.
    ///
    /// # Errors
    /// It is not a boolean.
    pub fn flag(&self) -> Result<bool, PayloadError> {
        self.read("a boolean")
    }

    /// The value as a count.
    ///
    /// # Errors
    /// It is not a whole number, negative, or above the range of `u32`.
    pub fn count(&self) -> Result<u32, PayloadError> {
        self.read("a count")
    }

    /// The value as a whole number.
    ///
    /// # Errors
    /// It is not one, or outside of the range of `T`.
    pub fn whole<T: serde::Deserialize<'a>>(&self) -> Result<T, PayloadError> {
        self.read("a whole number")
    }

    /// The value as a point in time.
    ///
    /// # Errors
    /// It is not an RFC 3339 text.
    pub fn time(&self) -> Result<Time, PayloadError> {
        self.time_with_offset().map(|(time, _)| time)
    }

    /// The value as a point in time, and the offset from UTC in minutes that it is written with.
    ///
    /// # Errors
    /// It is not an RFC 3339 text.
    pub fn time_with_offset(&self) -> Result<(Time, i16), PayloadError> {
        let expected = "an RFC 3339 time";
        let text: String = self.read(expected)?;
        Time::from_rfc3339_with_offset(&text).ok_or_else(|| self.is_not(expected))
    }

    /// The value as an id: a number or text of digits, stored as decimal text.
    ///
    /// # Errors
    /// It is neither, or zero.
    pub fn id(&self) -> Result<String, PayloadError> {
        let text = self.text_or_number();
        let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse::<std::num::NonZeroU64>().ok());
        number.map(|id| id.to_string()).ok_or_else(|| self.is_not("an id"))
    }

    /// The value as an exact amount of `currency`: decimal text, or a number read as it is written.
    ///
    /// # Errors
    /// It is neither, negative, or finer than the currency.
    pub fn amount(&self, currency: &str) -> Result<Money, PayloadError> {
        let amount = self.difference(currency)?;
        if amount < Money::ZERO { Err(self.is_not("an exact amount")) } else { Ok(amount) }
    }

    /// The same, but the amount may be negative.
    ///
    /// # Errors
    /// It is neither text nor number, or finer than the currency.
    pub fn difference(&self, currency: &str) -> Result<Money, PayloadError> {
        let text = self.text_or_number();
        let amount = text.and_then(|text| Money::from_decimal(&text, decimals(currency)));
        amount.ok_or_else(|| self.is_not("an exact amount"))
    }

    /// The value as a currency's code.
    ///
    /// # Errors
    /// It is not a currency's code.
    pub fn currency(&self) -> Result<String, PayloadError> {
        let code = self.text()?;
        if is_currency(&code) { Ok(code) } else { Err(self.is_not("an ISO 4217 currency")) }
    }

    /// The error that this value is not `expected`.
    #[must_use]
    pub fn is_not(&self, expected: &'static str) -> PayloadError {
        self.error(Problem::IsNot(expected))
    }

    /// This problem of the value.
    #[must_use]
    pub fn error(&self, problem: Problem) -> PayloadError {
        PayloadError { field: self.pointer.clone(), problem }
    }

    fn text_or_number(&self) -> Option<String> {
        let written = self.raw.get();
        match written.as_bytes().first() {
            Some(b'"') => serde_json::from_str(written).ok(),
            Some(b'-' | b'0'..=b'9') => Some(written.to_owned()),
            _ => None,
        }
    }

    fn read<T: serde::Deserialize<'a>>(&self, expected: &'static str) -> Result<T, PayloadError> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.is_not(expected))
    }
}

// === impl Object ===

impl<'a> Object<'a> {
    /// The member `key`, unless it is absent or null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        let raw = self.members.get(key).filter(|raw| !is_null(raw))?;
        Some(Node { pointer: self.pointer_of(key), raw })
    }

    /// Whether it has the member `key`, even if that is null.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    /// The member `key`.
    ///
    /// # Errors
    /// It is absent or null.
    pub fn need(&self, key: &str) -> Result<Node<'a>, PayloadError> {
        self.get(key).ok_or_else(|| self.missing(key))
    }

    /// The error that the member `key` is missing.
    #[must_use]
    pub fn missing(&self, key: &str) -> PayloadError {
        PayloadError { field: self.pointer_of(key), problem: Problem::Missing }
    }

    /// The first member whose key is `key` in any case.
    #[must_use]
    pub fn get_in_any_case(&self, key: &str) -> Option<Node<'a>> {
        let member = self.members.keys().find(|member| member.eq_ignore_ascii_case(key))?;
        self.get(member)
    }

    /// The member `key` as an amount of the shop's `currency`: from `{key}_set.shop_money`, else
    /// from `{key}` itself, which Shopify states in the shop's currency too.
    ///
    /// # Errors
    /// Both are absent, it is not an exact amount, or it is in another currency.
    pub fn shop_money(&self, key: &str, currency: &str) -> Result<Money, PayloadError> {
        let Some(set) = self.get(&format!("{key}_set")) else {
            return self.need(key)?.amount(currency);
        };
        let Some(money) = set.object()?.get("shop_money") else {
            return self.need(key)?.amount(currency);
        };
        let money = money.object()?;
        if let Some(code) = money.get("currency_code") {
            code.need_currency(currency)?;
        }
        money.need("amount")?.amount(currency)
    }

    fn pointer_of(&self, key: &str) -> String {
        json_pointer::member(&self.pointer, key)
    }
}

impl Node<'_> {
    /// Requires the text of this node to be the currency `expected`.
    ///
    /// # Errors
    /// It is another one, or no text.
    pub fn need_currency(&self, expected: &str) -> Result<(), PayloadError> {
        let actual = self.text()?;
        if actual == expected {
            return Ok(());
        }
        Err(self.error(Problem::OtherCurrency { actual, expected: expected.to_owned() }))
    }
}

fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}
