//! Erasing a customer's ledger. Every step is one transaction that leaves account and entries
//! consistent, and may be repeated: an interrupted erasure continues where it stopped.

use std::collections::{BTreeMap, BTreeSet};

use domain_cart::CartWriter;
use domain_core::id::CommandId;
use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{
    Account, Addition, CauseKind, EntryKey, Guarded, LedgerChange, LedgerEntry, LedgerReader,
    LedgerStore, LoadRequest, RedemptionItem,
};

use crate::one_person::{is_of, one_person};

/// Entries read in one page and deleted in one transaction: each may have a redemption to make
/// anonymous and that redemption's other entry to delete, and a transaction has a hundred items.
const ENTRIES_PER_STEP: usize = 32;

/// How much was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Ledger entries.
    pub entries: u64,
    /// Orders that no longer name their customer.
    pub orders: u64,
}

/// One erasure in progress.
struct Erasure<'a, L> {
    ledger: &'a L,
    /// All customers who are the person to erase: the one with the account comes first.
    customers: Vec<String>,
    at: Time,
    erased: Erased,
}

/// What one step erases.
#[derive(Debug, Clone, Copy)]
enum Target<'a> {
    /// Nothing yet: the account gets the time of its erasure.
    Account,
    /// An order with all its entries.
    Order(&'a str),
    /// The newest entries of this customer.
    Entries(&'a str),
}

/// Erases everything of a customer up to `at`, and these orders; so it does of all customers who were
/// merged with this one. What remains is an account with the time of its erasure, so that older events
/// are dropped.
///
/// # Errors
/// The port's, or the customer was merged meanwhile; a part may be erased then, and the same call does
/// the rest.
pub async fn erase_customer<L: LedgerStore + LedgerReader>(
    ledger: &L,
    customer: &str,
    orders: &[String],
    at: Time,
) -> Result<Erased, PortError> {
    let customers = one_person(ledger, customer).await?;
    let mut erasure = Erasure { ledger, customers, at, erased: Erased::default() };
    erasure.mark().await?;
    for order in orders {
        erasure.order(order).await?;
    }
    for customer in erasure.customers.clone() {
        erasure.orders_in_ledger(&customer).await?;
        erasure.remaining(&customer).await?;
    }
    Ok(erasure.erased)
}

/// Erases the commands of a cart up to `at`, and returns whether there was such a cart.
///
/// # Errors
/// The port's; the same call may be made again.
pub async fn erase_cart(carts: &impl CartWriter, cart: &str, at: Time) -> Result<bool, PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let seen = carts.item(cart, Consistency::Strong).await?;
        if seen.as_ref().is_some_and(|item| item.is_erased_at(at)) {
            return Ok(false);
        }
        // Without an item, the tombstone alone keeps older commands out.
        let erased = seen.clone().unwrap_or_default().erased(at);
        if carts.store(cart, &erased, seen.as_ref()).await? == Written::Done {
            return Ok(seen.is_some());
        }
    }
    Err(PortError::Unavailable("the cart changed under every attempt".to_owned()))
}

// === impl Erasure ===

