//! The operator: the hot table is lost, and a backup is restored.

use std::cell::RefCell;
use std::rc::Rc;

use domain_core::time::{DAY_MS, HOUR_MS, Time};
use origin_adapters::memory::{Backup, MemoryTable};

use super::consumers::Consumers;
use super::origin::Origin;
use crate::coverage::Coverage;
use crate::rng::Rng;

/// How long the table is unavailable: longer than an edge caches any answer made from it.
const GONE_MS: u64 = 90_000;
/// The maximum age of a restored backup.
const AGE_MS_MAX: u64 = 6 * HOUR_MS;
/// How long before the backup the replayed part of the archive begins: it includes everything that
/// may have been in flight then.
const REPLAYED_MS: u64 = 7 * DAY_MS;
/// One world in so many loses its table.
const LOSSES_ONE_IN: u64 = 6;

/// The operator of a world.
pub(crate) struct Operator {
    pub(crate) origin: Rc<Origin>,
    pub(crate) consumers: Rc<Consumers>,
    pub(crate) tables: MemoryTable,
    plan: RefCell<Plan>,
}

/// The next step.
enum Plan {
    Nothing,
    /// A backup when so many operations remain.
    Backup {
        at: u64,
        loss_at: u64,
    },
    /// The loss of everything since the backup.
    Loss {
        at: u64,
        backup: Backup,
        taken_at_ms: u64,
    },
}

// === impl Operator ===

impl Operator {
    pub(crate) fn new(
        rng: &Rng,
        operations: u64,
        origin: Rc<Origin>,
        consumers: Rc<Consumers>,
    ) -> Self {
        let at = rng.below(operations);
        let plan = Plan::Backup { at, loss_at: rng.below(at + 1) };
        let is_unlucky = rng.below(LOSSES_ONE_IN) == 0;
        let plan = RefCell::new(if is_unlucky { plan } else { Plan::Nothing });
        let tables = origin.tables.clone();
        Self { origin, consumers, tables, plan }
    }

    /// Does what is due when so many operations remain; returns when the shop opens again if it is
    /// closed now.
    pub(crate) fn advance(self: &Rc<Self>, remaining: u64) -> Option<u64> {
        let now_ms = self.origin.faults.timeline.now_ms();
        let mut opens_at_ms = None;
        let next = match self.plan.replace(Plan::Nothing) {
            Plan::Backup { at, loss_at } if remaining <= at => {
                self.origin.oracle.lock().backed_up();
                Plan::Loss { at: loss_at, backup: self.tables.backup(), taken_at_ms: now_ms }
            }
            Plan::Loss { at, backup, taken_at_ms } if remaining <= at => {
                if now_ms - taken_at_ms <= AGE_MS_MAX {
                    let restored = Rc::clone(self).restore(backup, taken_at_ms);
                    self.origin.executor.spawn(&self.consumers.group, restored);
                    opens_at_ms = Some(now_ms + GONE_MS);
                }
                Plan::Nothing
            }
            other => other,
        };
        self.plan.replace(next);
        opens_at_ms
    }

    /// Restarts every instance, with the name of the restored table.
    async fn restore(self: Rc<Self>, backup: Backup, taken_at_ms: u64) {
        let faults = &self.origin.faults;
        faults.lose_table(true);
        self.origin.stop();
        faults.timeline.sleep(GONE_MS).await;
        self.tables.restore(&backup);
        let is_replayed = faults.rng.coin();
        {
            let mut oracle = self.origin.oracle.lock();
            oracle.count(Coverage::Restored);
            oracle.restored(is_replayed);
        }
        faults.lose_table(false);
        if is_replayed {
            self.consumers.replay(Time(taken_at_ms).minus_ms(REPLAYED_MS));
        }
    }
}
