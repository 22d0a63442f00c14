//! The oracle of the ledger and its record of events.

use std::collections::{BTreeMap, BTreeSet};

use domain_core::id::CommandId;
use edge_wire::keys::KeyRing;

use super::super::causes::{Cause, Order};
use super::super::instance::{ErrorReply, Gift, RedeemRequest};
use super::super::plan::Plan;
use super::reference_model::OrderEarnings;
use crate::coverage::Coverage;
use crate::oracle::Invariant;
use crate::run_log::RunLog;
use crate::timeline::Timeline;

/// How old the program shown to a client may be: 5 s at an instance, the difference of clocks, and
/// the duration of a request.
const OLD_MS_MAX: u64 = 60_000;
/// How long a retry is honoured, less the difference of clocks.
const RETRY_MS_MAX: u64 = 12 * 3_600_000 - 120_000;

/// The oracle of one world.
pub(crate) struct LedgerOracle {
    pub(super) timeline: Timeline,
    pub(super) run_log: RunLog,
    pub(super) keys: KeyRing,
    pub(super) plans: Vec<PlanVersion>,
    pub(super) orders: Vec<Order>,
    pub(super) causes: Vec<CauseHistory>,
    /// By order: what it earned when its payment was absorbed.
    pub(super) earned: BTreeMap<usize, OrderEarnings>,
    pub(super) commands: BTreeMap<CommandId, CommandHistory>,
    /// By customer: all states of the account in the table.
    pub(super) accounts: BTreeMap<String, Vec<State>>,
    pub(super) clients: Vec<Client>,
    pub(super) codes: BTreeSet<String>,
    /// Redemptions and the number of their published decisions.
    pub(super) announced: BTreeSet<(CommandId, u64)>,
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
#[derive(Default)]
pub(super) struct Client {
    /// The highest version it was shown.
    pub(super) floor: u64,
    /// The latest day it was shown.
    pub(super) day: u64,
    /// The commands that were acknowledged to it.
    pub(super) promised: BTreeSet<CommandId>,
}

// === impl LedgerOracle ===

impl LedgerOracle {
    pub(crate) fn new(timeline: Timeline, run_log: RunLog, keys: KeyRing) -> Self {
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
            codes: BTreeSet::new(),
            announced: BTreeSet::new(),
        }
    }

    /// Adds a client; returns its number.
    pub(crate) fn add_client(&mut self) -> usize {
        self.clients.push(Client::default());
        self.clients.len() - 1
    }

    pub(crate) fn count(&self, coverage: Coverage) {
        self.run_log.count(coverage);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.run_log.trace(line);
    }

    /// Whether a violation was reported.
    pub(crate) fn has_violation(&self) -> bool {
        self.run_log.has_violation()
    }

    /// A client received an answer that no request should have.
    pub(crate) fn unexpected(&self, message: &str) {
        self.report(Invariant::Contract, || message.to_owned());
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

    /// A customer sends a redemption for the first time.
    pub(crate) fn command_sent(&mut self, client: usize, id: CommandId, request: &RedeemRequest) {
        self.trace(|| format!("client  {client} sends {request:?}"));
        let kind = CommandKind::Redeem { reward: request.reward.clone(), points: request.points };
        self.add_command(id, &request.customer, kind);
    }

    /// Staff sends an adjustment for the first time.
    pub(crate) fn gift_sent(&mut self, id: CommandId, gift: &Gift) {
        self.trace(|| format!("staff   {gift:?}"));
        self.add_command(id, &gift.customer, CommandKind::Gift { points: gift.points });
    }

    fn add_command(&mut self, id: CommandId, customer: &str, kind: CommandKind) {
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

    /// A customer received an error.
    pub(crate) fn rejection_received(
        &mut self,
        id: CommandId,
        sent_at_ms: u64,
        error: &ErrorReply,
    ) {
        let Some(command) = self.commands.get(&id) else { return };
        let event = command.published.as_ref();
        let is_done = event.is_some_and(|event| event.accepted_at_ms < sent_at_ms);
        let stamped_ms = event.map_or(command.first_sent_ms, |event| event.at_ms);
        match error {
            ErrorReply::Declined(_) if !is_done => self.count(Coverage::Declined),
            ErrorReply::Expired if self.timeline.now_ms() > stamped_ms + RETRY_MS_MAX => {
                self.count(Coverage::KeyExpired);
            }
            _ => self.report(Invariant::Contract, || format!("{error:?} for {command:?}")),
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
