//! Checks every write to the table: each cause counts once, each decision follows from the points,
//! and each account is the sum of what it has absorbed.

use domain_core::event::Kind;
use domain_core::id::CommandId;
use domain_loyalty::{
    CauseKind, EntryKind, LedgerChange, LedgerEntry, LoyaltyEvent, Redemption, RedemptionItem,
    State as DomainState,
};

use super::super::causes::OrderChange;
use super::super::payloads::ORDERS_UPDATED;
use super::erasure::{PRIVACY_QUEUE, TOPIC, step};
use super::ledger_oracle::{
    AbsorbedFacts, CauseHistory, CommandKind, LedgerOracle, RedemptionRecord, State, Status,
};
use super::reference_model::OrderEarnings;
use crate::engine::{Coverage, Invariant};
use crate::world::Finished;

/// The maximum difference of clocks and delay of writes.
const SLACK_MS: u64 = 120_000;

/// The broken invariant and a message.
type CheckError = (Invariant, String);

// === impl LedgerOracle ===

impl LedgerOracle {
    /// The table was written.
    pub(super) fn committed(&mut self, change: &LedgerChange) {
        self.count(Coverage::State);
        self.trace(|| {
            let redemptions: Vec<&Redemption> =
                change.redemptions.iter().map(|one| &one.item.redemption).collect();
            let account = change.account.as_ref().map(|one| (&one.item.customer, one.item.version));
            format!("table   {:?} {redemptions:?} {account:?}", change.cause)
        });
        if let Err((invariant, message)) = self.absorb(change) {
            self.report(invariant, || message);
        }
    }

    fn absorb(&mut self, change: &LedgerChange) -> Result<(), CheckError> {
        let customer = change.account.as_ref().map(|one| one.item.customer.clone());
        let mut absorbed = match &customer {
            Some(customer) => self.state(customer).absorbed,
            None => AbsorbedFacts::default(),
        };
        if let Some(after) = step(change, &absorbed) {
            absorbed = after;
        } else if let Some(cause) = &change.cause {
            let message =
                || (Invariant::Counted, format!("{cause} is counted, but never happened"));
            if cause.kind == CauseKind::Adjustment {
                let id = CommandId::from_hex(&cause.id).ok_or_else(message)?;
                self.absorb_gift(&mut absorbed, id)?;
            } else {
                let number = self.number(cause.kind, &cause.id).ok_or_else(message)?;
                self.absorb_cause(&mut absorbed, number, change)?;
            }
        } else if change.redemptions.is_empty() {
            let put = change.put.first().and_then(|one| CommandId::from_hex(&one.entry.cause.id));
            let id = put.ok_or((Invariant::Counted, "a write without a cause".to_owned()))?;
            self.absorb_gift(&mut absorbed, id)?;
        }
        let items: Vec<&RedemptionItem> = change.redemptions.iter().map(|one| &one.item).collect();
        if !items.is_empty() && !change.put.is_empty() {
            absorbed = self.check_decisions(&absorbed, &items)?;
        }
        let (Some(customer), Some(account)) = (customer, &change.account) else { return Ok(()) };
        let decisions =
            absorbed.redemptions.values().map(|one| one.status.decisions()).sum::<u64>();
        let facts = absorbed.causes.len() as u64 + absorbed.gifts.len() as u64 + decisions;
        let count = facts + absorbed.erasure.steps;
        let (version, at_ms) = (account.item.version, self.timeline.now_ms());
        if count != version {
            let message = format!("{count} causes of {customer} are counted as {version}");
            return Err((Invariant::Counted, message));
        }
        let states = self.accounts.entry(customer).or_default();
        states.push(State { version, at_ms, absorbed });
        Ok(())
    }

    fn absorb_gift(
        &mut self,
        absorbed: &mut AbsorbedFacts,
        id: CommandId,
    ) -> Result<(), CheckError> {
        self.count(Coverage::Gift);
        let is_published =
            self.commands.get(&id).is_some_and(|command| command.published.is_some());
        if is_published && absorbed.gifts.insert(id) {
            Ok(())
        } else {
            Err((Invariant::Counted, format!("the gift {id} is counted again, or was never sent")))
        }
    }

