//! Keys, items and conditions as DynamoDB's attributes and expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_core::port::PortError;
use domain_core::time::Time;

use crate::error::corrupt;
use crate::table::{Guard, Item, Key, Put, TableName};

/// Partition key of both tables.
pub(super) const PK: &str = "pk";
/// Sort key of the hot table.
pub(super) const SK: &str = "sk";
/// Partition key of the hot table's one overloaded index.
pub(super) const INDEX_PK: &str = "gpk";
/// Sort key of that index.
pub(super) const INDEX_SK: &str = "gsk";
/// The index's name.
pub(super) const INDEX: &str = "overloaded";
/// Seconds since 1970 after which DynamoDB may delete the item, within days.
pub(super) const TTL: &str = "ttl";
/// The item's version.
const VERSION: &str = "v";
/// The document.
const DOCUMENT: &str = "d";

/// The attributes of a key or an item.
pub(super) type Attributes = HashMap<String, AttributeValue>;

/// A [`Guard`] as a condition expression.
pub(super) struct Condition {
    pub(super) expression: Option<&'static str>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Attributes>,
}

pub(super) fn of_key(key: &Key) -> Attributes {
    let sk = key.sk.clone().map(|sk| (SK.to_owned(), AttributeValue::S(sk)));
    std::iter::once((PK.to_owned(), AttributeValue::S(key.pk.clone()))).chain(sk).collect()
}

/// The key of an item that was read.
pub(super) fn read_key(table: TableName, attributes: &Attributes) -> Result<Key, PortError> {
    let text = |name| attributes.get(name).and_then(|value| value.as_s().ok()).cloned();
    let pk = text(PK).ok_or_else(|| corrupt("item", "no key"))?;
    Ok(Key { table, pk, sk: text(SK) })
}

/// An item with its key.
pub(super) fn of_put(put: &Put) -> Attributes {
    let Item { version, document, expires_at, index } = &put.item;
    let ttl = expires_at.map(|at| (TTL.to_owned(), number(at.unix_s())));
    let index = index.iter().flat_map(|key| {
        [(INDEX_PK, &key.pk), (INDEX_SK, &key.sk)]
            .map(|(name, text)| (name.to_owned(), AttributeValue::S(text.clone())))
    });
    let mut attributes = of_key(&put.key);
    attributes.extend([
        (VERSION.to_owned(), number(*version)),
        (DOCUMENT.to_owned(), AttributeValue::B(Blob::new(document.clone()))),
    ]);
    attributes.extend(ttl.into_iter().chain(index));
    attributes
}

/// The item that was read; attributes it does not know are ignored.
pub(super) fn read_item(mut attributes: Attributes) -> Result<Item, PortError> {
    let number_of = |name: &str| -> Option<u64> { attributes.get(name)?.as_n().ok()?.parse().ok() };
    let version = number_of(VERSION).ok_or_else(|| corrupt("item", "no version"))?;
    let expires_at = number_of(TTL).map(|s| Time(s.saturating_mul(1_000)));
    match attributes.remove(DOCUMENT) {
        Some(AttributeValue::B(document)) => {
            Ok(Item { version, document: document.into_inner(), expires_at, index: None })
        }
        _ => Err(corrupt("item", "no document")),
    }
}

// === impl Condition ===

impl Condition {
    pub(super) fn of(put: &Put) -> Self {
        let document = || AttributeValue::B(Blob::new(put.item.document.clone()));
        match put.guard {
            Guard::Absent => Self::new("attribute_not_exists(pk)", []),
            Guard::Version(version) => Self::new("v = :v", [(":v", number(version))]),
            Guard::Life { version, expires_at } => {
                let ttl = number(expires_at.unix_s());
                Self::new("v = :v AND #ttl = :ttl", [(":v", number(version)), (":ttl", ttl)])
                    .naming("#ttl", TTL)
            }
            Guard::Sibling => Self { expression: None, names: None, values: None },
            Guard::Different => {
                Self::new("attribute_not_exists(pk) OR d <> :d", [(":d", document())])
            }
            Guard::DifferentOrBefore(at) => Self::new(
                "attribute_not_exists(pk) OR d <> :d OR #ttl < :ttl",
                [(":d", document()), (":ttl", number(at.unix_s()))],
            )
            .naming("#ttl", TTL),
        }
    }

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{of_key, read_key};
    use crate::table::{Key, TableName};

    proptest! {
        #[test]
        fn a_key_survives_the_table(pk: String, sk: Option<String>) {
            let table = if sk.is_some() { TableName::Hot } else { TableName::Commands };
            let key = Key { table, pk, sk };
            prop_assert_eq!(read_key(table, &of_key(&key)).unwrap(), key);
        }
    }
}
