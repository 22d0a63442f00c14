//! The account as a resource: how a client sees it, its own pending redemptions included.

use domain_core::bookmark::Bookmark;
use domain_core::id::CommandId;
use domain_core::idempotency::ID_WINDOW_MS;
use domain_core::memory;
use domain_core::port::{CONFLICT_ROUNDS_MAX, PortError};
use domain_core::resource::{CommandEvent as _, Read, Resource};
use domain_core::time::Time;

use super::lifecycle::Redemption;
use super::loyalty_command::LoyaltyEvent;
use crate::ledger::account::Account;
use crate::ledger::entry::{EntryKey, LedgerEntry};
use crate::ledger::merge::Merged;
use crate::ports::{EntryPage, LedgerReader, PAGE_ENTRIES_MAX};

/// An account as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The account as it will be once the client's pending redemptions are decided, if no other
    /// command comes first; its version is that of the table.
    pub account: Account,
    /// The pending redemptions.
    pub pending: Vec<Redemption>,
}

impl Resource for Account {
    type Event = LoyaltyEvent;
    type View = View;

    const NAME: &'static str = "loyalty";

    fn empty(customer: &str) -> Self {
        Self::empty(customer)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn highest(&self) -> Time {
        self.highest
    }

    /// Whether a redemption is decided, held or rejected.
    fn knows(&self, id: CommandId) -> bool {
        self.redemption(id).is_some()
    }

    /// Requests older than 15 days are decided, and those up to an erasure are erased.
    fn bound(&self) -> Time {
        self.highest.minus_ms(ID_WINDOW_MS).max(self.erased_at.unwrap_or_default())
    }

    fn fold(&self, pending: &[&LoyaltyEvent]) -> View {
        let pending: Vec<Redemption> =
            pending.iter().filter_map(|event| event.command.redemption()).collect();
        let account = Self { version: self.version, ..expected(self, &pending) };
        View { account, pending }
    }

    fn bytes(&self) -> usize {
        let merged = self.merged.iter().map(|merged| {
            let Merged { customer, into, lots, .. } = merged;
            memory::of_text(customer) + memory::of_text(into) + memory::of_list(lots)
        });
        let redemptions = self.redemptions.iter().map(Redemption::bytes);
        memory::of_arc::<Self>()
            + memory::of_text(&self.customer)
            + memory::of_list(&self.lots)
            + memory::of_list(&self.spent)
            + memory::of_list(&self.redemptions)
            + redemptions.sum::<usize>()
            + memory::of_list(&self.merged)
            + merged.sum::<usize>()
            + self.merged_into.as_deref().map_or(0, memory::of_text)
    }
}

/// A page of entries, then the account with the client's pending commands: the account's version
/// covers every entry of the page. All of it is strongly consistent. The entries are those of all
/// customers of the account, who are known only once it is read: if there are others than the customer,
/// everything is read again.
///
/// # Errors
/// The port's, or the account was merged under every attempt.
pub async fn read_entries(
    ledger: &impl LedgerReader,
    customer: &str,
    (before, limit): (Option<&EntryKey>, usize),
    bookmark: &Bookmark,
) -> Result<(EntryPage, Read<Account>), PortError> {
    let limit = limit.min(PAGE_ENTRIES_MAX);
    let commands: Vec<CommandId> = bookmark.pending.iter().map(|one| one.id).collect();
    let mut customers = vec![customer.to_owned()];
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let mut pages = Vec::with_capacity(customers.len());
        for one in &customers {
            pages.push(ledger.entries(one, before, limit).await?);
        }
        let read = ledger.batch(customer, &commands).await?;
        let known = read.item.as_ref().map(|account| account.customers());
        let known = known.unwrap_or_else(|| vec![customer.to_owned()]);
        if known == customers {
            return Ok((EntryPage::united(pages, limit), read));
        }
        customers = known;
    }
    Err(PortError::Unavailable("the account was merged under every attempt".to_owned()))
}

/// A redemption's decision, then the account with the redemption's record and the client's pending
/// commands: the account's version covers the decision. All of it is strongly consistent. The
/// redemption is one of the account's customers', as decided or as requested; `None` also if it was
/// erased.
///
/// # Errors
/// The port's.
pub async fn read_redemption(
    ledger: &impl LedgerReader,
    customer: &str,
    id: CommandId,
    bookmark: &Bookmark,
) -> Result<(Option<Redemption>, Read<Account>), PortError> {
    let decided = ledger.redemption(id).await?;
    let commands = bookmark.pending.iter().map(|one| one.id).chain([id]);
    let commands: Vec<CommandId> = commands.collect();
    let read = ledger.batch(customer, &commands).await?;
    let is_own = |other: &str| {
        other == customer || read.item.as_ref().is_some_and(|account| account.is_of(other))
    };
    let decided = decided.filter(|item| is_own(&item.customer)).map(|item| item.redemption);
    let mut events = read.records.iter().map(|record| &record.event);
    let event = events.find(|event| event.command.id == id && is_own(&event.customer));
    // What was absorbed has a decision, unless it was erased.
    let is_absorbed = |event: &&LoyaltyEvent| {
        read.item.as_ref().is_some_and(|item| item.has_absorbed(&event.place()))
    };
    let requested = event.filter(|event| !is_absorbed(event));
    let requested = requested.and_then(|event| event.command.redemption());
    Ok((decided.or(requested), read))
}

// === impl EntryPage ===

impl EntryPage {
    /// One page of several ledgers, from a page of each with the same start and limit.
    fn united(pages: Vec<Self>, limit: usize) -> Self {
        let is_more = pages.iter().any(|page| page.next.is_some());
        let mut entries: Vec<LedgerEntry> =
            pages.into_iter().flat_map(|page| page.entries).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
        let is_more = is_more || entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| is_more).map(LedgerEntry::key);
        Self { entries, next }
    }
}

/// The account once these requests are decided. A full account stays as it is: the decision will
/// fail on it, too.
fn expected(item: &Account, requests: &[Redemption]) -> Account {
    requests.iter().fold(item.clone(), |account, requested| match account.rule(requested) {
        Ok(ruling) => ruling.account,
        Err(_) => account,
    })
}

// === impl View ===

impl View {
    /// A redemption as the client sees it: as decided, or as requested.
    #[must_use]
    pub fn redemption(&self, id: CommandId) -> Option<&Redemption> {
        let pending = self.pending.iter().find(|one| one.id == id);
        pending.or_else(|| self.account.redemption(id))
    }

    /// A page of the ledger with the pending holds of the client's bookmark in their final places.
    /// Decisions made between the reads of the page and of the account are added, since the page
    /// lacks them.
    #[must_use]
    pub fn page(
        &self,
        page: EntryPage,
        before: Option<&EntryKey>,
        limit: usize,
        bookmark: &Bookmark,
    ) -> EntryPage {
        let sent = bookmark.pending.iter();
        let expected = sent.filter_map(|one| self.account.redemption(one.id));
        let expected = expected.flat_map(Redemption::entries).filter(|entry| {
            let is_older = before.is_none_or(|before| entry.key() < *before);
            is_older && page.next.as_ref().is_none_or(|last| entry.key() > *last)
        });
        let mut entries: Vec<LedgerEntry> = expected.chain(page.entries.clone()).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
        entries.dedup_by_key(|entry| entry.key());
        let has_more = page.next.is_some() || entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| has_more).map(LedgerEntry::key);
        EntryPage { entries, next }
    }
}
