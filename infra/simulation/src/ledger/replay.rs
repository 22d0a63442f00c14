//! Replays the archive into an empty ledger in another order: decisions are applied, not made.

use std::collections::BTreeMap;
use std::rc::Rc;

use domain_core::event::{Event, Kind};
use domain_core::time::{HOUR_MS, MINUTE_MS, Time};
use origin_adapters::memory::{MemoryBus, MemoryTable};
use origin_adapters::table::{Item, Key, TableName};
use origin_adapters::{LedgerRepository, OwnCodes, ProgramRepository};
use origin_functions::consumers::{Consumer as _, LoyaltyConsumer};
use origin_functions::runtime::clock::Clock;
use serde_json::Value;

use super::consumers::{batch_of, is_finished};
use crate::mutant::Mutant;
use crate::rng::Rng;
use crate::shop::SHOP;

/// How far an event may be overtaken by a younger one, less the difference of clocks.
const OVERTAKEN_MS: u64 = 48 * HOUR_MS - MINUTE_MS;

/// The items after a replay, and the events that the replay published: there must be no such
/// events.
pub(crate) struct ReplayResult {
    pub(crate) stored: BTreeMap<Key, Item>,
    pub(crate) published: Vec<Event>,
    /// The number of events that the consumer did not finish.
    pub(crate) unfinished: usize,
}

/// Replays all events into an empty ledger, some of them twice, in an order in which no event is
/// overtaken by one 48 hours younger.
pub(crate) async fn replay(
    archive: Vec<Rc<Event>>,
    programs: ProgramRepository,
    rng: Rng,
    mutant: Option<Mutant>,
) -> ReplayResult {
    let mut deliveries: Vec<(u64, Rc<Event>)> = Vec::new();
    for event in archive {
        let due_ms = time_of(&event) + rng.below(OVERTAKEN_MS);
        if rng.coin() {
            deliveries.push((due_ms + rng.below(2 * OVERTAKEN_MS), Rc::clone(&event)));
        }
        deliveries.push((due_ms, event));
    }
    deliveries.sort_by_key(|(due_ms, _)| *due_ms);
    let bus = MemoryBus::new();
    let table = MemoryTable::new();
    let (ledger, mut unfinished) = (LedgerRepository::new(&table.shared()), 0);
    for (due_ms, event) in deliveries {
        let consumer = LoyaltyConsumer {
            ledger: ledger.clone(),
            programs: programs.clone(),
            events: bus.clone(),
            codes: OwnCodes,
            shop: SHOP.to_owned(),
            clock: Clock::new(move || Time(due_ms)),
        };
        let is_decided_again = mutant == Some(Mutant::ReplayDecides);
        let is_live = is_decided_again && event.kind == Kind::LoyaltyCommanded;
        let batch = batch_of(&event, (!is_live).then_some("a replay"));
        unfinished += usize::from(!is_finished(&consumer.consume(batch).await));
    }
    ReplayResult { stored: table.items_of(TableName::Hot), published: bus.fetch(), unfinished }
}

/// The time of the fact that an event reports.
fn time_of(event: &Event) -> u64 {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let payload = &detail["payload"];
    let text = |field: &str| payload[field].as_str().and_then(Time::from_rfc3339).map(|at| at.0);
    let state = &detail["redemption"]["state"];
    let decided = ["settled", "released", "timed_out"];
    let decided = decided.iter().find_map(|kind| state[*kind]["at"].as_u64());
    let is_cancelled = detail["metadata"]["X-Shopify-Topic"] == "orders/cancelled";
    let webhook = if is_cancelled { text("cancelled_at") } else { text("processed_at") };
    let command = detail["command"]["time"].as_u64().or(detail["redemption"]["time"].as_u64());
    webhook.or(decided).or(command).unwrap_or_default()
}
