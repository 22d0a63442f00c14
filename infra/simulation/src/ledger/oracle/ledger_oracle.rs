//! The oracle of the ledger and its record of events.

use std::collections::{BTreeMap, BTreeSet};

use domain_core::id::CommandId;

use super::super::causes::{Cause, Order};
use super::super::plan::Plan;
use super::super::staff::Gift;
use super::loss::Loss;
use super::reference_model::OrderEarnings;
use crate::engine::{Coverage, Invariant, RunLog, Timeline};
use crate::world::KeyRotation;

/// How old the program shown to a client may be: 5 s at an instance, the difference of clocks, and
/// the duration of a request.
const OLD_MS_MAX: u64 = 60_000;
/// The oracle of one world.
pub(crate) struct LedgerOracle {
    pub(super) timeline: Timeline,
    pub(super) run_log: RunLog,
    pub(super) keys: KeyRotation,
    pub(super) plans: Vec<PlanVersion>,
    pub(super) orders: Vec<Order>,
    pub(super) causes: Vec<CauseHistory>,
    /// By order: what it earned when its payment was absorbed.
    pub(super) earned: BTreeMap<usize, OrderEarnings>,
    pub(super) commands: BTreeMap<CommandId, CommandHistory>,
    /// By customer: all states of the account in the table.
    pub(super) accounts: BTreeMap<String, Vec<State>>,
    pub(super) clients: Vec<Client>,
    /// The redemptions that clients sent, by their numbers.
    pub(super) numbers: Vec<CommandId>,
    /// The published decisions: by redemption and number, the status.
    pub(super) announced: BTreeMap<(CommandId, u64), Status>,
    pub(super) loss: Loss,
    /// The orders that demands of erasure named.
    pub(super) redacted_orders: BTreeSet<String>,
}

/// A program and the time from which it applies.
pub(super) struct PlanVersion {
    pub(super) version: u64,
    pub(super) from_ms: u64,
    pub(super) plan: Plan,
}

/// A cause and its progress.
pub(super) struct CauseHistory {
    pub(super) cause: Cause,
    pub(super) is_published: bool,
    pub(super) is_accepted: bool,
    pub(super) is_absorbed: bool,
}

/// A command and its progress.
#[derive(Debug)]
pub(super) struct CommandHistory {
    pub(super) customer: String,
    pub(super) kind: CommandKind,
    pub(super) first_sent_ms: u64,
    pub(super) published: Option<Publication>,
    pub(super) is_acknowledged: bool,
}

/// The kinds of commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CommandKind {
    Redeem { reward: String, points: i64 },
    Gift { points: i64 },
}

/// The first published event of a command.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) detail: String,
    pub(super) at_ms: u64,
    pub(super) until_ms: u64,
    pub(super) program: u64,
    pub(super) accepted_at_ms: u64,
}

/// One state of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) version: u64,
    pub(super) at_ms: u64,
    pub(super) absorbed: AbsorbedFacts,
}

/// The facts that an account has absorbed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AbsorbedFacts {
    pub(super) causes: BTreeSet<usize>,
    pub(super) gifts: BTreeSet<CommandId>,
    pub(super) redemptions: BTreeMap<CommandId, RedemptionRecord>,
    pub(super) erasure: Erasure,
}

/// The erasure of a customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Erasure {
    /// Up to when everything is erased.
    pub(super) at_ms: Option<u64>,
    /// The writes that the account has counted.
    pub(super) steps: u64,
    /// Whether every write is done.
    pub(super) is_done: bool,
}

/// A redemption and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedemptionRecord {
    pub(super) at_ms: u64,
    pub(super) points: i64,
    pub(super) until_ms: u64,
    pub(super) status: Status,
}

/// The status of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Rejected,
    Held,
    Settled(u64),
    Released(u64),
    TimedOut(u64),
}

/// One device.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// The highest version it was shown.
    pub(super) floor: u64,
    /// The latest day it was shown.
    pub(super) day: u64,
    /// The commands that were acknowledged to it.
    pub(super) promised: BTreeSet<CommandId>,
    /// The bookmarks it received, by its numbers for them.
    pub(super) bookmarks: BTreeMap<u64, BookmarkContents>,
}

/// The content of a bookmark.
#[derive(Debug, Clone, Default)]
pub(super) struct BookmarkContents {
    pub(super) floor: u64,
    pub(super) moment_ms: u64,
    /// The client's commands that its answer contained.
    pub(super) known: BTreeSet<CommandId>,
}

// === impl LedgerOracle ===

