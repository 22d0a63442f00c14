//! The reference model of the ledger: from causes to an account. It computes what an order earned,
//! what was reversed, what was given, and what redemptions hold or have spent.

use std::collections::BTreeMap;

use domain_core::id::CommandId;

use super::super::causes::{Order, OrderChange};
use super::super::plan::Plan;
use super::ledger_oracle::{
    AbsorbedFacts, CommandHistory, CommandKind, LedgerOracle, RedemptionRecord, Status,
};
use super::reference_account::{Dates, Lot, ReferenceAccount, day, next_day, tier_index};

/// The figures for an order are taken this long before it.
const LAG_MS: u64 = 48 * 3_600_000;

/// The points that an order earned when its payment was absorbed.
#[derive(Debug, Clone)]
pub(super) struct OrderEarnings {
    dates: Dates,
    /// The cents per point of each rule that counted.
    rules: Vec<i64>,
}

// === impl LedgerOracle ===

impl LedgerOracle {
    /// The reference account of all absorbed facts.
    pub(super) fn reference_account(&self, absorbed: &AbsorbedFacts) -> ReferenceAccount {
        let mut account = ReferenceAccount::default();
        let erasure = absorbed.erasure;
        let is_paid = |number: &&usize| {
            let cause = &self.causes[**number].cause;
            cause.change == OrderChange::Paid && !erasure.covers(cause.at_ms)
        };
        for number in absorbed.causes.iter().filter(is_paid) {
            self.add_order(&mut account, absorbed, *number);
        }
        let is_erased = |id: &&CommandId| {
            self.commands.get(*id).is_some_and(|command| {
                command.published.as_ref().is_some_and(|event| erasure.covers(event.at_ms))
            })
        };
        for id in absorbed.gifts.iter().filter(|id| !is_erased(id)) {
            self.add_gift(&mut account, *id);
        }
        let present = absorbed.redemptions.iter();
        for (id, record) in present.filter(|(_, record)| !erasure.covers(record.at_ms)) {
            add_redemption(&mut account, *id, record);
        }
        account
    }

    /// The time of the newest absorbed fact.
    pub(super) fn newest_ms(&self, absorbed: &AbsorbedFacts) -> u64 {
        let causes = absorbed.causes.iter().map(|number| self.causes[*number].cause.at_ms);
        let gifts =
            absorbed.gifts.iter().filter_map(|id| self.commands.get(id)?.published.as_ref());
        let redemptions = absorbed.redemptions.values().map(|record| match record.status {
            Status::Held | Status::Rejected => record.at_ms,
            Status::Settled(at_ms) | Status::Released(at_ms) | Status::TimedOut(at_ms) => {
                at_ms.max(record.at_ms)
            }
        });
        causes.chain(gifts.map(|gift| gift.at_ms)).chain(redemptions).max().unwrap_or(0)
    }

    /// Whether an order of this time earns as one of the highest tier, given the facts that were known
    /// when its payment arrived.
    pub(super) fn is_gold(&self, at_ms: u64, plan: &Plan, known: &AbsorbedFacts) -> bool {
        let then = day(at_ms - LAG_MS);
        let account = self.reference_account(known);
        tier_index(plan, account.figures(plan.window_days, then, |on| on < then)) == 2
    }

    /// Adds an order and its reversals in the order of their times.
    fn add_order(&self, account: &mut ReferenceAccount, absorbed: &AbsorbedFacts, paid: usize) {
        let cause = &self.causes[paid].cause;
        let Some(OrderEarnings { dates, rules }) = self.earned.get(&cause.order) else { return };
        let order = &self.orders[cause.order];
        let id = order.id;
        let mut enter = |name: String, at_ms: u64, points: i64| {
            if points != 0 {
                account.lots.push(Lot { dates: *dates, on: day(at_ms), points });
                account.entries.insert(name, points);
            }
        };
        let mut remaining = remaining_points(order, rules, &BTreeMap::new(), 0);
        enter(format!("earn/order/{id}"), cause.at_ms, remaining);
        let mut reversals: Vec<(u64, bool, u64, usize)> = Vec::new();
        for number in &absorbed.causes {
            let other = &self.causes[*number].cause;
            match &other.change {
                _ if other.order != cause.order => {}
                OrderChange::Paid => {}
                OrderChange::Refunded { id, .. } => {
                    reversals.push((other.at_ms, false, *id, *number))
                }
                OrderChange::Cancelled => reversals.push((other.at_ms, true, id, *number)),
            }
        }
        reversals.sort_unstable();
        let (mut returned, mut goodwill, mut is_over) = (BTreeMap::new(), 0, false);
        for (at_ms, is_cancelled, id, number) in reversals {
            is_over |= is_cancelled;
            if let OrderChange::Refunded { lines, goodwill: more, .. } =
                &self.causes[number].cause.change
            {
                goodwill += more;
                for (line, quantity) in lines {
                    *returned.entry(*line).or_default() += quantity;
                }
            }
            let now = if is_over { 0 } else { remaining_points(order, rules, &returned, goodwill) };
            let kind = if is_cancelled { "cancellation" } else { "refund" };
            enter(format!("reverse/{kind}/{id}"), at_ms, now - remaining);
            remaining = now;
        }
    }

