//! From causes to a sheet of paper: what an order earned, what was taken back of it, what was given,
//! and what redemptions hold or have spent.

use std::collections::BTreeMap;

use origin_domain::id::CommandId;

use super::super::causes::{Deed, Order};
use super::super::plan::Plan;
use super::accounts::{Dates, Lot, Sheet, day, next_day, rung};
use super::books::{Absorbed, Asked, Fate, Judge, Stand, What};

/// How long before an order the figures are taken that it is counted by.
const LAG_MS: u64 = 48 * 3_600_000;

/// What an order earned when its payment was absorbed.
#[derive(Debug, Clone)]
pub(super) struct Earned {
    dates: Dates,
    /// The points of each line.
    lines: BTreeMap<u64, i64>,
}

// === impl Judge ===

impl Judge {
    /// The sheet of everything a customer's account has absorbed.
    pub(super) fn sheet(&self, absorbed: &Absorbed) -> Sheet {
        let mut sheet = Sheet::default();
        let is_paid = |number: &&usize| self.causes[**number].cause.deed == Deed::Paid;
        for number in absorbed.causes.iter().filter(is_paid) {
            self.add_order(&mut sheet, absorbed, *number);
        }
        for id in &absorbed.gifts {
            self.add_gift(&mut sheet, *id);
        }
        for (id, stand) in &absorbed.redemptions {
            add_redemption(&mut sheet, *id, stand);
        }
        sheet
    }

    /// When the newest of everything happened that an account has absorbed.
    pub(super) fn newest_ms(&self, absorbed: &Absorbed) -> u64 {
        let causes = absorbed.causes.iter().map(|number| self.causes[*number].cause.at_ms);
        let gifts = absorbed.gifts.iter().filter_map(|id| self.asked.get(id)?.published.as_ref());
        let redemptions = absorbed.redemptions.values().map(|stand| match stand.fate {
            Fate::Held | Fate::Rejected => stand.at_ms,
            Fate::Settled(at_ms) | Fate::Released(at_ms) | Fate::TimedOut(at_ms) => {
                at_ms.max(stand.at_ms)
            }
        });
        causes.chain(gifts.map(|gift| gift.at_ms)).chain(redemptions).max().unwrap_or(0)
    }

    /// What an order earns a customer of whom so much is known when its payment arrives.
    pub(super) fn earned(&self, order: &Order, at_ms: u64, known: &Absorbed) -> Option<Earned> {
        let Plan { per, per_gold, window_days, pending_days, expiry_days, .. } =
            *self.plan_at(at_ms)?.1;
        let then = day(at_ms - LAG_MS);
        let figures = self.sheet(known).figures(window_days, then, |on| on < then);
        let is_gold = rung(self.plan_at(at_ms)?.1, figures) == 2;
        let from = next_day(at_ms) + pending_days;
        let dates = Dates {
            earned: day(at_ms),
            from: (pending_days > 0).then_some(from),
            until: expiry_days.map(|days| from + days),
        };
        let counts = |is_gift_card: bool| !order.is_test && !is_gift_card;
        let lines = order.lines.iter().filter(|line| counts(line.is_gift_card)).map(|line| {
            let gold = if is_gold { line.amount() / per_gold } else { 0 };
            (line.id, line.amount() / per + gold)
        });
        Some(Earned { dates, lines: lines.collect() })
    }

    /// An order with what was taken back of it, in the order in which it happened.
    fn add_order(&self, sheet: &mut Sheet, absorbed: &Absorbed, paid: usize) {
        let cause = &self.causes[paid].cause;
        let Some(Earned { dates, lines }) = self.earned.get(&cause.order) else { return };
        let order = &self.orders[cause.order];
        let id = order.id;
        let mut enter = |name: String, at_ms: u64, points: i64| {
            if points != 0 {
                sheet.lots.push(Lot { dates: *dates, on: day(at_ms), points });
                sheet.entries.insert(name, points);
            }
        };
        let mut kept: i64 = lines.values().sum();
        enter(format!("earn/order/{id}"), cause.at_ms, kept);
        let mut taken: Vec<(u64, bool, u64, usize)> = Vec::new();
        for number in &absorbed.causes {
            let other = &self.causes[*number].cause;
            match &other.deed {
                _ if other.order != cause.order => {}
                Deed::Paid => {}
                Deed::Refunded { id, .. } => taken.push((other.at_ms, false, *id, *number)),
                Deed::Cancelled => taken.push((other.at_ms, true, id, *number)),
            }
        }
        taken.sort_unstable();
        let (mut gone, mut goodwill, mut is_over) = (BTreeMap::new(), 0, false);
        for (at_ms, is_cancelled, id, number) in taken {
            is_over |= is_cancelled;
            if let Deed::Refunded { lines, goodwill: more, .. } = &self.causes[number].cause.deed {
                goodwill += more;
                for (line, quantity) in lines {
                    *gone.entry(*line).or_default() += quantity;
                }
            }
            let left = if is_over { 0 } else { left(order, lines, &gone, goodwill) };
            let kind = if is_cancelled { "cancellation" } else { "refund" };
            enter(format!("reverse/{kind}/{id}"), at_ms, left - kept);
            kept = left;
        }
    }

