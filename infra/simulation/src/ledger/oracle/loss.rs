//! A lost table: what the backup holds, what was lost with the table, and what may be missing from
//! answers until the replay of the archive has restored it.

use std::collections::{BTreeMap, BTreeSet};

use domain_core::id::CommandId;

use super::ledger_oracle::{LedgerOracle, State};
use super::reference_model::OrderEarnings;

/// The backup and the loss of a world.
#[derive(Debug, Default)]
pub(super) struct Loss {
    backup: Backup,
    /// When the backup was restored, if it was.
    pub(super) restored_at_ms: Option<u64>,
    /// The redemptions that the table had absorbed and lost.
    redemptions: BTreeSet<CommandId>,
}

/// What was in the table when the backup was made.
#[derive(Debug, Default)]
struct Backup {
    accounts: BTreeMap<String, State>,
    /// The absorbed causes.
    causes: BTreeSet<usize>,
    earned: BTreeMap<usize, OrderEarnings>,
}

// === impl LedgerOracle ===

impl LedgerOracle {
    /// Saves the present states as those of the backup.
    pub(super) fn save_backup(&mut self) {
        let newest = |(customer, states): (&String, &Vec<State>)| {
            Some((customer.clone(), states.last()?.clone()))
        };
        let absorbed = |number: &usize| self.causes[*number].is_absorbed;
        self.loss.backup = Backup {
            accounts: self.accounts.iter().filter_map(newest).collect(),
            causes: (0..self.causes.len()).filter(absorbed).collect(),
            earned: self.earned.clone(),
        };
    }

    /// The table holds the backup.
    pub(super) fn lose_table(&mut self) {
        let at_ms = self.timeline.now_ms();
        self.loss.restored_at_ms = Some(at_ms);
        let backup = std::mem::take(&mut self.loss.backup);
        for (customer, states) in &mut self.accounts {
            let before = states.last().cloned().unwrap_or_default().absorbed.redemptions;
            let state = backup.accounts.get(customer).cloned().unwrap_or_default();
            let is_lost = |(id, record): &(&CommandId, _)| {
                state.absorbed.redemptions.get(*id) != Some(*record)
            };
            self.loss.redemptions.extend(before.iter().filter(is_lost).map(|(id, _)| *id));
            states.push(State { at_ms, ..state });
        }
        for (number, cause) in self.causes.iter_mut().enumerate() {
            cause.is_absorbed = backup.causes.contains(&number);
        }
        self.earned = backup.earned;
    }

    /// The states of an account since the last loss.
    pub(super) fn states(&self, customer: &str) -> &[State] {
        let states = self.accounts.get(customer).map(Vec::as_slice).unwrap_or_default();
        let restored_at_ms = self.loss.restored_at_ms.unwrap_or(0);
        &states[states.partition_point(|state| state.at_ms < restored_at_ms)..]
    }

    /// Whether an answer may lack a redemption because it was lost with the table, and was absorbed again
    /// only after `fresh_since_ms`, if at all.
    pub(super) fn is_lost(&self, customer: &str, id: CommandId, fresh_since_ms: u64) -> bool {
        let states = self.states(customer).iter();
        let mut since = states.filter(|state| state.absorbed.redemptions.contains_key(&id));
        self.loss.redemptions.contains(&id)
            && since.next().is_none_or(|it| it.at_ms > fresh_since_ms)
    }
}