impl LedgerOracle {
    pub(crate) fn new(timeline: Timeline, run_log: RunLog, keys: KeyRotation) -> Self {
        Self {
            timeline,
            run_log,
            keys,
            plans: Vec::new(),
            orders: Vec::new(),
            causes: Vec::new(),
            earned: BTreeMap::new(),
            commands: BTreeMap::new(),
            accounts: BTreeMap::new(),
            clients: Vec::new(),
            numbers: Vec::new(),
            announced: BTreeMap::new(),
            loss: Loss::default(),
            redacted_orders: BTreeSet::new(),
        }
    }

    pub(crate) fn count(&self, coverage: Coverage) {
        self.run_log.count(coverage);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.run_log.trace(line);
    }

    /// A program takes effect at a time.
    pub(crate) fn activated(&mut self, version: u64, from_ms: u64, plan: &Plan) {
        self.count(Coverage::Program);
        self.trace(|| format!("staff   version {version} from {from_ms}: {plan:?}"));
        self.plans.push(PlanVersion { version, from_ms, plan: plan.clone() });
    }

    /// A cause occurred in the shop, and Shopify is going to report it.
    pub(crate) fn cause_happened(&mut self, order: &Order, cause: &Cause) {
        self.trace(|| format!("shopify {order:?} {cause:?}"));
        if cause.order == self.orders.len() {
            self.orders.push(order.clone());
        }
        let cause = cause.clone();
        let history =
            CauseHistory { cause, is_published: false, is_accepted: false, is_absorbed: false };
        self.causes.push(history);
    }

    /// A webhook was answered 200.
    pub(crate) fn webhook_accepted(&mut self, cause: usize) {
        self.count(Coverage::Webhook);
        self.causes[cause].is_accepted = true;
        if !self.causes[cause].is_published {
            self.report(Invariant::Durable, || {
                format!("200 for cause {cause}, which was never published")
            });
        }
    }

    /// Staff sends an adjustment for the first time.
    pub(crate) fn gift_sent(&mut self, id: CommandId, gift: &Gift) {
        self.trace(|| format!("staff   {gift:?}"));
        self.add_command(id, &gift.customer, CommandKind::Gift { points: gift.points });
    }

    pub(super) fn add_command(&mut self, id: CommandId, customer: &str, kind: CommandKind) {
        let (customer, first_sent_ms) = (customer.to_owned(), self.timeline.now_ms());
        let (published, is_acknowledged) = (None, false);
        self.commands.insert(
            id,
            CommandHistory { customer, kind, first_sent_ms, published, is_acknowledged },
        );
    }

    /// A command was acknowledged.
    pub(crate) fn acknowledged(&mut self, id: CommandId) {
        self.count(Coverage::Acknowledged);
        let Some(command) = self.commands.get_mut(&id) else { return };
        command.is_acknowledged = true;
        if command.published.is_none() {
            self.report(Invariant::Durable, || format!("202 for {id}, which was never published"));
        }
    }

    /// A redemption in the table, and its customer.
    pub(super) fn stored_redemption(&self, id: CommandId) -> Option<(&str, &RedemptionRecord)> {
        self.accounts.iter().find_map(|(customer, states)| {
            let record = states.last()?.absorbed.redemptions.get(&id)?;
            Some((customer.as_str(), record))
        })
    }

    /// The program in effect at a time.
    pub(super) fn plan_at(&self, at_ms: u64) -> Option<(u64, &Plan)> {
        let in_effect = self.plans.iter().rev().find(|one| one.from_ms <= at_ms);
        in_effect.map(|one| (one.version, &one.plan))
    }

    /// Whether an answer at about this time may show this version.
    pub(super) fn may_apply_at(&self, version: u64, at_ms: u64) -> bool {
        let at = self.plans.iter().position(|one| one.version == version);
        at.is_some_and(|at| {
            let next = self.plans.get(at + 1);
            self.plans[at].from_ms <= at_ms + OLD_MS_MAX
                && next.is_none_or(|next| at_ms < next.from_ms + OLD_MS_MAX)
        })
    }

    pub(super) fn state(&self, customer: &str) -> State {
        self.accounts.get(customer).and_then(|states| states.last()).cloned().unwrap_or_default()
    }

    pub(super) fn report(&self, invariant: Invariant, message: impl FnOnce() -> String) {
        self.run_log.report(invariant, message);
    }
}

// === impl Erasure ===

impl Erasure {
    /// Whether a fact of this time is erased, or dropped if it arrives later.
    pub(super) fn covers(self, at_ms: u64) -> bool {
        self.at_ms.is_some_and(|erased_ms| at_ms <= erased_ms)
    }

    /// Whether some of it is erased and some is not.
    pub(super) fn is_partial(self) -> bool {
        self.at_ms.is_some() && !self.is_done
    }
}

// === impl Status ===

impl Status {
    /// The number of decisions that led to it.
    pub(super) fn decisions(self) -> u64 {
        match self {
            Self::Rejected | Self::Held => 1,
            Self::Settled(_) | Self::Released(_) | Self::TimedOut(_) => 2,
        }
    }
}