    /// A fact of an order; facts that arrived before the order's customer was known count with the
    /// payment.
    fn absorb_cause(
        &mut self,
        absorbed: &mut AbsorbedFacts,
        number: usize,
        change: &LedgerChange,
    ) -> Result<(), CheckError> {
        let cause = self.causes[number].cause.clone();
        if self.causes[number].is_absorbed {
            return Err((Invariant::Counted, format!("{cause:?} is counted again")));
        }
        self.causes[number].is_absorbed = true;
        let of_order = |one: &usize| self.causes[*one].cause.order == cause.order;
        let known: Vec<usize> = (0..self.causes.len())
            .filter(of_order)
            .filter(|one| self.causes[*one].is_absorbed)
            .collect();
        let is_paid = known.iter().any(|one| self.causes[*one].cause.change == OrderChange::Paid);
        let order = self.orders[cause.order].clone();
        if order.customer.is_none() {
            self.count(Coverage::GuestOrder);
            return Ok(());
        }
        if !is_paid {
            self.count(Coverage::RefundFirst);
            return Ok(());
        }
        if cause.change == OrderChange::Paid
            && let Some((_, plan)) = self.plan_at(cause.at_ms)
        {
            let earned = |is_gold| OrderEarnings::new(cause.at_ms, plan, is_gold);
            // The tier of a customer who is being erased depends on how much is erased.
            let is_gold = if absorbed.erasure.is_partial() {
                let is_earned = |entry: &&LedgerEntry| entry.kind == EntryKind::Earn;
                let put = change.put.iter().map(|one| &one.entry);
                let stored = put.clone().find(is_earned).map_or(0, |entry| entry.points.0);
                earned(true).points(&order) == stored
            } else {
                self.is_gold(cause.at_ms, plan, absorbed)
            };
            let earned = earned(is_gold);
            self.earned.insert(cause.order, earned);
        }
        absorbed.causes.extend(known);
        Ok(())
    }

    fn number(&self, kind: CauseKind, id: &str) -> Option<usize> {
        let is_this_cause = |history: &CauseHistory| {
            let order = self.orders[history.cause.order].id.to_string();
            match (&history.cause.change, kind) {
                (OrderChange::Paid, CauseKind::Order) => order == id,
                (OrderChange::Cancelled, CauseKind::Cancellation) => order == id,
                (OrderChange::Refunded { id: refund, .. }, CauseKind::Refund) => {
                    refund.to_string() == id
                }
                _ => false,
            }
        };
        self.causes.iter().position(is_this_cause)
    }

    /// Checks that the decisions are the expected ones.
    fn check_decisions(
        &self,
        before: &AbsorbedFacts,
        items: &[&RedemptionItem],
    ) -> Result<AbsorbedFacts, CheckError> {
        let is_new =
            |item: &&&RedemptionItem| !before.redemptions.contains_key(&item.redemption.id);
        let mut after = before.clone();
        for item in items {
            after.redemptions.insert(item.redemption.id, record_of(&item.redemption));
        }
        let Some(request) = items.iter().find(is_new) else {
            for item in items {
                self.check_hold_end(before, &item.redemption)?;
            }
            return Ok(after);
        };
        let id = request.redemption.id;
        let published = self.commands.get(&id).and_then(|command| command.published.as_ref());
        let published = published.ok_or((Invariant::Counted, format!("{id} was not sent")))?;
        let request = record_of(&request.redemption);
        if (request.at_ms, request.until_ms) != (published.at_ms, published.until_ms) {
            return Err((Invariant::Counted, format!("{id} has another time than its event")));
        }
        if before.erasure.is_partial() {
            self.count(Coverage::UncheckedByErasure);
            return Ok(after);
        }
        // A decision that was lost with the table is applied again, not made.
        let made = self.announced.get(&(id, request.status.decisions()));
        if items.len() == 1 && made == Some(&request.status) {
            return Ok(after);
        }
        let expected = self.decide(before, id, &request);
        if after != expected {
            let (actual, expected) = (&after.redemptions[&id], &expected.redemptions[&id]);
            return Err((
                Invariant::Covered,
                format!("{id} is {actual:?} instead of {expected:?}"),
            ));
        }
        self.count(match request.status {
            Status::Rejected => Coverage::Rejected,
            _ => Coverage::Held,
        });
        if items.len() > 1 {
            self.count(Coverage::Overdue);
        }
        Ok(after)
    }

