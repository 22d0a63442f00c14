//! Every key of both tables, in one place. A partition key is the shape's name, a slash, and an id;
//! names have no slash, so no id can reach into another shape.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use origin_domain::id::CommandId;
use origin_domain::loyalty::Day;
use origin_domain::port::PortError;
use origin_domain::time::Time;

use crate::error::corrupt;

/// Partition key of both tables.
pub(crate) const PK: &str = "pk";
/// Sort key of the hot table.
pub(crate) const SK: &str = "sk";
/// Partition key of the hot table's one overloaded index.
pub(crate) const INDEX_PK: &str = "gpk";
/// Sort key of that index.
pub(crate) const INDEX_SK: &str = "gsk";
/// The index's name.
pub(crate) const INDEX: &str = "overloaded";

/// What the partition key of every cart begins with.
pub(crate) const CARTS: &str = "cart/";

/// What the partition keys of everything begin with that is about somebody.
pub(crate) const PERSONAL: [&str; 6] =
    [CARTS, "loyalty/", "order/", "redemption/", "payload/", "command/"];

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    /// Carts, accounts, products, blobs.
    Hot,
    /// Command records.
    Commands,
}

/// Everything there is in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shape<'a> {
    /// A cart.
    Cart { cart: &'a str },
    /// Which version of a product is served.
    Product { product: &'a str },
    /// One version of a product, kept for good.
    ProductVersion { product: &'a str, version: u64 },
    /// Which product last claimed a Shopify variant.
    Variant { variant_id: &'a str },
    /// Counts what may change who sells what.
    Epoch,
    /// A saved selection.
    Selection { id: &'a str },
    /// One piece of a blob, named by the whole's SHA-256, the size of its pieces, and whose it is.
    Chunk { hash: &'a str, chunk_bytes: u32, index: u32, owner: &'a str },
    /// One piece of a webhook's payload that the bus would not carry; expires.
    PayloadChunk { hash: &'a str, chunk_bytes: u32, index: u32 },
    /// Until when everybody is erased.
    ShopTombstone,
    /// A demand about somebody's data; ids sort by time.
    Demand { id: &'a str },
    /// Everything known of one order.
    Order { order: &'a str },
    /// What was decided of one redemption.
    Redemption { id: CommandId },
    /// What a customer's ledger adds up to.
    Account { customer: &'a str },
    /// One line of a customer's ledger; sorts by time, then by id.
    Entry { customer: &'a str, at: Time, id: &'a str },
    /// A cause that has counted.
    Cause { kind: &'a str, id: &'a str },
    /// A version of the programme as it was published.
    ProgramDocument { version: u64 },
    /// An activation of a version by number.
    Activation { number: u64 },
    /// The same by the time it is active from.
    ActiveFrom { active_from: Time, number: u64 },
    /// The record of a command.
    Command { id: CommandId },
}

/// The items of one partition between two sort keys, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) pk: String,
    pub(crate) first_sk: String,
    pub(crate) last_sk: String,
}

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) table: Table,
    pub(crate) pk: String,
    /// The hot table has one.
    pub(crate) sk: Option<String>,
}

/// No text sorts after it.
const LAST_TEXT: &str = "\u{10ffff}";

// === impl Shape ===

impl Shape<'_> {
    pub(crate) fn key(self) -> Key {
        match self {
            Self::Cart { cart } => hot(format!("{CARTS}{cart}"), "cart"),
            Self::Product { product } => hot(format!("product/{product}"), "current"),
            Self::ProductVersion { product, version } => {
                hot(format!("product/{product}"), format!("version/{version:020}"))
            }
            Self::Variant { variant_id } => hot(format!("variant/{variant_id}"), "claim"),
            Self::Epoch => hot("catalog/claims".to_owned(), "epoch"),
            Self::Selection { id } => hot(format!("selection/{id}"), "selection"),
            Self::Chunk { hash, chunk_bytes, index, owner } => {
                // The release before knew no owners.
                let slash = if owner.is_empty() { "" } else { "/" };
                let place = format!("{chunk_bytes:010}/{index:010}{slash}{owner}");
                hot(format!("blob/{hash}"), place)
            }
            Self::PayloadChunk { hash, chunk_bytes, index } => {
                hot(format!("payload/{hash}"), format!("{chunk_bytes:010}/{index:010}"))
            }
            Self::ShopTombstone => hot("privacy/shop".to_owned(), "tombstone"),
            Self::Demand { id } => hot("privacy/demands".to_owned(), id),
            Self::Order { order } => hot(format!("order/{order}"), "order"),
            Self::Redemption { id } => hot(format!("redemption/{}", id.to_hex()), "redemption"),
            Self::Account { customer } => hot(format!("loyalty/{customer}"), "account"),
            Self::Entry { customer, at: Time(at), id } => {
                hot(format!("loyalty/{customer}"), format!("entry/{at:020}/{id}"))
            }
            Self::Cause { kind, id } => hot(format!("cause/{kind}/{id}"), "cause"),
            Self::ProgramDocument { version } => {
                hot("program/loyalty".to_owned(), format!("document/{version:020}"))
            }
            Self::Activation { number } => {
                hot("program/loyalty".to_owned(), format!("activation/{number:020}"))
            }
            Self::ActiveFrom { active_from: Time(at), number } => {
                hot("program/loyalty".to_owned(), format!("from/{at:020}/{number:020}"))
            }
            Self::Command { id } => {
                Key { table: Table::Commands, pk: format!("command/{id}"), sk: None }
            }
        }
    }
}

// === impl Range ===

impl Range {
    /// Every version of a product.
    pub(crate) fn product_versions(product: &str) -> Self {
        let version = |version| Shape::ProductVersion { product, version }.key();
        Self::between(version(0), version(u64::MAX))
    }

    /// Every entry of a customer's ledger.
    pub(crate) fn entries(customer: &str) -> Self {
        let first = Shape::Entry { customer, at: Time(0), id: "" }.key();
        Self::between(first, Shape::Entry { customer, at: Time(u64::MAX), id: LAST_TEXT }.key())
    }

    /// Every demand.
    pub(crate) fn demands() -> Self {
        Self::between(Shape::Demand { id: "" }.key(), Shape::Demand { id: LAST_TEXT }.key())
    }

    /// Every activation of the programme.
    pub(crate) fn activations() -> Self {
        let activation = |number| Shape::Activation { number }.key();
        Self::between(activation(0), activation(u64::MAX))
    }

    /// Every activation of the programme from `at` or before.
    pub(crate) fn activations_until(at: Time) -> Self {
        let first = Shape::ActiveFrom { active_from: Time(0), number: 0 }.key();
        Self::between(first, Shape::ActiveFrom { active_from: at, number: u64::MAX }.key())
    }

    fn between(first: Key, last: Key) -> Self {
        let sk = |key: Key| key.sk.unwrap_or_default();
        Self { pk: first.pk.clone(), first_sk: sk(first), last_sk: sk(last) }
    }
}

/// Where an order stands in the index: among those placed on the same day, by time.
pub(crate) fn index_of_order(at: Time, order: &str) -> (String, String) {
    let Time(ms) = at;
    (orders_of_day(Day::of(at)), format!("{ms:020}/{order}"))
}

/// The partition of the index with the orders placed on a day.
pub(crate) fn orders_of_day(day: Day) -> String {
    format!("orders/{:010}", day.0)
}

fn hot(pk: String, sk: impl Into<String>) -> Key {
    Key { table: Table::Hot, pk, sk: Some(sk.into()) }
}

// === impl Key ===

impl Key {
    /// The key as DynamoDB wants it.
    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let sk = self.sk.clone().map(|sk| (SK.to_owned(), AttributeValue::S(sk)));
        std::iter::once((PK.to_owned(), AttributeValue::S(self.pk.clone()))).chain(sk).collect()
    }

    /// The key of an item that was read.
    pub(crate) fn read(
        table: Table,
        attributes: &HashMap<String, AttributeValue>,
    ) -> Result<Self, PortError> {
        let text = |name| attributes.get(name).and_then(|value| value.as_s().ok()).cloned();
        let pk = text(PK).ok_or_else(|| corrupt("item", "no key"))?;
        Ok(Self { table, pk, sk: text(SK) })
    }
}

#[cfg(test)]
mod tests;
