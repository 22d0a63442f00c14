//! Mutants of the ledger's parts. Without a mutant they call the real part and nothing else.

use domain_core::event::{Event, Events, Kind};
use domain_core::money::Money;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{
    CauseKind, Day, FIGURES_LAG_MS, Guarded, LedgerChange, LedgerStore, LoadRequest, LoadedLedger,
    Lot, OrderEarning, OrderItem, Points, ProgramVersion, Programs, RewardCode, RewardCodes, Terms,
};
use origin_adapters::{LedgerRepository, ProgramRepository};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::mutant::Mutant;
use crate::ports::FaultyPort;

/// A faulty port of a consumer that may also be mutated.
#[derive(Clone)]
pub(crate) struct MutantPort<P> {
    pub(crate) port: FaultyPort<P>,
    pub(crate) programs: ProgramRepository,
    pub(crate) clock: Clock,
    pub(crate) mutant: Option<Mutant>,
}

/// Nonexistent points: with them every request is covered.
const FAKE_LOT: Lot = Lot {
    terms: Terms { earned_on: Day(0), available_on: None, expires_on: None },
    on: Day(0),
    points: Points(1_000_000),
    spend: Money::ZERO,
    orders: 0,
};

/// The events that a mutant consumer reads in place of this one; `None`: the event is unchanged.
pub(crate) async fn mutate_event(
    mutant: Option<Mutant>,
    ledger: &LedgerRepository,
    event: &Event,
    now: Time,
) -> Option<Vec<Event>> {
    let mutant = mutant.filter(|_| event.kind == Kind::ShopifyWebhook)?;
    let detail = serde_json::from_str(&event.detail).ok()?;
    let details = webhooks(mutant, ledger, detail, now).await?;
    let webhook = |detail: &Value| Event { kind: Kind::ShopifyWebhook, detail: detail.to_string() };
    Some(details.iter().map(webhook).collect())
}

async fn webhooks(
    mutant: Mutant,
    ledger: &LedgerRepository,
    mut detail: Value,
    now: Time,
) -> Option<Vec<Value>> {
    let topic = detail["metadata"]["X-Shopify-Topic"].as_str().unwrap_or_default().to_owned();
    match (mutant, topic.as_str()) {
        (Mutant::EmbeddedRefundsToo, "orders/paid" | "orders/cancelled") => {
            let refunds = detail["payload"]["refunds"].as_array().cloned().unwrap_or_default();
            let webhooks = refunds.into_iter().map(|mut refund| {
                let id = refund["id"].as_u64().unwrap_or_default();
                refund["id"] = json!(id + 1_000_000);
                let metadata = json!({"X-Shopify-Topic": "refunds/create",
                    "X-Shopify-Shop-Domain": detail["metadata"]["X-Shopify-Shop-Domain"]});
                json!({"payload": refund, "metadata": metadata})
            });
            let webhooks: Vec<Value> = webhooks.collect();
            Some([vec![detail], webhooks].concat())
        }
        (Mutant::RefundBeforeOrderLost, "refunds/create") => {
            let order = detail["payload"]["order_id"].as_u64().unwrap_or_default().to_string();
            let request = LoadRequest { order: Some(&order), ..LoadRequest::default() };
            let known = ledger.load(request).await.ok()?.order;
            known.is_none_or(|order| order.facts.paid.is_none()).then(Vec::new)
        }
        (Mutant::DeliveryIsCause, "refunds/create") => {
            let delivery = detail["metadata"]["X-Shopify-Webhook-Id"].as_str().unwrap_or_default();
            let digits: String = delivery.chars().filter(char::is_ascii_digit).collect();
            let id = detail["payload"]["id"].as_u64().unwrap_or_default();
            detail["payload"]["id"] = json!(format!("{id}{digits}").parse::<u64>().unwrap_or(id));
            Some(vec![detail])
        }
        (Mutant::ReceiptTime, _) => {
            for field in ["processed_at", "cancelled_at"] {
                if detail["payload"][field].is_string() {
                    detail["payload"][field] = json!(now.to_rfc3339());
                }
            }
            Some(vec![detail])
        }
        _ => None,
    }
}

