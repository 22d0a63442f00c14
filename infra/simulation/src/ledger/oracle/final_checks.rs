//! The checks at the end of a world of the ledger, when no message is in flight.

use std::collections::{BTreeMap, BTreeSet};

use domain_loyalty::{Account, LedgerEntry};

use super::ledger_oracle::{CommandKind, LedgerOracle, RedemptionRecord, Status};
use origin_adapters::table::{Item, Key, TableName};

use crate::engine::{Coverage, Invariant};
use crate::world::ReplayResult;

/// The final state of one customer.
pub(crate) struct FinalState<'a> {
    pub(crate) customer: &'a str,
    pub(crate) account: Option<&'a Account>,
    /// The whole ledger.
    pub(crate) entries: &'a [LedgerEntry],
}

/// Stored items by their keys.
type Stored = BTreeMap<Key, Item>;

// === impl LedgerOracle ===

impl LedgerOracle {
    /// Checks a customer at the end: every entry follows from a cause, and the account is the sum
    /// of its entries.
    pub(crate) fn check_customer(&self, final_state: &FinalState<'_>) {
        let FinalState { customer, account, entries } = *final_state;
        let state = self.state(customer);
        let reference = self.reference_account(&state.absorbed);
        let mut actual: BTreeMap<String, i64> = BTreeMap::new();
        for entry in entries {
            *actual.entry(entry.id.clone()).or_default() += entry.points.0;
        }
        // A purchase that earned no points has an entry, too.
        let is_about_points = |id: &str, points: i64| {
            points != 0 || !(id.starts_with("earn/") || id.starts_with("reverse/"))
        };
        actual.retain(|id, points| is_about_points(id, *points));
        let sum: i64 = entries.iter().map(|entry| entry.points.0).sum();
        let balance = account.map_or(0, |account| {
            let lots: i64 = account.lots.iter().map(|lot| lot.points.0).sum();
            lots - account.spent.iter().map(|spent| spent.points.0).sum::<i64>()
        });
        if actual != reference.entries {
            let expected = &reference.entries;
            self.report(Invariant::Counted, || {
                format!("{customer} has {actual:?} instead of {expected:?}")
            });
        } else if sum != balance {
            self.report(Invariant::Counted, || {
                format!("{customer}: entries of {sum}, account of {balance}")
            });
        } else if account.map_or(0, |account| account.version) != state.version {
            self.report(Invariant::Counted, || {
                format!("{customer} is not at version {}", state.version)
            });
        }
    }

    /// Checks that no acknowledged command is missing, and nothing is unfinished.
    pub(crate) fn check_end(&self) {
        if let Some((invariant, message)) = self.missing().or_else(|| self.unfinished()) {
            self.report(invariant, || message);
        }
    }

    /// Whether a customer was erased: how often the account was written depends on the order of arrival
    /// then, and a replay gives other bytes.
    pub(crate) fn has_erasures(&self) -> bool {
        self.accounts.values().flatten().any(|state| state.absorbed.erasure.at_ms.is_some())
    }

    /// Checks that the replayed archive gives the same bytes.
    pub(crate) fn check_replay(&self, stored: &Stored, replayed: &ReplayResult) {
        let again = replayed.table.items_of(TableName::Hot);
        if !replayed.unfinished.is_empty() || !replayed.published.is_empty() {
            let (unfinished, published) = (&replayed.unfinished, &replayed.published);
            let message =
                || format!("a replay left {unfinished:?} unfinished and published {published:?}");
            self.report(Invariant::SameBytes, message);
        } else if *stored != again {
            let differs = |key: &&Key| stored.get(*key) != again.get(*key);
            let keys: BTreeSet<_> = stored.keys().chain(again.keys()).filter(differs).collect();
            self.report(Invariant::SameBytes, || format!("the replay differs: {keys:?}"));
        } else {
            self.count(Coverage::Replayed);
        }
    }

    /// A published fact or command that is not in the ledger.
    fn missing(&self) -> Option<(Invariant, String)> {
        let lost = |message: String| Some((Invariant::Durable, format!("{message} is lost")));
        for (number, cause) in self.causes.iter().enumerate() {
            if self.is_cause_erased(number) {
                continue;
            }
            if cause.is_published && !cause.is_absorbed || cause.is_accepted && !cause.is_published
            {
                return lost(format!("{:?}", cause.cause));
            }
        }
        for (id, command) in &self.commands {
            let absorbed = self.state(&command.customer).absorbed;
            let is_absorbed = match command.kind {
                CommandKind::Gift { .. } => absorbed.gifts.contains(id),
                CommandKind::Redeem { .. } => absorbed.redemptions.contains_key(id),
            };
            if self.is_command_erased(command) {
                continue;
            }
            let is_published = command.published.is_some();
            if is_published && !is_absorbed || command.is_acknowledged && !is_published {
                return lost(format!("{command:?}"));
            }
        }
        None
    }

    /// A hold without an end.
    fn unfinished(&self) -> Option<(Invariant, String)> {
        let last = self.accounts.values().filter_map(|states| states.last());
        let mut holds = last.flat_map(|state| {
            let erasure = state.absorbed.erasure;
            let is_held = move |record: &RedemptionRecord| {
                record.status == Status::Held && !erasure.covers(record.at_ms)
            };
            state.absorbed.redemptions.iter().filter(move |(_, record)| is_held(record))
        });
        let (id, _) = holds.next()?;
        Some((Invariant::Accounted, format!("{id} is held without an end")))
    }
}
