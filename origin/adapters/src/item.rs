//! One item as both tables store it: key, version, document, expiry.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_core::port::PortError;
use domain_core::time::Time;

use crate::error::corrupt;
use crate::keys::{INDEX_PK, INDEX_SK, Key};

/// The version, which every write's condition compares.
const VERSION: &str = "v";
/// The document.
const DOCUMENT: &str = "d";
/// Seconds since 1970 after which DynamoDB may delete the item, within days.
pub(crate) const TTL: &str = "ttl";

/// An item without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) version: u64,
    pub(crate) document: Vec<u8>,
    /// `None`: never expires.
    pub(crate) expires_at: Option<Time>,
    /// Its keys in the index, if it has an entry there. Not read back.
    pub(crate) index: Option<(String, String)>,
}

/// A write that happens only if its guard holds.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) key: Key,
    pub(crate) item: Item,
    pub(crate) guard: Guard,
}

/// The condition on the present item under which a write happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// There is no item.
    Absent,
    /// It has this version.
    Version(u64),
    /// It has this version and expiry: for items whose version may start again.
    Life {
        /// The version.
        version: u64,
        /// The expiry.
        expires_at: Time,
    },
    /// No condition: the guard of another write of the same transaction covers both.
    Sibling,
    /// There is no item, or one with another document: writing the same again is a no-op, and a
    /// damaged document is repaired.
    Different,
    /// As [`Guard::Different`], or it would expire before this: an expiry only moves later.
    DifferentOrBefore(Time),
}

/// A [`Guard`] as a condition expression of DynamoDB.
pub(crate) struct Condition {
    pub(crate) expression: Option<&'static str>,
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<HashMap<String, AttributeValue>>,
}

// === impl Item ===

impl Item {
    pub(crate) fn new(version: u64, document: Vec<u8>) -> Self {
        Self { version, document, expires_at: None, index: None }
    }

    pub(crate) fn indexed(self, index: Option<(String, String)>) -> Self {
        Self { index, ..self }
    }

    pub(crate) fn expiring(self, at: Time) -> Self {
        Self { expires_at: Some(at), ..self }
    }

    fn attributes(&self) -> HashMap<String, AttributeValue> {
        let ttl = self.expires_at.map(|at| (TTL.to_owned(), number(at.unix_s())));
        [
            (VERSION.to_owned(), number(self.version)),
            (DOCUMENT.to_owned(), AttributeValue::B(Blob::new(self.document.clone()))),
        ]
        .into_iter()
        .chain(ttl)
        .chain(self.index.iter().flat_map(|(pk, sk)| {
            [(INDEX_PK, pk), (INDEX_SK, sk)]
                .map(|(name, key)| (name.to_owned(), AttributeValue::S(key.clone())))
        }))
        .collect()
    }

    /// The item that was read; attributes it does not know are ignored.
    pub(crate) fn read(mut attributes: HashMap<String, AttributeValue>) -> Result<Self, PortError> {
        let number_of =
            |name: &str| -> Option<u64> { attributes.get(name)?.as_n().ok()?.parse().ok() };
        let version = number_of(VERSION).ok_or_else(|| corrupt("item", "no version"))?;
        let expires_at = number_of(TTL).map(|s| Time(s.saturating_mul(1_000)));
        match attributes.remove(DOCUMENT) {
            Some(AttributeValue::B(document)) => {
                Ok(Self { version, document: document.into_inner(), expires_at, index: None })
            }
            _ => Err(corrupt("item", "no document")),
        }
    }
}

// === impl Put ===

impl Put {
    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let mut attributes = self.item.attributes();
        attributes.extend(self.key.attributes());
        attributes
    }

    pub(crate) fn condition(&self) -> Condition {
        let document = || AttributeValue::B(Blob::new(self.item.document.clone()));
        match self.guard {
            Guard::Absent => Condition::new("attribute_not_exists(pk)", []),
            Guard::Version(version) => Condition::new("v = :v", [(":v", number(version))]),
            Guard::Life { version, expires_at } => {
                let ttl = number(expires_at.unix_s());
                Condition::new("v = :v AND #ttl = :ttl", [(":v", number(version)), (":ttl", ttl)])
                    .naming("#ttl", TTL)
            }
            Guard::Sibling => Condition { expression: None, names: None, values: None },
            Guard::Different => {
                Condition::new("attribute_not_exists(pk) OR d <> :d", [(":d", document())])
            }
            Guard::DifferentOrBefore(at) => Condition::new(
                "attribute_not_exists(pk) OR d <> :d OR #ttl < :ttl",
                [(":d", document()), (":ttl", number(at.unix_s()))],
            )
            .naming("#ttl", TTL),
        }
    }
}

// === impl Condition ===

impl Condition {
    fn new<const N: usize>(expression: &'static str, values: [(&str, AttributeValue); N]) -> Self {
        let values = values.map(|(name, value)| (name.to_owned(), value));
        let values = Some(HashMap::from(values)).filter(|values| !values.is_empty());
        Self { expression: Some(expression), names: None, values }
    }

    /// For words that DynamoDB reserves.
    fn naming(self, placeholder: &str, name: &str) -> Self {
        Self { names: Some(HashMap::from([(placeholder.to_owned(), name.to_owned())])), ..self }
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
