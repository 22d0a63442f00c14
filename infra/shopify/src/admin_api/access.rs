//! Access tokens and scopes.

use serde_json::Value;

use super::failure::Failure;
use crate::store::{Fields as _, Records, kind_of};

/// What a token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The token, which has a bucket of points of its own.
    pub token: String,
    /// Granted scopes; nothing if scopes are not checked.
    pub scopes: Option<Vec<String>>,
}

/// Knows the tokens of the shop.
pub trait Access: Send + Sync {
    /// The grant of a token that is valid now, or nothing.
    fn grant(&self, token: &str) -> Option<Grant>;
}

/// Accepts every token, with all scopes.
#[derive(Clone, Copy, Debug)]
pub struct AnyToken;

impl Access for AnyToken {
    fn grant(&self, token: &str) -> Option<Grant> {
        (!token.is_empty()).then(|| Grant { token: token.to_owned(), scopes: None })
    }
}

/// The scope of each group of root fields: the longest prefix that fits. Queries need `read_…` or
/// `write_…`, mutations `write_…`.
const GROUPS: [(&str, &str); 21] = [
    ("customer", "customers"),
    ("draftOrder", "draft_orders"),
    ("orderEdit", "order_edits"),
    ("order", "orders"),
    ("refund", "orders"),
    ("product", "products"),
    ("collection", "products"),
    ("inventory", "inventory"),
    ("location", "locations"),
    ("discount", "discounts"),
    ("codeDiscount", "discounts"),
    ("automaticDiscount", "discounts"),
    ("giftCard", "gift_cards"),
    ("storeCreditAccountCredit", "store_credit_account_transactions"),
    ("storeCreditAccountDebit", "store_credit_account_transactions"),
    ("storeCredit", "store_credit_accounts"),
    ("cartTransform", "cart_transforms"),
    ("validation", "validations"),
    ("compan", "companies"),
    ("customerMerge", "customer_merge"),
    ("priceList", "products"),
];

/// The scope of each kind of record, wherever in an answer it is. Kinds that are not listed are
/// guarded by the record that they belong to.
const KINDS: [(&str, &str); 25] = [
    ("CalculatedOrder", "order_edits"),
    ("CartTransform", "cart_transforms"),
    ("Collection", "products"),
    ("Company", "companies"),
    ("CompanyContact", "companies"),
    ("CompanyLocation", "companies"),
    ("Customer", "customers"),
    ("DiscountAutomaticNode", "discounts"),
    ("DiscountCodeNode", "discounts"),
    ("DiscountNode", "discounts"),
    ("DraftOrder", "draft_orders"),
    ("GiftCard", "gift_cards"),
    ("InventoryItem", "inventory"),
    ("InventoryLevel", "inventory"),
    ("Location", "locations"),
    ("Order", "orders"),
    ("OrderTransaction", "orders"),
    ("PriceList", "products"),
    ("Product", "products"),
    ("ProductVariant", "products"),
    ("Refund", "orders"),
    ("StoreCreditAccount", "store_credit_accounts"),
    ("StoreCreditAccountCreditTransaction", "store_credit_account_transactions"),
    ("StoreCreditAccountDebitTransaction", "store_credit_account_transactions"),
    ("Validation", "validations"),
];

/// The scope of the topics that begin so: the longest that fits. The others need none.
const TOPICS: [(&str, &str); 8] = [
    ("CUSTOMERS_", "customers"),
    ("CUSTOMERS_MERGE", "customer_merge"),
    ("DISCOUNTS_", "discounts"),
    ("DRAFT_ORDERS_", "draft_orders"),
    ("INVENTORY_", "inventory"),
    ("ORDERS_", "orders"),
    ("PRODUCTS_", "products"),
    ("REFUNDS_", "orders"),
];

const READ: &str = "read";
const WRITE: &str = "write";

/// Whether a token with these scopes may use a field of the root.
pub(super) fn check_root(
    field: &str,
    arguments: &Value,
    is_mutation: bool,
    scopes: &[String],
) -> Result<(), Failure> {
    let of_kind = |gid: &str| kind_of(gid).and_then(|kind| exact(&KINDS, kind));
    let write = |group: Option<&'static str>| check(field, group, WRITE, scopes);
    match field {
        // These need the scope of what they change.
        "tagsAdd" | "tagsRemove" => write(of_kind(arguments.text("id"))),
        "metafieldsSet" | "metafieldsDelete" => {
            let owners = arguments.list("metafields").iter().map(|row| row.text("ownerId"));
            owners.map(of_kind).try_for_each(write)
        }
        "webhookSubscriptionCreate" => {
            check(field, longest(&TOPICS, arguments.text("topic")), READ, scopes)
        }
        _ if is_mutation => write(longest(&GROUPS, field)),
        _ => check(field, longest(&GROUPS, field), READ, scopes),
    }
}

/// Whether a token with these scopes may read a record of a kind that a field leads to.
pub(super) fn check_kind(field: &str, kind: &str, scopes: &[String]) -> Result<(), Failure> {
    check(field, exact(&KINDS, kind), READ, scopes)
}

/// The kind whose scope guards a record: its own, or that of the nearest record that it belongs to.
pub(super) fn guarded_kind<'r>(records: &'r Records, gid: &'r str) -> &'r str {
    let mut next = Some(gid);
    while let Some(gid) = next {
        match kind_of(gid).filter(|kind| exact(&KINDS, kind).is_some()) {
            Some(kind) => return kind,
            None => next = records.get(gid).and_then(|record| record.parent.as_deref()),
        }
    }
    kind_of(gid).unwrap_or_default()
}

fn exact(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(one, _)| *one == name).map(|(_, group)| *group)
}

fn longest(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let fitting = table.iter().filter(|(prefix, _)| name.starts_with(prefix));
    fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, group)| *group)
}

/// A scope to write includes the one to read.
fn check(field: &str, group: Option<&str>, action: &str, scopes: &[String]) -> Result<(), Failure> {
    let Some(group) = group else { return Ok(()) };
    let has = |action: &str| scopes.iter().any(|scope| *scope == format!("{action}_{group}"));
    if has(action) || has(WRITE) {
        return Ok(());
    }
    Err(Failure {
        message: format!(
            "Access denied for {field} field. Required access: `{action}_{group}` access scope."
        ),
        code: "ACCESS_DENIED",
    })
}
