//! Parts of the ledger built wrongly on purpose. Without a bug they are the real thing and nothing
//! else.

use origin_adapters::memory::{MemoryLedger, MemoryPrograms};
use origin_domain::event::{Event, Events, Kind};
use origin_domain::loyalty::{
    CauseKind, Day, FIGURES_LAG_MS, Guarded, LedgerChange, LedgerStore, Loaded, Lot, OrderItem,
    Points, ProgramVersion, Programs, Reckoning, RewardCode, RewardCodes, Terms, Wanted,
};
use origin_domain::money::Money;
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;
use origin_functions::clock::Clock;
use serde_json::{Value, json};

use crate::bug::Bug;
use crate::ports::Exposed;

/// A port of a consumer in the weather, perhaps a wrong one.
#[derive(Clone)]
pub(crate) struct Suspect<P> {
    pub(crate) port: Exposed<P>,
    pub(crate) programs: MemoryPrograms,
    pub(crate) clock: Clock,
    pub(crate) bug: Option<Bug>,
}

/// Points that nobody has: with them every request is covered.
const PRETENDED: Lot = Lot {
    terms: Terms { earned_on: Day(0), available_on: None, expires_on: None },
    on: Day(0),
    points: Points(1_000_000),
    spend: Money::ZERO,
    orders: 0,
};

/// What a consumer that is built wrongly reads in place of an event; `None`: the event itself.
pub(crate) async fn tampered(
    bug: Option<Bug>,
    ledger: &MemoryLedger,
    event: &Event,
    now: Time,
) -> Option<Vec<Event>> {
    let bug = bug.filter(|_| event.kind == Kind::ShopifyWebhook)?;
    let detail = serde_json::from_str(&event.detail).ok()?;
    let details = webhooks(bug, ledger, detail, now).await?;
    let webhook = |detail: &Value| Event { kind: Kind::ShopifyWebhook, detail: detail.to_string() };
    Some(details.iter().map(webhook).collect())
}

async fn webhooks(
    bug: Bug,
    ledger: &MemoryLedger,
    mut detail: Value,
    now: Time,
) -> Option<Vec<Value>> {
    let topic = detail["metadata"]["X-Shopify-Topic"].as_str().unwrap_or_default().to_owned();
    match (bug, topic.as_str()) {
        (Bug::EmbeddedRefundsToo, "orders/paid" | "orders/cancelled") => {
            let refunds = detail["payload"]["refunds"].as_array().cloned().unwrap_or_default();
            let told = refunds.into_iter().map(|mut refund| {
                let id = refund["id"].as_u64().unwrap_or_default();
                refund["id"] = json!(id + 1_000_000);
                let metadata = json!({"X-Shopify-Topic": "refunds/create",
                    "X-Shopify-Shop-Domain": detail["metadata"]["X-Shopify-Shop-Domain"]});
                json!({"payload": refund, "metadata": metadata})
            });
            let told: Vec<Value> = told.collect();
            Some([vec![detail], told].concat())
        }
        (Bug::RefundBeforeOrderLost, "refunds/create") => {
            let order = detail["payload"]["order_id"].as_u64().unwrap_or_default().to_string();
            let wanted = Wanted { order: Some(&order), ..Wanted::default() };
            let known = ledger.load(wanted).await.ok()?.order;
            known.is_none_or(|order| order.facts.paid.is_none()).then(Vec::new)
        }
        (Bug::DeliveryIsCause, "refunds/create") => {
            let delivery = detail["metadata"]["X-Shopify-Webhook-Id"].as_str().unwrap_or_default();
            let digits: String = delivery.chars().filter(char::is_ascii_digit).collect();
            let id = detail["payload"]["id"].as_u64().unwrap_or_default();
            detail["payload"]["id"] = json!(format!("{id}{digits}").parse::<u64>().unwrap_or(id));
            Some(vec![detail])
        }
        (Bug::ReceiptTime, _) => {
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

// === impl Suspect ===

impl<P: LedgerStore> Suspect<P> {
    /// Reckons an order anew, with the programme of today.
    async fn reckoned_anew(&self, loaded: &mut Loaded) -> Result<(), PortError> {
        let Some(order) = &mut loaded.order else { return Ok(()) };
        let OrderItem { facts, reckoning: Some(reckoning), .. } = order else { return Ok(()) };
        let Some(paid) = &facts.paid else { return Ok(()) };
        let today = self.programs.in_effect(self.clock.now(), Consistency::Strong).await?;
        if let Some(ProgramVersion { version, program, .. }) = today {
            let as_of = paid.at.minus_ms(FIGURES_LAG_MS);
            let figures = loaded.account.as_ref();
            let figures = figures.map(|one| one.figures_before(as_of, program.window_days));
            if let Ok(earned) = program.earned(paid, &figures.unwrap_or_default()) {
                let terms = program.terms(paid.at);
                *reckoning = Reckoning { program_version: version, terms, earned };
            }
        }
        Ok(())
    }

    /// Writes an account on no condition.
    async fn overwrite(&self, change: &LedgerChange) -> Result<LedgerChange, PortError> {
        let mut change = change.clone();
        if let Some(Guarded { seen, item }) = &mut change.account {
            let customer = Some(item.customer.as_str());
            let wanted = Wanted { customer, ..Wanted::default() };
            *seen = self.port.load(wanted).await?.account.map(|account| account.version);
        }
        Ok(change)
    }
}

impl<P: LedgerStore> LedgerStore for Suspect<P> {
    async fn load(&self, wanted: Wanted<'_>) -> Result<Loaded, PortError> {
        let mut loaded = self.port.load(wanted).await?;
        match self.bug {
            Some(Bug::HistoryRewritten) => self.reckoned_anew(&mut loaded).await?,
            Some(Bug::HeldUnchecked) if !wanted.redemptions.is_empty() => {
                loaded.account.iter_mut().for_each(|account| account.lots.insert(0, PRETENDED));
            }
            Some(Bug::GiftUnclaimed)
                if wanted.cause.is_some_and(|cause| cause.kind == CauseKind::Adjustment) =>
            {
                loaded.is_claimed = false;
            }
            _ => {}
        }
        Ok(loaded)
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        match self.bug {
            Some(Bug::LastAccountWins) => self.port.commit(&self.overwrite(change).await?).await,
            Some(Bug::HeldUnchecked) => {
                let mut change = change.clone();
                change.account.iter_mut().for_each(|account| {
                    account.item.lots.retain(|lot| *lot != PRETENDED);
                });
                self.port.commit(&change).await
            }
            Some(Bug::GiftUnclaimed) => {
                let is_gift = |kind: CauseKind| kind == CauseKind::Adjustment;
                let mut change = change.clone();
                change.cause = change.cause.filter(|cause| !is_gift(cause.kind));
                self.port.commit(&change).await
            }
            _ => self.port.commit(change).await,
        }
    }
}

impl<P: Programs> Programs for Suspect<P> {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        let at = if self.bug == Some(Bug::ProgramOfToday) { self.clock.now() } else { at };
        self.port.in_effect(at, consistency).await
    }
}

impl<P: Events> Events for Suspect<P> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        let published = self.port.publish(events).await;
        if self.bug == Some(Bug::DecisionUnpublished) { Ok(()) } else { published }
    }
}

impl<P: RewardCodes> RewardCodes for Suspect<P> {
    async fn make(&self, code: &RewardCode, reward: &str) -> Result<(), PortError> {
        let made = self.port.make(code, reward).await;
        if self.bug == Some(Bug::CodeUnmade) { Ok(()) } else { made }
    }
}
