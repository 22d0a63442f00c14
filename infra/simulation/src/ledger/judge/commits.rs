//! What the table is written, held against what may be: every cause once, every decision as the
//! points were, every account the sum of what it has absorbed.

use origin_domain::event::{Event, Kind};
use origin_domain::id::CommandId;
use origin_domain::loyalty::{
    CauseKind, LedgerChange, LoyaltyEvent, Redemption, RedemptionItem, RewardCode, State as Turned,
};

use super::super::causes::Deed;
use super::books::{Absorbed, Fate, Judge, Noted, Stand, State, What};
use crate::counts::Occasion;
use crate::judge::Law;

/// How far clocks and writes under way may be from the true time.
const SLACK_MS: u64 = 120_000;

/// What is wrong, and what that breaks.
type Wrong = (Law, String);

// === impl Judge ===

impl Judge {
    /// The table was written.
    pub(crate) fn committed(&mut self, change: &LedgerChange) {
        self.note(Occasion::State);
        self.trace(|| {
            let redemptions: Vec<&Redemption> =
                change.redemptions.iter().map(|one| &one.item.redemption).collect();
            let account = change.account.as_ref().map(|one| (&one.item.customer, one.item.version));
            format!("table   {:?} {redemptions:?} {account:?}", change.cause)
        });
        if let Err((law, told)) = self.absorb(change) {
            self.find(law, || told);
        }
    }

    fn absorb(&mut self, change: &LedgerChange) -> Result<(), Wrong> {
        let customer = change.account.as_ref().map(|one| one.item.customer.clone());
        let mut absorbed = match &customer {
            Some(customer) => self.state(customer).absorbed,
            None => Absorbed::default(),
        };
        if let Some(cause) = &change.cause {
            let told = || (Law::Counted, format!("{cause} is counted, and never happened"));
            if cause.kind == CauseKind::Adjustment {
                let id = CommandId::from_hex(&cause.id).ok_or_else(told)?;
                self.absorb_gift(&mut absorbed, id)?;
            } else {
                let number = self.number(cause.kind, &cause.id).ok_or_else(told)?;
                self.absorb_cause(&mut absorbed, number)?;
            }
        } else if change.redemptions.is_empty() {
            let put = change.put.first().and_then(|entry| CommandId::from_hex(&entry.cause.id));
            let id = put.ok_or((Law::Counted, "something without a cause".to_owned()))?;
            self.absorb_gift(&mut absorbed, id)?;
        }
        let items: Vec<&RedemptionItem> = change.redemptions.iter().map(|one| &one.item).collect();
        if !items.is_empty() {
            absorbed = self.decided(&absorbed, &items)?;
        }
        let (Some(customer), Some(account)) = (customer, &change.account) else { return Ok(()) };
        let decisions = absorbed.redemptions.values().map(|one| one.fate.decisions()).sum::<u64>();
        let count = absorbed.causes.len() as u64 + absorbed.gifts.len() as u64 + decisions;
        let (version, at_ms) = (account.item.version, self.timeline.now_ms());
        if count != version {
            let told = format!("{count} causes of {customer} are counted as {version}");
            return Err((Law::Counted, told));
        }
        let states = self.accounts.entry(customer).or_default();
        states.push(State { version, at_ms, absorbed });
        Ok(())
    }

    fn absorb_gift(&mut self, absorbed: &mut Absorbed, id: CommandId) -> Result<(), Wrong> {
        self.note(Occasion::Gift);
        let is_known = self.asked.get(&id).is_some_and(|asked| asked.published.is_some());
        if is_known && absorbed.gifts.insert(id) {
            Ok(())
        } else {
            Err((Law::Counted, format!("the gift {id} is counted again, or was never given")))
        }
    }

    /// A fact of an order; what was known before anybody knew whose it is counts with the payment.
    fn absorb_cause(&mut self, absorbed: &mut Absorbed, number: usize) -> Result<(), Wrong> {
        let cause = self.causes[number].cause.clone();
        if self.causes[number].is_absorbed {
            return Err((Law::Counted, format!("{cause:?} is counted again")));
        }
        self.causes[number].is_absorbed = true;
        let of_order = |one: &usize| self.causes[*one].cause.order == cause.order;
        let known: Vec<usize> = (0..self.causes.len())
            .filter(of_order)
            .filter(|one| self.causes[*one].is_absorbed)
            .collect();
        let is_paid = known.iter().any(|one| self.causes[*one].cause.deed == Deed::Paid);
        let order = self.orders[cause.order].clone();
        if order.customer.is_none() {
            self.note(Occasion::GuestOrder);
            return Ok(());
        }
        if !is_paid {
            self.note(Occasion::RefundFirst);
            return Ok(());
        }
        if cause.deed == Deed::Paid
            && let Some(earned) = self.earned(&order, cause.at_ms, absorbed)
        {
            self.earned.insert(cause.order, earned);
        }
        absorbed.causes.extend(known);
        Ok(())
    }

    fn number(&self, kind: CauseKind, id: &str) -> Option<usize> {
        let is_it = |noted: &Noted| {
            let order = self.orders[noted.cause.order].id.to_string();
            match (&noted.cause.deed, kind) {
                (Deed::Paid, CauseKind::Order) => order == id,
                (Deed::Cancelled, CauseKind::Cancellation) => order == id,
                (Deed::Refunded { id: refund, .. }, CauseKind::Refund) => refund.to_string() == id,
                _ => false,
            }
        };
        self.causes.iter().position(is_it)
    }