    fn add_gift(&self, account: &mut ReferenceAccount, id: CommandId) {
        let Some(CommandHistory {
            kind: CommandKind::Gift { points }, published: Some(event), ..
        }) = self.commands.get(&id)
        else {
            return;
        };
        account.entries.insert(format!("adjust/adjustment/{}", id.to_hex()), *points);
        let on = day(event.at_ms);
        if *points < 0 {
            return account.spent.push((on, -points));
        }
        let plan = self.plans.iter().find(|one| one.version == event.program);
        let days = plan.and_then(|one| one.plan.expiry_days);
        let until = days.map(|days| next_day(event.at_ms) + days);
        let dates = Dates { earned: on, from: None, until };
        account.lots.push(Lot { dates, on, points: *points });
    }

    /// Decides a request: held if the points are available at its time, after ending the fewest and
    /// oldest overdue holds that are needed; otherwise rejected, and no hold is ended.
    pub(super) fn decide(
        &self,
        absorbed: &AbsorbedFacts,
        id: CommandId,
        record: &RedemptionRecord,
    ) -> AbsorbedFacts {
        let mut after = absorbed.clone();
        let mut overdue: Vec<(u64, CommandId)> = absorbed
            .redemptions
            .iter()
            .filter(|(_, one)| one.status == Status::Held && one.until_ms <= record.at_ms)
            .filter(|(_, one)| !absorbed.erasure.covers(one.at_ms))
            .map(|(id, one)| (one.at_ms, *id))
            .collect();
        overdue.sort_unstable();
        let mut overdue = overdue.into_iter();
        while !self.reference_account(&after).covers(day(record.at_ms), record.points) {
            let Some((_, hold)) = overdue.next() else {
                let mut rejected = absorbed.clone();
                let record = RedemptionRecord { status: Status::Rejected, ..record.clone() };
                rejected.redemptions.insert(id, record);
                return rejected;
            };
            if let Some(hold) = after.redemptions.get_mut(&hold) {
                hold.status = Status::TimedOut(hold.until_ms);
            }
        }
        after.redemptions.insert(id, RedemptionRecord { status: Status::Held, ..record.clone() });
        after
    }
}

// === impl OrderEarnings ===

impl OrderEarnings {
    pub(super) fn new(at_ms: u64, plan: &Plan, is_gold: bool) -> Self {
        let Plan { per, per_gold, pending_days, expiry_days, .. } = *plan;
        let from = next_day(at_ms) + pending_days;
        let dates = Dates {
            earned: day(at_ms),
            from: (pending_days > 0).then_some(from),
            until: expiry_days.map(|days| from + days),
        };
        let rules = if is_gold { vec![per, per_gold] } else { vec![per] };
        Self { dates, rules }
    }

    /// The points before any return.
    pub(super) fn points(&self, order: &Order) -> i64 {
        remaining_points(order, &self.rules, &BTreeMap::new(), 0)
    }
}

/// The points of the goods that were not returned, rounded down once for each rule. A refund beyond
/// the goods reduces them by its share of the price of the remaining goods.
fn remaining_points(
    order: &Order,
    rules: &[i64],
    returned: &BTreeMap<u64, u32>,
    goodwill: i64,
) -> i64 {
    // In sixths of cents: a multiple of every quantity here.
    const PARTS: i64 = 6;
    let (mut goods, mut cost) = (0, 0);
    for line in &order.lines {
        let returned = returned.get(&line.id).copied().unwrap_or(0).min(line.quantity);
        let remaining =
            line.amount() * PARTS * i64::from(line.quantity - returned) / i64::from(line.quantity);
        cost += remaining;
        goods += if order.is_test || line.is_gift_card { 0 } else { remaining };
    }
    let rest = match goodwill {
        0 => cost,
        _ => (cost - PARTS * goodwill).max(0),
    };
    rules.iter().map(|per| goods * rest / (cost * PARTS * per).max(1)).sum()
}

fn add_redemption(account: &mut ReferenceAccount, id: CommandId, record: &RedemptionRecord) {
    let mut enter = |kind: &str, points: i64| {
        account.entries.insert(format!("{kind}/redemption/{}", id.to_hex()), points);
    };
    if record.status == Status::Rejected {
        return enter("reject", 0);
    }
    enter("hold", -record.points);
    match record.status {
        Status::Settled(_) => enter("settle", 0),
        Status::Released(_) => enter("release", record.points),
        Status::TimedOut(_) => enter("time_out", record.points),
        Status::Held | Status::Rejected => {}
    }
    let on = day(record.at_ms);
    match record.status {
        Status::Held | Status::Settled(_) => account.spent.push((on, record.points)),
        _ => {}
    }
    if record.status == Status::Held {
        account.held += record.points;
    }
}
