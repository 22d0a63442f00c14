//! The archive, replayed into an empty ledger in another order: decisions are told, not made.

use std::rc::Rc;

use origin_adapters::OwnCodes;
use origin_adapters::memory::{MemoryBus, MemoryLedger, MemoryPrograms, Replicas};
use origin_domain::event::{Event, Kind};
use origin_domain::time::{HOUR_MS, MINUTE_MS, Time};
use origin_functions::clock::Clock;
use origin_functions::consume::{Consumer as _, LoyaltyConsumer};
use serde_json::Value;

use super::consumers::{batch_of, is_finished};
use crate::bug::Bug;
use crate::dice::Dice;
use crate::shop::SHOP;

/// How far an event may be overtaken by a younger one, less what clocks may be apart.
const OVERTAKEN_MS: u64 = 48 * HOUR_MS - MINUTE_MS;

/// A ledger and what a replay published, which has to be nothing.
pub(crate) struct Replayed {
    pub(crate) ledger: MemoryLedger,
    pub(crate) published: Vec<Event>,
    /// What a consumer would not take.
    pub(crate) unfinished: usize,
}

/// Tells everything again to an empty ledger, some of it twice, in an order in which none is
/// overtaken by one 48 hours younger.
pub(crate) async fn replay(
    archive: Vec<Rc<Event>>,
    programs: MemoryPrograms,
    dice: Dice,
    bug: Option<Bug>,
) -> Replayed {
    let mut deliveries: Vec<(u64, Rc<Event>)> = Vec::new();
    for event in archive {
        let due_ms = time_of(&event) + dice.below(OVERTAKEN_MS);
        if dice.coin() {
            deliveries.push((due_ms + dice.below(2 * OVERTAKEN_MS), Rc::clone(&event)));
        }
        deliveries.push((due_ms, event));
    }
    deliveries.sort_by_key(|(due_ms, _)| *due_ms);
    let bus = MemoryBus::new();
    let (ledger, mut unfinished) = (MemoryLedger::new(Replicas::up_to_date()), 0);
    for (due_ms, event) in deliveries {
        let consumer = LoyaltyConsumer {
            ledger: ledger.clone(),
            programs: programs.clone(),
            events: bus.clone(),
            codes: OwnCodes,
            shop: SHOP.to_owned(),
            clock: Clock::new(move || Time(due_ms)),
        };
        let is_decided_again = bug == Some(Bug::ReplayDecides);
        let is_live = is_decided_again && event.kind == Kind::LoyaltyCommanded;
        let batch = batch_of(&event, (!is_live).then_some("a replay"));
        unfinished += usize::from(!is_finished(&consumer.consume(batch).await));
    }
    Replayed { ledger, published: bus.fetch(), unfinished }
}

/// When what an event tells happened.
fn time_of(event: &Event) -> u64 {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let payload = &detail["payload"];
    let text = |field: &str| payload[field].as_str().and_then(Time::from_rfc3339).map(|at| at.0);
    let state = &detail["redemption"]["state"];
    let decided = ["settled", "released", "timed_out"];
    let decided = decided.iter().find_map(|kind| state[*kind]["at"].as_u64());
    let is_cancelled = detail["metadata"]["X-Shopify-Topic"] == "orders/cancelled";
    let told = if is_cancelled { text("cancelled_at") } else { text("processed_at") };
    let asked = detail["command"]["time"].as_u64().or(detail["redemption"]["time"].as_u64());
    told.or(decided).or(asked).unwrap_or_default()
}
