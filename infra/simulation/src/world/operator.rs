//! The operator: the hot table is lost, and a backup is restored.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use domain_core::time::{DAY_MS, HOUR_MS, Time};
use origin_adapters::memory::{Backup, MemoryTable};
use origin_adapters::table::{Guard, Put, Table as _, TableName};

use super::fleet::Fleet;
use super::oracle::Oracles;
use super::queues::Queues;
use crate::engine::{Coverage, Executor, FaultInjector, TaskGroup};

/// How long the table is unavailable: longer than an edge caches any answer made from it.
const GONE_MS: u64 = 90_000;
/// The maximum age of a restored backup.
const AGE_MS_MAX: u64 = 6 * HOUR_MS;
/// How long before the backup the replayed part of the archive begins: it includes everything that
/// may have been in flight then.
const REPLAYED_MS: u64 = 7 * DAY_MS;
/// The keys of loyalty programs: their author publishes them again at once.
const PROGRAMS: &str = "program/";
/// One world in so many loses its table.
const LOSSES_ONE_IN: u64 = 6;

/// The operator of a world.
pub(crate) struct Operator {
    parts: OperatorParts,
    plan: RefCell<Plan>,
}

/// The parts of an operator.
pub(crate) struct OperatorParts {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
    pub(crate) oracles: Oracles,
    pub(crate) table: MemoryTable,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) queues: Rc<Queues>,
    /// Whether the archive is replayed after every loss, or after half of them.
    pub(crate) always_replays: bool,
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
    pub(crate) fn new(operations: u64, may_lose: bool, parts: OperatorParts) -> Self {
        let rng = &parts.faults.rng;
        let at = rng.below(operations);
        let plan = Plan::Backup { at, loss_at: rng.below(at + 1) };
        let is_unlucky = rng.below(LOSSES_ONE_IN) == 0 && may_lose;
        let plan = RefCell::new(if is_unlucky { plan } else { Plan::Nothing });
        Self { parts, plan }
    }

    /// Does what is due when so many operations remain; returns when the shop opens again if it is
    /// closed now.
    pub(crate) fn advance(self: &Rc<Self>, remaining: u64) -> Option<u64> {
        let OperatorParts { executor, group, faults, oracles, table, .. } = &self.parts;
        let now_ms = faults.timeline.now_ms();
        let mut opens_at_ms = None;
        let next = match self.plan.replace(Plan::Nothing) {
            Plan::Backup { at, loss_at } if remaining <= at => {
                oracles.each(|oracle| oracle.backed_up());
                Plan::Loss { at: loss_at, backup: table.backup(), taken_at_ms: now_ms }
            }
            Plan::Loss { at, backup, taken_at_ms } if remaining <= at => {
                if now_ms - taken_at_ms <= AGE_MS_MAX {
                    executor.spawn(group, Rc::clone(self).restore(backup, taken_at_ms));
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
        let OperatorParts { faults, oracles, table, fleet, queues, always_replays, .. } =
            &self.parts;
        faults.lose_table(true);
        fleet.stop();
        faults.timeline.sleep(GONE_MS).await;
        let programs = table.items_of(TableName::Hot).into_iter();
        let programs = programs.filter(|(key, _)| key.pk.starts_with(PROGRAMS));
        let programs: Vec<_> = programs.collect();
        table.restore(&backup);
        for (key, item) in programs {
            let put = Put { key, item, guard: Guard::Sibling };
            table.put(&put).await.expect("an item that a table held");
        }
        let is_replayed = *always_replays || faults.rng.coin();
        oracles.count(Coverage::Restored);
        oracles.trace(|| format!("table   is restored, replay: {is_replayed}"));
        oracles.each(|oracle| oracle.restored(is_replayed));
        faults.lose_table(false);
        if is_replayed {
            queues.replay(Time(taken_at_ms).minus_ms(REPLAYED_MS));
        }
    }
}
