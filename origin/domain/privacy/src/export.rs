//! Exports what is stored of a customer, in words and numbers the customer can read.

use std::collections::BTreeMap;

use domain_cart::{CartItem, Contents, Line};
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{Resource as _, Source};
use domain_core::time::Time;
use domain_loyalty::{CauseKind, LedgerEntry, LedgerReader, LedgerStore, LoadRequest, OrderFacts};
use serde::Serialize;

use crate::one_person::{is_of, one_person};

/// Entries read at once.
const ENTRIES_PER_PAGE: usize = 100;

/// Everything that is stored of a customer, and of those who were merged into the same one.
#[derive(Debug, Serialize)]
pub struct Export {
    /// Shopify's customer id.
    pub customer_id: String,
    /// As of when: RFC 3339.
    pub as_of: String,
    /// The ledger, newest first.
    pub loyalty_entries: Vec<ExportedEntry>,
    /// The orders.
    pub orders: Vec<ExportedOrder>,
    /// The content of the customer's cart, if there is one.
    pub cart: Option<ExportedCart>,
}

/// A cart.
#[derive(Debug, Serialize)]
pub struct ExportedCart {
    lines: Vec<ExportedLine>,
    attributes: BTreeMap<String, String>,
}

/// A line of a cart.
#[derive(Debug, Serialize)]
pub struct ExportedLine {
    product: String,
    title: String,
    variant_id: Option<String>,
    selection: Option<BTreeMap<String, String>>,
    properties: BTreeMap<String, String>,
    quantity: u32,
    since: String,
}

/// A line of the ledger.
#[derive(Debug, Serialize)]
pub struct ExportedEntry {
    kind: &'static str,
    points: i64,
    at: String,
    available_at: String,
    expires_at: Option<String>,
    cause: String,
}

/// What is stored of an order.
#[derive(Debug, Serialize)]
pub struct ExportedOrder {
    id: String,
    paid_at: Option<String>,
    cancelled_at: Option<String>,
    /// Everything else: lines and refunds as they are stored, amounts in minor units.
    facts: OrderFacts,
}

/// Collects everything of a customer. `cart` is the customer's own.
///
/// # Errors
/// The ports'.
pub async fn export_customer<L: LedgerStore + LedgerReader>(
    ledger: &L,
    (carts, cart): (&impl Source<CartItem>, &str),
    (customer, named): (&str, &[String]),
    as_of: Time,
) -> Result<Export, PortError> {
    let customers = one_person(ledger, customer).await?;
    let mut entries: Vec<LedgerEntry> = Vec::new();
    for customer in &customers {
        let mut before = None;
        // Ends with the ledger: each page begins where the last one ended.
        loop {
            let page = ledger.entries(customer, before.as_ref(), ENTRIES_PER_PAGE).await?;
            entries.extend(page.entries);
            let Some(next) = page.next else { break };
            before = Some(next);
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
    let earned = entries.iter().filter(|entry| entry.cause.kind == CauseKind::Order);
    let mut ids: Vec<&str> = earned.map(|entry| entry.cause.id.as_str()).collect();
    ids.extend(named.iter().map(String::as_str));
    ids.sort_unstable();
    ids.dedup();
    let mut orders = Vec::new();
    for id in ids {
        let request = LoadRequest { order: Some(id), ..LoadRequest::default() };
        let order = ledger.load(request).await?.order;
        let own = order.filter(|order| is_of(order, &customers));
        orders.extend(own.map(|order| ExportedOrder::of(order.facts)));
    }
    let cart = carts.item(cart, Consistency::Strong).await?.map(|item| item.fold(&[]));
    let cart = cart.filter(|cart| *cart != Contents::default());
    Ok(Export {
        customer_id: customer.to_owned(),
        as_of: as_of.to_rfc3339(),
        loyalty_entries: entries.iter().map(ExportedEntry::of).collect(),
        orders,
        cart: cart.map(ExportedCart::of),
    })
}

// === impl ExportedCart ===

impl ExportedCart {
    fn of(contents: Contents) -> Self {
        let line = |Line { offer, quantity, since, offered: _ }: &Line| ExportedLine {
            product: offer.product.clone(),
            title: offer.title.clone(),
            variant_id: offer.variant_id.clone(),
            selection: offer.selection.clone(),
            properties: offer.properties.clone(),
            quantity: *quantity,
            since: since.to_rfc3339(),
        };
        let lines = contents.sorted_lines().into_iter().map(|(_, item)| line(item)).collect();
        Self { lines, attributes: contents.attributes }
    }
}

// === impl ExportedEntry ===

impl ExportedEntry {
    fn of(entry: &LedgerEntry) -> Self {
        Self {
            kind: entry.kind.name(),
            points: entry.points.0,
            at: entry.at.to_rfc3339(),
            available_at: entry.available_at().to_rfc3339(),
            expires_at: entry.expires_at().map(Time::to_rfc3339),
            cause: entry.cause.to_string(),
        }
    }
}

// === impl ExportedOrder ===

impl ExportedOrder {
    fn of(facts: OrderFacts) -> Self {
        Self {
            id: facts.order.clone(),
            paid_at: facts.paid.as_ref().map(|paid| paid.at.to_rfc3339()),
            cancelled_at: facts.cancelled.map(Time::to_rfc3339),
            facts,
        }
    }
}