    /// Checks the end of a hold.
    fn check_hold_end(
        &self,
        before: &AbsorbedFacts,
        redemption: &Redemption,
    ) -> Result<(), CheckError> {
        let now_ms = self.timeline.now_ms();
        let held = &before.redemptions[&redemption.id];
        let status = record_of(redemption).status;
        if self.announced.get(&(redemption.id, status.decisions())) == Some(&status) {
            return Ok(());
        }
        let is_offered = |at_ms: u64| {
            self.plan_at(at_ms).is_some_and(|(_, plan)| plan.cost(&redemption.reward).is_some())
        };
        let (is_right, coverage) = match status {
            Status::Settled(at_ms) => {
                let is_now = at_ms.abs_diff(now_ms) < SLACK_MS;
                (is_now && at_ms < held.until_ms && is_offered(at_ms), Coverage::Settled)
            }
            Status::Released(at_ms) => {
                let is_now = at_ms.abs_diff(now_ms) < SLACK_MS;
                (is_now && at_ms < held.until_ms && !is_offered(at_ms), Coverage::Released)
            }
            Status::TimedOut(at_ms) => {
                (at_ms == held.until_ms && at_ms <= now_ms + SLACK_MS, Coverage::TimedOut)
            }
            Status::Held | Status::Rejected => (false, Coverage::TimedOut),
        };
        if held.status != Status::Held || !is_right {
            return Err((Invariant::Covered, format!("{held:?} became {status:?}")));
        }
        self.count(coverage);
        Ok(())
    }

    /// A consumer has finished an event.
    pub(super) fn check_finished(&mut self, message: Finished<'_>) {
        let Finished { event, is_replay, .. } = message;
        let is_done = match event.kind {
            Kind::ShopifyWebhook => self.is_webhook_done(message),
            // A replay decides nothing.
            Kind::LoyaltyCommanded if is_replay => Some(true),
            Kind::LoyaltyCommanded => self.is_command_done(&event.detail),
            _ if is_replay => Some(true),
            _ => self.is_decision_done(&event.detail),
        };
        if is_done != Some(true) {
            self.report(Invariant::Accounted, || {
                format!("finished, but not applied: {}", event.detail)
            });
        }
    }

    fn is_webhook_done(&mut self, message: Finished<'_>) -> Option<bool> {
        let Finished { queue, event, at_ms, .. } = message;
        let detail: serde_json::Value = serde_json::from_str(&event.detail).ok()?;
        if detail["metadata"]["x-shopify-topic"] == TOPIC {
            // The ledger's consumer ignores it.
            if queue == PRIVACY_QUEUE {
                let customer = detail["payload"]["customer"]["id"].as_u64()?;
                let orders = detail["payload"]["orders_to_redact"].as_array().cloned();
                let orders = orders.unwrap_or_default().into_iter();
                self.erased(&customer.to_string(), at_ms, orders.map(|order| order.to_string()));
            }
            return Some(true);
        }
        let webhook = detail["metadata"]["x-shopify-webhook-id"].as_str()?;
        let number: usize = webhook.split('-').nth(1)?.parse().ok()?;
        // An update of an order from before the first program is ignored.
        let is_ignored = detail["metadata"]["x-shopify-topic"] == ORDERS_UPDATED
            && self.plan_at(self.causes[number].cause.at_ms).is_none();
        Some(is_ignored || self.causes[number].is_absorbed || self.is_cause_erased(number))
    }

    /// A gift is finished when it is absorbed; a redemption when its decision is stored and
    /// published.
    fn is_command_done(&self, detail: &str) -> Option<bool> {
        let LoyaltyEvent { customer, command } = serde_json::from_str(detail).ok()?;
        let absorbed = self.state(&customer).absorbed;
        let known = self.commands.get(&command.id)?;
        Some(match known.kind {
            _ if self.is_command_erased(known) => true,
            CommandKind::Gift { .. } => absorbed.gifts.contains(&command.id),
            CommandKind::Redeem { .. } => {
                absorbed.redemptions.contains_key(&command.id)
                    && self.announced.contains_key(&(command.id, 1))
            }
        })
    }

    /// A hold is finished when its end is published.
    fn is_decision_done(&self, detail: &str) -> Option<bool> {
        let RedemptionItem { redemption, .. } = serde_json::from_str(detail).ok()?;
        let id = redemption.id;
        if self.is_redemption_erased(id) {
            return Some(true);
        }
        let (_, record) = self.stored_redemption(id)?;
        let is_announced = self.announced.contains_key(&(id, record.status.decisions()));
        Some(match (redemption.state, record.status) {
            (DomainState::Held, Status::Held) => false,
            _ => is_announced,
        })
    }
}

/// A redemption in the oracle's types.
pub(super) fn record_of(redemption: &Redemption) -> RedemptionRecord {
    let status = match redemption.state {
        DomainState::Requested | DomainState::Rejected => Status::Rejected,
        DomainState::Held => Status::Held,
        DomainState::Settled { at } => Status::Settled(at.0),
        DomainState::Released { at } => Status::Released(at.0),
        DomainState::TimedOut { at } => Status::TimedOut(at.0),
    };
    let (at_ms, until_ms) = (redemption.time.0, redemption.until.0);
    RedemptionRecord { at_ms, points: redemption.points.0, until_ms, status }
}
