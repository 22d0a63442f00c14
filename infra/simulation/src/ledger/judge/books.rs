//! What happens in a world of the ledger, written down.

use std::collections::{BTreeMap, BTreeSet};

use edge_wire::keys::KeyRing;
use origin_domain::id::CommandId;

use super::super::causes::{Cause, Order};
use super::super::instance::{Gift, Redeem, Refused};
use super::super::plan::Plan;
use super::reckoning::Earned;
use crate::counts::Occasion;
use crate::judge::Law;
use crate::minutes::Minutes;
use crate::timeline::Timeline;

/// How old the programme may be that somebody is told: 5 s at an instance, as much as clocks may
/// differ, and as long as a request may be under way.
const OLD_MS_MAX: u64 = 60_000;
/// How long a retry is honoured, less what clocks may be apart.
const RETRY_MS_MAX: u64 = 12 * 3_600_000 - 120_000;

/// The judge of one world.
pub(crate) struct Judge {
    pub(super) timeline: Timeline,
    pub(super) minutes: Minutes,
    pub(super) keys: KeyRing,
    pub(super) plans: Vec<Activated>,
    pub(super) orders: Vec<Order>,
    pub(super) causes: Vec<Noted>,
    /// By order: what its payment brought when it was absorbed.
    pub(super) earned: BTreeMap<usize, Earned>,
    pub(super) asked: BTreeMap<CommandId, Asked>,
    /// By customer: the states that the table has had.
    pub(super) accounts: BTreeMap<String, Vec<State>>,
    pub(super) clients: Vec<Client>,
    pub(super) codes: BTreeSet<String>,
    /// Redemptions and the number of decisions that were told of them.
    pub(super) told: BTreeSet<(CommandId, u64)>,
}

/// A programme and from when on it applies.
pub(super) struct Activated {
    pub(super) version: u64,
    pub(super) from_ms: u64,
    pub(super) plan: Plan,
}

/// A cause and how far it has come.
pub(super) struct Noted {
    pub(super) cause: Cause,
    pub(super) is_published: bool,
    pub(super) is_thanked: bool,
    pub(super) is_absorbed: bool,
}

/// A command and how far it has come.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) customer: String,
    pub(super) what: What,
    pub(super) asked_at_ms: u64,
    pub(super) published: Option<Published>,
    pub(super) is_acknowledged: bool,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Redeem { reward: String, points: i64 },
    Gift { points: i64 },
}

/// What the bus said of a command, the first time.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) detail: String,
    pub(super) at_ms: u64,
    pub(super) until_ms: u64,
    pub(super) program: u64,
    pub(super) taken_at_ms: u64,
}

/// One state of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) version: u64,
    pub(super) at_ms: u64,
    pub(super) absorbed: Absorbed,
}

/// What an account has absorbed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Absorbed {
    pub(super) causes: BTreeSet<usize>,
    pub(super) gifts: BTreeSet<CommandId>,
    pub(super) redemptions: BTreeMap<CommandId, Stand>,
}

/// A redemption and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) at_ms: u64,
    pub(super) points: i64,
    pub(super) until_ms: u64,
    pub(super) fate: Fate,
}

/// What became of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
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
    /// What it was promised.
    pub(super) promised: BTreeSet<CommandId>,
}

// === impl Judge ===

impl Judge {
    pub(crate) fn new(timeline: Timeline, minutes: Minutes, keys: KeyRing) -> Self {
        Self {
            timeline,
            minutes,
            keys,
            plans: Vec::new(),
            orders: Vec::new(),
            causes: Vec::new(),
            earned: BTreeMap::new(),
            asked: BTreeMap::new(),
            accounts: BTreeMap::new(),
            clients: Vec::new(),
            codes: BTreeSet::new(),
            told: BTreeSet::new(),
        }
    }

    /// A client more; answers its number.
    pub(crate) fn admit(&mut self) -> usize {
        self.clients.push(Client::default());
        self.clients.len() - 1
    }

    pub(crate) fn note(&self, occasion: Occasion) {
        self.minutes.note(occasion);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.minutes.trace(line);
    }

    /// Whether there is nothing left to find.
    pub(crate) fn is_done(&self) -> bool {
        self.minutes.is_done()
    }

    /// Something was answered that makes no sense.
    pub(crate) fn astonished(&self, what: &str) {
        self.find(Law::Contract, || what.to_owned());
    }

