//! Every key of both tables, in one place. A partition key is the name of a kind of item, a slash,
//! and an id; names have no slash, so no id can reach into another kind.

use std::fmt::Display;

use domain_core::id::CommandId;
use domain_core::time::Time;
use domain_loyalty::Day;
use strum::{EnumDiscriminants, VariantArray};

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableName {
    /// Carts, accounts, products, blobs.
    Hot,
    /// Command records.
    Commands,
}

/// Every item of the tables, by the parts of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumDiscriminants)]
#[strum_discriminants(
    vis(pub(crate)),
    name(ItemKind),
    derive(VariantArray),
    doc = "Every kind of item, without the parts of its key."
)]
#[expect(missing_docs, reason = "each part is named after what it holds")]
pub enum ItemKey<'a> {
    /// A cart.
    Cart { cart: &'a str },
    /// The pointer to a product's active version.
    Product { product: &'a str },
    /// One version of a product.
    ProductVersion { product: &'a str, version: u64 },
    /// The product that last claimed a Shopify variant.
    Variant { variant_id: &'a str },
    /// Counts the writes that may change which product sells a variant.
    Epoch,
    /// The event of an activation, until the bus has it.
    Announcement { product: &'a str, sequence: u64 },
    /// A saved selection.
    Selection { id: &'a str },
    /// One chunk of a blob, named by the blob's SHA-256, its chunk size, and its owner.
    Chunk { hash: &'a str, chunk_bytes: u32, index: u32, owner: &'a str },
    /// One chunk of a webhook's payload that is too large for the bus; expires.
    PayloadChunk { hash: &'a str, chunk_bytes: u32, index: u32 },
    /// The moment up to which all customers are erased.
    ShopTombstone,
    /// A demand about a customer's data; ids sort by time.
    Demand { id: &'a str },
    /// The facts about one order.
    Order { order: &'a str },
    /// The state of one redemption.
    Redemption { id: CommandId },
    /// The sums of a customer's ledger.
    Account { customer: &'a str },
    /// One line of a customer's ledger; sorts by time, then by id.
    Entry { customer: &'a str, at: Time, id: &'a str },
    /// A cause that has counted.
    Cause { kind: &'a str, id: &'a str },
    /// A version of the program as it was published.
    ProgramDocument { version: u64 },
    /// An activation of a version by number.
    Activation { number: u64 },
    /// The same activation by the time it is active from.
    ActiveFrom { active_from: Time, number: u64 },
    /// The merchant's staff with their roles.
    Roster,
    /// One entry of the audit log; sorts by time, then by id.
    AuditEntry { at: Time, id: &'a str },
    /// The tokens of a shop at Shopify.
    ShopTokens { shop: &'a str },
    /// Where the nightly reconciliation stands.
    Reconciliation,
    /// Until when the tokens of a customer or cart are revoked; expires.
    Revocation { holder: &'a str, id: &'a str },
    /// The secret that the shop's reward codes are derived from.
    CodeSeed,
    /// The codes of a reward and month.
    Pool { pool: &'a str },
    /// A slot of a pool that no redemption has claimed.
    ReadySlot { pool: &'a str, slot: u32 },
    /// A slot of a pool and the redemption that has it.
    SlotClaim { pool: &'a str, slot: u32 },
    /// The record of a command.
    Command { id: CommandId },
}

/// Which demand erases an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Erasure {
    /// The one about its customer, by `domain_privacy`; that of the shop deletes it, too.
    OfCustomer,
    /// Only that of the whole shop, which deletes it.
    OfShop,
    /// None.
    Never,
}

/// The items of one partition between two sort keys, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The partition key.
    pub pk: String,
    /// The first sort key.
    pub first_sk: String,
    /// The last sort key.
    pub last_sk: String,
}

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its table.
    pub table: TableName,
    /// The partition key.
    pub pk: String,
    /// The sort key; only the hot table has one.
    pub sk: Option<String>,
}

/// The key of an item's entry in the hot table's one overloaded index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

/// The id of the one loyalty program.
const PROGRAM: &str = "loyalty";
/// No text sorts after it.
const LAST_TEXT: &str = "\u{10ffff}";

// === impl ItemKey ===

impl ItemKey<'_> {
    /// The key in the table.
    #[must_use]
    pub fn key(self) -> Key {
        let kind = ItemKind::from(self);
        match self {
            Self::Cart { cart } => hot(kind.partition(cart), "cart"),
            Self::Product { product } => hot(kind.partition(product), "current"),
            Self::ProductVersion { product, version } => {
                hot(kind.partition(product), format!("version/{version:020}"))
            }
            Self::Variant { variant_id } => hot(kind.partition(variant_id), "claim"),
            Self::Epoch => hot(kind.partition("claims"), "epoch"),
            Self::Announcement { product, sequence } => {
                hot(kind.partition("products"), format!("{product}/{sequence:020}"))
            }
            Self::Selection { id } => hot(kind.partition(id), "selection"),
            Self::Chunk { hash, chunk_bytes, index, owner } => {
                // The previous release had no owners.
                let slash = if owner.is_empty() { "" } else { "/" };
                let place = format!("{chunk_bytes:010}/{index:010}{slash}{owner}");
                hot(kind.partition(hash), place)
            }
            Self::PayloadChunk { hash, chunk_bytes, index } => {
                hot(kind.partition(hash), format!("{chunk_bytes:010}/{index:010}"))
            }
            Self::ShopTombstone => hot(kind.partition("shop"), "tombstone"),
            Self::Demand { id } => hot(kind.partition("demands"), id),
            Self::Order { order } => hot(kind.partition(order), "order"),
            Self::Redemption { id } => hot(kind.partition(id.to_hex()), "redemption"),
            Self::Account { customer } => hot(kind.partition(customer), "account"),
            Self::Entry { customer, at: Time(at), id } => {
                hot(kind.partition(customer), format!("entry/{at:020}/{id}"))
            }
            Self::Cause { kind: word, id } => hot(kind.partition(format!("{word}/{id}")), "cause"),
            Self::ProgramDocument { version } => {
                hot(kind.partition(PROGRAM), format!("document/{version:020}"))
            }
            Self::Activation { number } => {
                hot(kind.partition(PROGRAM), format!("activation/{number:020}"))
            }
            Self::ActiveFrom { active_from: Time(at), number } => {
                hot(kind.partition(PROGRAM), format!("from/{at:020}/{number:020}"))
            }
            Self::Roster => hot(kind.partition("roster"), "roster"),
            Self::AuditEntry { at: Time(at), id } => {
                hot(kind.partition("shop"), format!("{at:020}/{id}"))
            }
            Self::ShopTokens { shop } => hot(kind.partition(shop), "tokens"),
            Self::Reconciliation => hot(kind.partition("orders"), "reconciliation"),
            Self::Revocation { holder, id } => {
                hot(kind.partition(format!("{holder}/{id}")), "revocation")
            }
            Self::CodeSeed => hot(kind.partition("shop"), "seed"),
            Self::Pool { pool } => hot(kind.partition(pool), "pool"),
            Self::ReadySlot { pool, slot } => {
                hot(kind.partition(pool), format!("ready/{slot:010}"))
            }
            Self::SlotClaim { pool, slot } => {
                hot(kind.partition(pool), format!("claim/{slot:010}"))
            }
            Self::Command { id } => {
                Key { table: TableName::Commands, pk: kind.partition(id), sk: None }
            }
        }
    }
}

// === impl ItemKind ===

impl ItemKind {
    /// The prefix of its items' partition keys. Kinds that are read together share one.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Cart => "cart/",
            Self::Product | Self::ProductVersion => "product/",
            Self::Variant => "variant/",
            Self::Epoch => "catalog/",
            Self::Announcement => "announcement/",
            Self::Selection => "selection/",
            Self::Chunk => "blob/",
            Self::PayloadChunk => "payload/",
            Self::ShopTombstone | Self::Demand => "privacy/",
            Self::Order => "order/",
            Self::Redemption => "redemption/",
            Self::Account | Self::Entry => "loyalty/",
            Self::Cause => "cause/",
            Self::ProgramDocument | Self::Activation | Self::ActiveFrom => "program/",
            Self::Roster => "staff/",
            Self::AuditEntry => "audit/",
            Self::ShopTokens => "shopify/",
            Self::Reconciliation => "reconciliation/",
            Self::Revocation => "revocation/",
            Self::CodeSeed => "codes/",
            Self::Pool | Self::ReadySlot | Self::SlotClaim => "pool/",
            Self::Command => "command/",
        }
    }

    /// Which demand erases its items.
    pub(crate) const fn erasure(self) -> Erasure {
        match self {
            Self::Cart | Self::Order | Self::Redemption | Self::Account | Self::Entry => {
                Erasure::OfCustomer
            }
            // They are about a person, and expire within weeks.
            Self::PayloadChunk | Self::Command | Self::Revocation => Erasure::OfShop,
            // Persons of a merchant who has left, and access to that shop. Customers are ids in the
            // log, which expires.
            Self::Roster | Self::AuditEntry | Self::ShopTokens => Erasure::OfShop,
            // A shop that returns is compared from the start.
            Self::Reconciliation => Erasure::OfShop,
            // Codes are worth money in that shop. A claim names a redemption, and no person.
            Self::CodeSeed | Self::Pool | Self::ReadySlot | Self::SlotClaim => Erasure::OfShop,
            Self::Product
            | Self::ProductVersion
            | Self::Variant
            | Self::Epoch
            | Self::Announcement
            | Self::Selection
            | Self::Chunk
            | Self::ProgramDocument
            | Self::Activation
            | Self::ActiveFrom => Erasure::Never,
            // They prove that a demand was met, and prevent a webhook from counting twice.
            Self::ShopTombstone | Self::Demand | Self::Cause => Erasure::Never,
        }
    }

    fn partition(self, id: impl Display) -> String {
        format!("{}{id}", self.prefix())
    }
}

// === impl Range ===

impl Range {
    /// Every version of a product.
    pub(crate) fn product_versions(product: &str) -> Self {
        let version = |version| ItemKey::ProductVersion { product, version }.key();
        Self::between(version(0), version(u64::MAX))
    }

    /// Every announcement.
    pub(crate) fn announcements() -> Self {
        let one = |product, sequence| ItemKey::Announcement { product, sequence }.key();
        Self::between(one("", 0), one(LAST_TEXT, u64::MAX))
    }

    /// Every entry of a customer's ledger.
    pub(crate) fn entries(customer: &str) -> Self {
        let first = ItemKey::Entry { customer, at: Time(0), id: "" }.key();
        Self::between(first, ItemKey::Entry { customer, at: Time(u64::MAX), id: LAST_TEXT }.key())
    }

    /// Every demand.
    pub(crate) fn demands() -> Self {
        Self::between(ItemKey::Demand { id: "" }.key(), ItemKey::Demand { id: LAST_TEXT }.key())
    }

    /// Every entry of the audit log from `first` on.
    pub(crate) fn audit_entries(first: Time) -> Self {
        let entry = |at, id| ItemKey::AuditEntry { at, id }.key();
        Self::between(entry(first, ""), entry(Time(u64::MAX), LAST_TEXT))
    }

    /// Every ready slot of a pool.
    pub(crate) fn ready_slots(pool: &str) -> Self {
        let slot = |slot| ItemKey::ReadySlot { pool, slot }.key();
        Self::between(slot(0), slot(u32::MAX))
    }

    /// Every activation of the program.
    pub(crate) fn activations() -> Self {
        let activation = |number| ItemKey::Activation { number }.key();
        Self::between(activation(0), activation(u64::MAX))
    }

    /// Every activation of the program that is active from `at` or before.
    pub(crate) fn activations_until(at: Time) -> Self {
        let first = ItemKey::ActiveFrom { active_from: Time(0), number: 0 }.key();
        Self::between(first, ItemKey::ActiveFrom { active_from: at, number: u64::MAX }.key())
    }

    fn between(first: Key, last: Key) -> Self {
        let sk = |key: Key| key.sk.unwrap_or_default();
        Self { pk: first.pk.clone(), first_sk: sk(first), last_sk: sk(last) }
    }
}

/// The index keys of an order: the partition is its day, the sort key begins with its time.
pub(crate) fn index_of_order(at: Time, order: &str) -> IndexKey {
    let Time(ms) = at;
    IndexKey { pk: orders_of_day(Day::of(at)), sk: format!("{ms:020}/{order}") }
}

/// The partition of the index with the orders placed on a day.
pub(crate) fn orders_of_day(day: Day) -> String {
    format!("orders/{:010}", day.0)
}

/// The index keys of a product: all are in one partition, which publications alone write.
pub(crate) fn index_of_product(product: &str) -> IndexKey {
    IndexKey { pk: "products".to_owned(), sk: product.to_owned() }
}

/// The end of that partition.
pub(crate) fn index_after_products() -> IndexKey {
    index_of_product(LAST_TEXT)
}

fn hot(pk: String, sk: impl Into<String>) -> Key {
    Key { table: TableName::Hot, pk, sk: Some(sk.into()) }
}

// === impl Key ===

impl Key {
    /// Whether its item is about a person: when the shop is erased, it is deleted.
    pub(crate) fn is_personal(&self) -> bool {
        let is_own = |kind: &&ItemKind| self.pk.starts_with(kind.prefix());
        ItemKind::VARIANTS.iter().filter(is_own).any(|kind| kind.erasure() != Erasure::Never)
    }
}

#[cfg(test)]
mod tests;