impl<L: LedgerStore + LedgerReader> Erasure<'_, L> {
    /// Writes the tombstone: from here on nothing older is absorbed.
    async fn mark(&mut self) -> Result<(), PortError> {
        let account = self.ledger.item(self.holder(), Consistency::Strong).await?;
        let is_erased = |account: &Account| {
            self.customers.iter().all(|customer| account.is_erased_at(customer, self.at))
        };
        if account.as_ref().is_some_and(is_erased) {
            return Ok(());
        }
        self.step(Target::Account).await.map(|_| ())
    }

    /// Erases the orders with entries in the ledger, each with all its entries.
    async fn orders_in_ledger(&mut self, customer: &str) -> Result<(), PortError> {
        let mut before = self.end();
        // Ends with the ledger: each page begins where the last one ended.
        loop {
            let page = self.ledger.entries(customer, Some(&before), ENTRIES_PER_STEP).await?;
            for entry in &page.entries {
                if entry.cause.kind == CauseKind::Order {
                    self.order(&entry.cause.id).await?;
                }
            }
            let Some(next) = page.next else { return Ok(()) };
            before = next;
        }
    }

    /// Erases all other entries of the ledger.
    async fn remaining(&mut self, customer: &str) -> Result<(), PortError> {
        // Ends with the ledger: each step takes a page out of it.
        while self.step(Target::Entries(customer)).await? {}
        Ok(())
    }

    /// Removes the customer and the points from an order.
    async fn order(&mut self, order: &str) -> Result<(), PortError> {
        self.step(Target::Order(order)).await.map(|_| ())
    }

    /// One transaction: the account without the entries of the target, and perhaps an order without
    /// its customer. Returns whether there was anything to erase.
    async fn step(&mut self, target: Target<'_>) -> Result<bool, PortError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let order = if let Target::Order(order) = target { Some(order) } else { None };
            let customer = Some(self.holder());
            let loaded =
                self.ledger.load(LoadRequest { order, customer, ..LoadRequest::default() }).await?;
            let account = loaded.account.as_ref();
            if account.is_some_and(|account| account.customers() != self.customers) {
                return Err(PortError::Unavailable("the customer was merged meanwhile".to_owned()));
            }
            let known = loaded.order.filter(|order| is_of(order, &self.customers));
            // Entries are stored under the customer of their order.
            let owner = match target {
                Target::Account => self.holder(),
                Target::Order(_) => {
                    known.as_ref().and_then(|order| order.facts.account()).unwrap_or_default()
                }
                Target::Entries(customer) => customer,
            }
            .to_owned();
            // Listed after the account was read, whose version guards the transaction: none of these
            // entries has been subtracted by another delivery of the demand when it commits.
            let gone = match target {
                Target::Account => Vec::new(),
                Target::Order(_) => match &known {
                    Some(order) => order.entries.clone(),
                    None => return Ok(false),
                },
                Target::Entries(customer) => self.page(customer).await?,
            };
            if matches!(target, Target::Entries(_)) && gone.is_empty() {
                return Ok(false);
            }
            let redemptions = self.redemptions_of(&gone).await?;
            let gone = with_whole_redemptions(&owner, gone, &redemptions);
            let redemptions = redemptions.into_iter().map(anonymous).collect();
            let order =
                known.map(|order| Guarded { seen: Some(order.version), item: order.anonymous() });
            let seen = loaded.account.as_ref().map(|account| account.version);
            let account = loaded.account.unwrap_or_else(|| Account::empty(self.holder()));
            let addition =
                Addition { customer: &owner, causes: 1, at: None, gone: &gone, put: &[] };
            let account = account
                .with(addition)
                .map_err(|full| PortError::Corrupt(full.to_string()))?
                .erased(self.at);
            let (entries, orders) = (gone.len() as u64, u64::from(order.is_some()));
            let account = Some(Guarded { seen, item: account });
            let gone = gone.into_iter().map(|entry| entry.of(&owner)).collect();
            let change =
                LedgerChange { order, redemptions, account, gone, ..LedgerChange::default() };
            if self.ledger.commit(&change).await? == Written::Done {
                self.erased.entries += entries;
                self.erased.orders += orders;
                return Ok(true);
            }
        }
        Err(PortError::Unavailable("the ledger changed under every attempt".to_owned()))
    }

    /// The customer with the account.
    fn holder(&self) -> &str {
        &self.customers[0]
    }

    /// The newest entries of a customer to erase.
    async fn page(&self, customer: &str) -> Result<Vec<LedgerEntry>, PortError> {
        let page = self.ledger.entries(customer, Some(&self.end()), ENTRIES_PER_STEP).await?;
        Ok(page.entries)
    }

    /// The redemptions of these entries.
    async fn redemptions_of(
        &self,
        entries: &[LedgerEntry],
    ) -> Result<Vec<RedemptionItem>, PortError> {
        let causes = entries.iter().filter(|entry| entry.cause.kind == CauseKind::Redemption);
        let ids: BTreeSet<CommandId> =
            causes.filter_map(|entry| CommandId::from_hex(&entry.cause.id)).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let redemptions: Vec<CommandId> = ids.into_iter().collect();
        let request = LoadRequest { redemptions: &redemptions, ..LoadRequest::default() };
        Ok(self.ledger.load(request).await?.redemptions)
    }

    /// The key right after all entries to erase.
    fn end(&self) -> EntryKey {
        EntryKey { at: self.at.plus_ms(1), id: String::new() }
    }
}

/// These entries of a customer, and all others of their redemptions: a hold goes together with its end,
/// even if that is newer than the demand. Without the hold, the points that came back would be a gift.
fn with_whole_redemptions(
    customer: &str,
    entries: Vec<LedgerEntry>,
    redemptions: &[RedemptionItem],
) -> Vec<LedgerEntry> {
    // Those of an anonymous one are gone.
    let own = redemptions.iter().filter(|item| item.customer == customer);
    let whole = own.flat_map(|item| item.redemption.entries());
    let all = entries.into_iter().chain(whole).map(|entry| (entry.key(), entry));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// A redemption without its customer, guarded by its version.
fn anonymous(item: RedemptionItem) -> Guarded<RedemptionItem> {
    Guarded { seen: Some(item.version), item: item.anonymous() }
}