    /// What was decided is what had to be.
    fn decided(&self, before: &Absorbed, items: &[&RedemptionItem]) -> Result<Absorbed, Wrong> {
        let is_new =
            |item: &&&RedemptionItem| !before.redemptions.contains_key(&item.redemption.id);
        let mut after = before.clone();
        for item in items {
            after.redemptions.insert(item.redemption.id, stand(&item.redemption));
        }
        let Some(asked) = items.iter().find(is_new) else {
            for item in items {
                self.brought_to_end(before, &item.redemption)?;
            }
            return Ok(after);
        };
        let id = asked.redemption.id;
        let published = self.asked.get(&id).and_then(|asked| asked.published.as_ref());
        let published = published.ok_or((Law::Counted, format!("nobody asked for {id}")))?;
        let asked = stand(&asked.redemption);
        if (asked.at_ms, asked.until_ms) != (published.at_ms, published.until_ms) {
            return Err((Law::Counted, format!("{id} has another time than it was given")));
        }
        let expected = self.ruled(before, id, &asked);
        if after != expected {
            let (found, had) = (&after.redemptions[&id], &expected.redemptions[&id]);
            return Err((Law::Covered, format!("{id} is {found:?} and had to be {had:?}")));
        }
        self.note(match asked.fate {
            Fate::Rejected => Occasion::Rejected,
            _ => Occasion::Held,
        });
        if items.len() > 1 {
            self.note(Occasion::Overdue);
        }
        Ok(after)
    }

    /// A hold has come to its end, as it had to.
    fn brought_to_end(&self, before: &Absorbed, redemption: &Redemption) -> Result<(), Wrong> {
        let now_ms = self.timeline.now_ms();
        let held = &before.redemptions[&redemption.id];
        let fate = stand(redemption).fate;
        let is_offered = |at_ms: u64| {
            self.plan_at(at_ms).is_some_and(|(_, plan)| plan.cost(&redemption.reward).is_some())
        };
        let (is_right, occasion) = match fate {
            Fate::Settled(at_ms) => {
                let is_now = at_ms.abs_diff(now_ms) < SLACK_MS;
                (is_now && at_ms < held.until_ms && is_offered(at_ms), Occasion::Settled)
            }
            Fate::Released(at_ms) => {
                let is_now = at_ms.abs_diff(now_ms) < SLACK_MS;
                (is_now && at_ms < held.until_ms && !is_offered(at_ms), Occasion::Released)
            }
            Fate::TimedOut(at_ms) => {
                (at_ms == held.until_ms && at_ms <= now_ms + SLACK_MS, Occasion::TimedOut)
            }
            Fate::Held | Fate::Rejected => (false, Occasion::TimedOut),
        };
        if held.fate != Fate::Held || !is_right {
            return Err((Law::Covered, format!("{held:?} became {fate:?}")));
        }
        self.note(occasion);
        Ok(())
    }

    /// A consumer is done with an event.
    pub(crate) fn consumed(&mut self, event: &Event) {
        self.trace(|| format!("queue   is done with {:?} {}", event.kind, event.detail));
        let is_done = match event.kind {
            Kind::ShopifyWebhook => self.is_webhook_done(&event.detail),
            Kind::LoyaltyCommanded => self.is_command_done(&event.detail),
            _ => self.is_decision_done(&event.detail),
        };
        if is_done != Some(true) {
            self.find(Law::Accounted, || format!("done and not applied: {}", event.detail));
        }
    }

    fn is_webhook_done(&self, detail: &str) -> Option<bool> {
        let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
        let webhook = detail["metadata"]["X-Shopify-Webhook-Id"].as_str()?;
        let number: usize = webhook.split('-').nth(1)?.parse().ok()?;
        Some(self.causes[number].is_absorbed)
    }

    /// A gift is there; of a redemption what was decided is there and told.
    fn is_command_done(&self, detail: &str) -> Option<bool> {
        let LoyaltyEvent { customer, command } = serde_json::from_str(detail).ok()?;
        let absorbed = self.state(&customer).absorbed;
        Some(match self.asked.get(&command.id)?.what {
            What::Gift { .. } => absorbed.gifts.contains(&command.id),
            What::Redeem { .. } => {
                absorbed.redemptions.contains_key(&command.id)
                    && self.told.contains(&(command.id, 1))
            }
        })
    }

    /// A hold is over and that is told; what was settled has its code.
    fn is_decision_done(&self, detail: &str) -> Option<bool> {
        let RedemptionItem { redemption, .. } = serde_json::from_str(detail).ok()?;
        let id = redemption.id;
        let (_, stand) = self.stand(id)?;
        let is_told = self.told.contains(&(id, stand.fate.decisions()));
        let is_made = self.codes.contains(&RewardCode::of(id).to_string());
        Some(match (redemption.state, stand.fate) {
            (Turned::Held, Fate::Settled(_)) => is_told && is_made,
            (Turned::Held, Fate::Held) => false,
            _ => is_told,
        })
    }

    /// A code is honoured from now on.
    pub(crate) fn code_made(&mut self, code: &str) {
        self.trace(|| format!("codes   {code}"));
        self.codes.insert(code.to_owned());
    }
}

/// A redemption in the judge's words.
fn stand(redemption: &Redemption) -> Stand {
    let fate = match redemption.state {
        Turned::Requested | Turned::Rejected => Fate::Rejected,
        Turned::Held => Fate::Held,
        Turned::Settled { at } => Fate::Settled(at.0),
        Turned::Released { at } => Fate::Released(at.0),
        Turned::TimedOut { at } => Fate::TimedOut(at.0),
    };
    let (at_ms, until_ms) = (redemption.time.0, redemption.until.0);
    Stand { at_ms, points: redemption.points.0, until_ms, fate }
}