    fn add_gift(&self, sheet: &mut Sheet, id: CommandId) {
        let Some(Asked { what: What::Gift { points }, published: Some(told), .. }) =
            self.asked.get(&id)
        else {
            return;
        };
        sheet.entries.insert(format!("adjust/adjustment/{}", id.to_hex()), *points);
        let on = day(told.at_ms);
        if *points < 0 {
            return sheet.spent.push((on, -points));
        }
        let plan = self.plans.iter().find(|one| one.version == told.program);
        let days = plan.and_then(|one| one.plan.expiry_days);
        let until = days.map(|days| next_day(told.at_ms) + days);
        let dates = Dates { earned: on, from: None, until };
        sheet.lots.push(Lot { dates, on, points: *points });
    }

    /// What a request comes to: held if the points are there at its time, once the fewest and
    /// oldest overdue holds are ended that it takes; otherwise rejected, and nothing is ended.
    pub(super) fn ruled(&self, absorbed: &Absorbed, id: CommandId, stand: &Stand) -> Absorbed {
        let mut after = absorbed.clone();
        let mut overdue: Vec<(u64, CommandId)> = absorbed
            .redemptions
            .iter()
            .filter(|(_, one)| one.fate == Fate::Held && one.until_ms <= stand.at_ms)
            .map(|(id, one)| (one.at_ms, *id))
            .collect();
        overdue.sort_unstable();
        let mut overdue = overdue.into_iter();
        while !self.sheet(&after).covers(day(stand.at_ms), stand.points) {
            let Some((_, hold)) = overdue.next() else {
                let mut rejected = absorbed.clone();
                let stand = Stand { fate: Fate::Rejected, ..stand.clone() };
                rejected.redemptions.insert(id, stand);
                return rejected;
            };
            if let Some(hold) = after.redemptions.get_mut(&hold) {
                hold.fate = Fate::TimedOut(hold.until_ms);
            }
        }
        after.redemptions.insert(id, Stand { fate: Fate::Held, ..stand.clone() });
        after
    }
}

/// The points of what was not given back; of a line in part, rounded down. Money beyond the goods
/// takes the share that it is of what the kept goods cost.
fn left(
    order: &Order,
    points: &BTreeMap<u64, i64>,
    gone: &BTreeMap<u64, u32>,
    goodwill: i64,
) -> i64 {
    let (mut left, mut cost) = (0, 0);
    for line in &order.lines {
        let gone = gone.get(&line.id).copied().unwrap_or(0).min(line.quantity);
        let kept = |whole: i64| whole * i64::from(line.quantity - gone) / i64::from(line.quantity);
        left += kept(points.get(&line.id).copied().unwrap_or(0));
        cost += kept(line.amount());
    }
    match goodwill {
        0 => left,
        _ if cost == 0 => 0,
        goodwill => left * (cost - goodwill).max(0) / cost,
    }
}

fn add_redemption(sheet: &mut Sheet, id: CommandId, stand: &Stand) {
    let mut enter = |kind: &str, points: i64| {
        sheet.entries.insert(format!("{kind}/redemption/{}", id.to_hex()), points);
    };
    if stand.fate == Fate::Rejected {
        return enter("reject", 0);
    }
    enter("hold", -stand.points);
    match stand.fate {
        Fate::Settled(_) => enter("settle", 0),
        Fate::Released(_) => enter("release", stand.points),
        Fate::TimedOut(_) => enter("time_out", stand.points),
        Fate::Held | Fate::Rejected => {}
    }
    let on = day(stand.at_ms);
    match stand.fate {
        Fate::Held | Fate::Settled(_) => sheet.spent.push((on, stand.points)),
        _ => {}
    }
    if stand.fate == Fate::Held {
        sheet.held += stand.points;
    }
}
