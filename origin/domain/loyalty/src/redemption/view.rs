//! Views: an account as one client sees it, its own pending redemptions included, and the bookmark
//! that prevents it from seeing an older state later.

use std::collections::BTreeSet;

use domain_core::bookmark::{Bookmark, Pending};
use domain_core::id::CommandId;
use domain_core::idempotency::RECORD_TTL_MS;
use domain_core::time::{DAY_MS, Time};

use super::lifecycle::Redemption;
use super::loyalty_command::{LoyaltyCommand, LoyaltyRecord};
use crate::ledger::account::Account;
use crate::ledger::entry::{EntryKey, LedgerEntry};
use crate::ports::{AccountRead, EntryPage};

/// A pending command older than this is not carried over a reset: the table was restored to before
/// it.
const RESET_PENDING_MS_MAX: u64 = DAY_MS;

/// An account as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The account as it will be once the client's pending redemptions are decided, if no other
    /// command comes first; its version is that of the table.
    pub account: Account,
    /// The pending redemptions.
    pub pending: Vec<Redemption>,
    /// The commands that the client's bookmark lists as pending, decided since or not.
    pub bookmarked: BTreeSet<Pending>,
    /// The bookmark for the client's next request, without the moment, which the reading of the
    /// clock adds.
    pub bookmark: Bookmark,
    /// Whether the bookmark was ahead of the table: the client starts over from here.
    pub reset: bool,
}

/// The account that was read, as a client with `bookmark` sees it at `now`. The table deletes
/// records days late, so their age is checked here.
#[must_use]
pub fn view(customer: &str, read: &AccountRead, bookmark: &Bookmark, now: Time) -> View {
    let absent = Account::empty(customer);
    let item = read.account.as_deref().unwrap_or(&absent);
    let reset = item.version < bookmark.floor;
    let is_pending = |pending: &&Pending| {
        !item.has_absorbed(pending.id, pending.time)
            && now <= pending.time.plus_ms(RECORD_TTL_MS)
            && read.records.iter().any(|record| record.command.place() == **pending)
            && !(reset && pending.time.plus_ms(RESET_PENDING_MS_MAX) < now)
    };
    let pending: BTreeSet<Pending> = bookmark.pending.iter().filter(is_pending).copied().collect();
    let mut commands: Vec<&LoyaltyCommand> =
        read.records.iter().map(|record: &LoyaltyRecord| &record.command).collect();
    commands.retain(|command| pending.contains(&command.place()));
    commands.sort_by_key(|command| command.place());
    commands.dedup_by_key(|command| command.place());
    let undecided = commands.into_iter().filter_map(LoyaltyCommand::redemption);
    let undecided: Vec<Redemption> = undecided.collect();
    let account = Account { version: item.version, ..expected(item, &undecided) };
    let bookmarked = bookmark.pending.clone();
    let bookmark = Bookmark { floor: item.version, pending, moment: bookmark.moment };
    View { account, pending: undecided, bookmarked, bookmark, reset }
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

    /// A page of the ledger with the client's pending holds in their final places. Decisions made
    /// between the reads of the page and of the account are added, since the page lacks them.
    #[must_use]
    pub fn page(&self, page: EntryPage, before: Option<&EntryKey>, limit: usize) -> EntryPage {
        let expected = self.bookmarked.iter().filter_map(|one| self.account.redemption(one.id));
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
