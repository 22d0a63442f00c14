//! The merchant's developers on a bad morning: the hot table is lost, and a backup is put back.

use std::cell::RefCell;
use std::rc::Rc;

use origin_adapters::memory::{Backup, MemoryTables};
use origin_domain::time::{DAY_MS, HOUR_MS, Time};

use super::consumers::Consumers;
use super::origin::Origin;
use crate::counts::Occasion;
use crate::dice::Dice;

/// How long the table is gone: longer than any answer made from it stays at an edge.
const GONE_MS: u64 = 90_000;
/// The oldest backup that is put back.
const AGE_MS_MAX: u64 = 6 * HOUR_MS;
/// How long before the backup the replayed part of the archive begins: everything that may have
/// been on its way then.
const REPLAYED_MS: u64 = 7 * DAY_MS;
/// In one world of so many the table is lost.
const LOSSES_ONE_IN: u64 = 6;

/// Who looks after a world.
pub(crate) struct Operator {
    pub(crate) origin: Rc<Origin>,
    pub(crate) consumers: Rc<Consumers>,
    pub(crate) tables: MemoryTables,
    plan: RefCell<Plan>,
}

/// What is still to happen.
enum Plan {
    Nothing,
    /// A backup with so many operations left.
    Backup {
        at: u64,
        loss_at: u64,
    },
    /// The loss of everything since.
    Loss {
        at: u64,
        backup: Backup,
        taken_at_ms: u64,
    },
}

// === impl Operator ===

impl Operator {
    pub(crate) fn new(
        dice: &Dice,
        operations: u64,
        origin: Rc<Origin>,
        consumers: Rc<Consumers>,
    ) -> Self {
        let at = dice.below(operations);
        let plan = Plan::Backup { at, loss_at: dice.below(at + 1) };
        let is_unlucky = dice.below(LOSSES_ONE_IN) == 0;
        let plan = RefCell::new(if is_unlucky { plan } else { Plan::Nothing });
        let tables = origin.tables.clone();
        Self { origin, consumers, tables, plan }
    }

    /// Does what is due with so many operations left; answers when the shop opens again if it is
    /// closed now.
    pub(crate) fn watch(self: &Rc<Self>, left: u64) -> Option<u64> {
        let now_ms = self.origin.sky.timeline.now_ms();
        let mut opens_at_ms = None;
        let next = match self.plan.replace(Plan::Nothing) {
            Plan::Backup { at, loss_at } if left <= at => {
                self.origin.bench.judge().backed_up();
                Plan::Loss { at: loss_at, backup: self.tables.backup(), taken_at_ms: now_ms }
            }
            Plan::Loss { at, backup, taken_at_ms } if left <= at => {
                if now_ms - taken_at_ms <= AGE_MS_MAX {
                    let restored = Rc::clone(self).restore(backup, taken_at_ms);
                    self.origin.crew.spawn(&self.consumers.life, restored);
                    opens_at_ms = Some(now_ms + GONE_MS);
                }
                Plan::Nothing
            }
            other => other,
        };
        self.plan.replace(next);
        opens_at_ms
    }

    /// Every instance is started anew, with the name of the restored table.
    async fn restore(self: Rc<Self>, backup: Backup, taken_at_ms: u64) {
        let sky = &self.origin.sky;
        sky.lose_table(true);
        self.origin.stop();
        sky.timeline.sleep(GONE_MS).await;
        self.tables.restore(&backup);
        let is_replayed = sky.dice.coin();
        {
            let mut judge = self.origin.bench.judge();
            judge.note(Occasion::Restored);
            judge.restored(is_replayed);
        }
        sky.lose_table(false);
        if is_replayed {
            self.consumers.replay(Time(taken_at_ms).minus_ms(REPLAYED_MS));
        }
    }
}
