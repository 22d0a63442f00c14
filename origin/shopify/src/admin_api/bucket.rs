//! The points of a shop: a leaky bucket (Turner, 1986) that Shopify keeps for an app and shop, as far
//! as the answers of one instance tell its state. Whole numbers, and the time is an argument.

use std::collections::BTreeMap;

use domain_core::time::{SECOND_MS, Time};

use super::answer::Cost;

/// How long to wait after a throttled answer that does not say how long.
pub const THROTTLED_PAUSE_MS: u64 = SECOND_MS;

/// The points of a shop.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Unknown before the first answer: then nothing waits.
    state: Option<State>,
    /// What each operation cost when it was last sent, by its document.
    costs: BTreeMap<&'static str, u64>,
    /// Points of requests under way.
    reserved: u64,
}

#[derive(Debug, Clone, Copy)]
struct State {
    available: u64,
    maximum: u64,
    restored_per_s: u64,
    at: Time,
}

// === impl Bucket ===

impl Bucket {
    /// Reserves the points of an operation: how many, and how long to wait before it is sent.
    pub fn reserve(&mut self, document: &'static str, now: Time) -> (u64, u64) {
        let wait_ms = self.wait_ms(document, now);
        let points = self.cost(document);
        self.reserved = self.reserved.saturating_add(points);
        (points, wait_ms)
    }

    /// Takes a reservation back, for a request that has ended.
    pub fn release(&mut self, points: u64) {
        self.reserved = self.reserved.saturating_sub(points);
    }

    /// Notes what an answer says.
    pub fn learn(&mut self, document: &'static str, cost: &Cost, now: Time) {
        self.costs.insert(document, cost.requested);
        self.state = Some(State {
            available: cost.status.currently_available,
            maximum: cost.status.maximum_available,
            restored_per_s: cost.status.restore_rate,
            at: now,
        });
    }

    /// How long an operation has to wait, beside those under way.
    #[must_use]
    pub fn wait_ms(&self, document: &'static str, now: Time) -> u64 {
        let needed = self.cost(document).saturating_add(self.reserved);
        self.state.map_or(0, |state| state.wait_ms(needed, now))
    }

    fn cost(&self, document: &str) -> u64 {
        self.costs.get(document).copied().unwrap_or_default()
    }
}

// === impl State ===

impl State {
    /// How long until these points are there. More than fit a bucket never are: then a full one has to do.
    fn wait_ms(self, needed: u64, now: Time) -> u64 {
        let elapsed_ms = now.0.saturating_sub(self.at.0);
        let restored = elapsed_ms.saturating_mul(self.restored_per_s) / SECOND_MS;
        let available = self.available.saturating_add(restored).min(self.maximum);
        let missing = needed.min(self.maximum).saturating_sub(available);
        missing.saturating_mul(SECOND_MS).div_ceil(self.restored_per_s.max(1))
    }
}