// === impl MutantPort ===

impl<P: LedgerStore> MutantPort<P> {
    /// Recomputes an order by the current program.
    async fn recompute_order(&self, loaded: &mut LoadedLedger) -> Result<(), PortError> {
        let Some(order) = &mut loaded.order else { return Ok(()) };
        let OrderItem { facts, earning: Some(earning), .. } = order else { return Ok(()) };
        let Some(paid) = &facts.paid else { return Ok(()) };
        let today = self.programs.in_effect(self.clock.now(), Consistency::Strong).await?;
        if let Some(ProgramVersion { version, program, .. }) = today {
            let as_of = paid.at.minus_ms(FIGURES_LAG_MS);
            let figures = loaded.account.as_ref();
            let figures = figures.map(|one| one.figures_before(as_of, program.window_days));
            if let Ok(earned) = program.earned(paid, &figures.unwrap_or_default()) {
                let terms = program.terms(paid.at);
                *earning = OrderEarning { program_version: version, terms, earned };
            }
        }
        Ok(())
    }

    /// Removes the condition of an account write.
    async fn overwrite(&self, change: &LedgerChange) -> Result<LedgerChange, PortError> {
        let mut change = change.clone();
        if let Some(Guarded { seen: expected, item }) = &mut change.account {
            let customer = Some(item.customer.as_str());
            let request = LoadRequest { customer, ..LoadRequest::default() };
            *expected = self.port.load(request).await?.account.map(|account| account.version);
        }
        Ok(change)
    }
}

impl<P: LedgerStore> LedgerStore for MutantPort<P> {
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        let mut loaded = self.port.load(request).await?;
        match self.mutant {
            Some(Mutant::HistoryRewritten) => self.recompute_order(&mut loaded).await?,
            Some(Mutant::HeldUnchecked) if !request.redemptions.is_empty() => {
                loaded.account.iter_mut().for_each(|account| account.lots.insert(0, FAKE_LOT));
            }
            Some(Mutant::GiftUnclaimed)
                if request.cause.is_some_and(|cause| cause.kind == CauseKind::Adjustment) =>
            {
                loaded.is_claimed = false;
            }
            _ => {}
        }
        Ok(loaded)
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        match self.mutant {
            Some(Mutant::LastAccountWins) => self.port.commit(&self.overwrite(change).await?).await,
            Some(Mutant::HeldUnchecked) => {
                let mut change = change.clone();
                change.account.iter_mut().for_each(|account| {
                    account.item.lots.retain(|lot| *lot != FAKE_LOT);
                });
                self.port.commit(&change).await
            }
            Some(Mutant::GiftUnclaimed) => {
                let is_gift = |kind: CauseKind| kind == CauseKind::Adjustment;
                let mut change = change.clone();
                change.cause = change.cause.filter(|cause| !is_gift(cause.kind));
                self.port.commit(&change).await
            }
            _ => self.port.commit(change).await,
        }
    }
}

impl<P: Programs> Programs for MutantPort<P> {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        let at = if self.mutant == Some(Mutant::ProgramOfToday) { self.clock.now() } else { at };
        self.port.in_effect(at, consistency).await
    }
}

impl<P: Events> Events for MutantPort<P> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        let published = self.port.publish(events).await;
        if self.mutant == Some(Mutant::DecisionUnpublished) { Ok(()) } else { published }
    }
}

impl<P: RewardCodes> RewardCodes for MutantPort<P> {
    async fn make(&self, code: &RewardCode, reward: &str) -> Result<(), PortError> {
        let made = self.port.make(code, reward).await;
        if self.mutant == Some(Mutant::CodeUnmade) { Ok(()) } else { made }
    }
}