    /// A programme applies from a moment on.
    pub(crate) fn activated(&mut self, version: u64, from_ms: u64, plan: &Plan) {
        self.note(Occasion::Programme);
        self.trace(|| format!("staff   version {version} from {from_ms}: {plan:?}"));
        self.plans.push(Activated { version, from_ms, plan: plan.clone() });
    }

    /// Something has happened in the shop, and Shopify is going to tell of it.
    pub(crate) fn happened(&mut self, order: &Order, cause: &Cause) {
        self.trace(|| format!("shopify {order:?} {cause:?}"));
        if cause.order == self.orders.len() {
            self.orders.push(order.clone());
        }
        let cause = cause.clone();
        let noted = Noted { cause, is_published: false, is_thanked: false, is_absorbed: false };
        self.causes.push(noted);
    }

    /// Shopify was answered 200.
    pub(crate) fn thanked(&mut self, cause: usize) {
        self.note(Occasion::Webhook);
        self.causes[cause].is_thanked = true;
        if !self.causes[cause].is_published {
            self.find(Law::Durable, || format!("200 for cause {cause}, which is nowhere"));
        }
    }

    /// A customer asks for the first time.
    pub(crate) fn asked(&mut self, client: usize, id: CommandId, ask: &Redeem) {
        self.trace(|| format!("client  {client} asks for {ask:?}"));
        let what = What::Redeem { reward: ask.reward.clone(), points: ask.points };
        self.ask(id, &ask.customer, what);
    }

    /// Staff asks for the first time.
    pub(crate) fn given(&mut self, id: CommandId, gift: &Gift) {
        self.trace(|| format!("staff   {gift:?}"));
        self.ask(id, &gift.customer, What::Gift { points: gift.points });
    }

    fn ask(&mut self, id: CommandId, customer: &str, what: What) {
        let (customer, asked_at_ms) = (customer.to_owned(), self.timeline.now_ms());
        let (published, is_acknowledged) = (None, false);
        self.asked.insert(id, Asked { customer, what, asked_at_ms, published, is_acknowledged });
    }

    /// A command was acknowledged.
    pub(crate) fn acknowledged(&mut self, id: CommandId) {
        self.note(Occasion::Acknowledged);
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.is_acknowledged = true;
        if asked.published.is_none() {
            self.find(Law::Durable, || format!("202 for {id}, which is nowhere"));
        }
    }

    /// A customer was refused.
    pub(crate) fn refused(&mut self, id: CommandId, sent_at_ms: u64, refused: &Refused) {
        let Some(asked) = self.asked.get(&id) else { return };
        let taken = asked.published.as_ref();
        let is_done = taken.is_some_and(|told| told.taken_at_ms < sent_at_ms);
        let stamped_ms = taken.map_or(asked.asked_at_ms, |told| told.at_ms);
        match refused {
            Refused::Declined(_) if !is_done => self.note(Occasion::Declined),
            Refused::Expired if self.timeline.now_ms() > stamped_ms + RETRY_MS_MAX => {
                self.note(Occasion::KeyExpired);
            }
            _ => self.find(Law::Contract, || format!("{refused:?} for {asked:?}")),
        }
    }

    /// A redemption as it stands in the table, and whose it is.
    pub(super) fn stand(&self, id: CommandId) -> Option<(&str, &Stand)> {
        self.accounts.iter().find_map(|(customer, states)| {
            let stand = states.last()?.absorbed.redemptions.get(&id)?;
            Some((customer.as_str(), stand))
        })
    }

    /// The programme in effect at a time.
    pub(super) fn plan_at(&self, at_ms: u64) -> Option<(u64, &Plan)> {
        let in_effect = self.plans.iter().rev().find(|one| one.from_ms <= at_ms);
        in_effect.map(|one| (one.version, &one.plan))
    }

    /// Whether somebody may be told this version at about a time.
    pub(super) fn is_told_at(&self, version: u64, at_ms: u64) -> bool {
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

    pub(super) fn find(&self, law: Law, told: impl FnOnce() -> String) {
        self.minutes.find(law, told);
    }
}

// === impl Fate ===

impl Fate {
    /// How many decisions it took.
    pub(super) fn decisions(self) -> u64 {
        match self {
            Self::Rejected | Self::Held => 1,
            Self::Settled(_) | Self::Released(_) | Self::TimedOut(_) => 2,
        }
    }
}
