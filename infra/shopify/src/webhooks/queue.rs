//! Deliveries that wait, and what becomes of them: pure, time and the seed are arguments.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use fastrand::Rng;

use super::delivery::{Delivery, Event, signature};
use super::outcome::{Abandoned, Outcome, Stats};
use super::payload::{include, to_bytes};
use super::subscription::{MadeBy, Subscription};
use crate::clock::rfc3339;
use crate::signing::Credentials;

/// Retries after a failed first attempt.
pub const RETRIES_MAX: u32 = 8;
/// The delay before each retry. Shopify documents 8 retries in 4 hours with exponential backoff, not
/// the steps: these double, and the last retry is 3 h 58 min after the first attempt.
pub const RETRY_DELAYS_S: [u64; RETRIES_MAX as usize] = [56, 112, 224, 448, 896, 1792, 3584, 7168];
/// Most deliveries that wait or are under way.
pub const PENDING_MAX: usize = 100_000;
/// Most bytes of all bodies. Those of abandoned deliveries are dropped first.
pub const PENDING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest payload.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most abandoned deliveries that are listed; the oldest ones leave the list.
pub const LOG_MAX: usize = 1_000;
/// One part in a million is the unit of every probability here.
const PER_MILLION: u32 = 1_000_000;

/// Faults that a test switches on; they follow from the queue's seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How many of a million deliveries are made twice.
    pub duplicates_per_million: u32,
    /// How many of a million deliveries are never made.
    pub lost_per_million: u32,
    /// Each delivery waits up to this long first, so that later events overtake.
    pub delay_ms_max: u64,
    /// A retry has a new webhook id: Shopify does not document whether it has.
    pub renews_webhook_id: bool,
}

/// Why an event is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// [`PENDING_MAX`] deliveries, or [`PENDING_BYTES_MAX`] of them, wait.
    #[error("more than {PENDING_MAX} webhooks or {PENDING_BYTES_MAX} bytes wait for delivery")]
    Full,
    /// A payload above [`PAYLOAD_BYTES_MAX`].
    #[error("the payload is longer than {PAYLOAD_BYTES_MAX} bytes")]
    TooLong,
}

struct Pending {
    delivery: Delivery,
    /// The subscription that it is for. After a deploy of the app it may be gone; a retry still goes
    /// to the address at the time of the event.
    subscription: u64,
    made_by: MadeBy,
}

/// The subscriptions of one app, and the deliveries for them.
pub struct Queue {
    credentials: Credentials,
    subscriptions: BTreeMap<u64, Subscription>,
    /// By the time they are due, then by their number.
    waiting: BTreeMap<(u64, u64), Pending>,
    under_way: BTreeMap<u64, Pending>,
    /// At least the bytes of all bodies; counted again when it is too large.
    bytes: usize,
    abandoned: VecDeque<Abandoned>,
    stats: Stats,
    faults: Faults,
    next_id: u64,
    rng: Rng,
}

// === impl Pending ===

impl Pending {
    fn topic(&self) -> Option<&str> {
        self.delivery.header("X-Shopify-Topic")
    }
}

// === impl Queue ===

impl Queue {
    /// An empty queue. The ids of deliveries and the faults follow from the seed.
    #[must_use]
    pub fn new(credentials: Credentials, seed: u64) -> Self {
        Self {
            credentials,
            subscriptions: BTreeMap::new(),
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            bytes: 0,
            abandoned: VecDeque::new(),
            stats: Stats::default(),
            faults: Faults::default(),
            next_id: 1,
            rng: Rng::with_seed(seed),
        }
    }

    /// Replaces the app's own subscriptions, as a deploy of the app does. Those made by the Admin API
    /// stay.
    pub fn configure(&mut self, subscriptions: Vec<Subscription>) {
        self.subscriptions.retain(|_, one| one.made_by == MadeBy::Api);
        for subscription in subscriptions {
            self.subscribe(subscription);
        }
    }

    /// Adds a subscription; its number.
    pub fn subscribe(&mut self, subscription: Subscription) -> u64 {
        let id = self.number();
        self.subscriptions.insert(id, subscription);
        id
    }

    /// Removes a subscription. What waits for it is not delivered any more.
    pub fn unsubscribe(&mut self, id: u64) -> bool {
        self.waiting.retain(|_, pending| pending.subscription != id);
        self.subscriptions.remove(&id).is_some()
    }

    /// Ends the installation of the app: no event is queued any more, and of what waits or is under way
    /// only these topics are tried again.
    pub fn uninstall(&mut self, last_topics: &[&str]) {
        self.subscriptions.clear();
        let is_last =
            |pending: &Pending| pending.topic().is_some_and(|topic| last_topics.contains(&topic));
        self.waiting.retain(|_, pending| is_last(pending));
        self.under_way.retain(|_, pending| is_last(pending));
    }

    /// Takes back what waits of a topic.
    pub fn withdraw(&mut self, topic: &str) {
        self.waiting.retain(|_, pending| pending.topic() != Some(topic));
    }

    /// All subscriptions with their numbers.
    pub fn subscriptions(&self) -> impl Iterator<Item = (u64, &Subscription)> {
        self.subscriptions.iter().map(|(id, subscription)| (*id, subscription))
    }

    /// Switches faults on or off, for events from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The app's credentials, for a rotation.
    pub fn credentials_mut(&mut self) -> &mut Credentials {
        &mut self.credentials
    }

    /// Whether nothing waits and nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// What happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Deliveries that failed for good, the oldest first.
    pub fn abandoned(&self) -> impl Iterator<Item = &Abandoned> {
        self.abandoned.iter()
    }

    /// Queues an event for each subscription that it matches; how many deliveries that makes. One
    /// act of a person causes one event id, so all deliveries of an event share it.
    ///
    /// # Errors
    /// [`PublishError`]; then there is no delivery at all.
    pub fn publish(&mut self, event: &Event, now_ms: u64) -> Result<usize, PublishError> {
        let matching: Vec<(u64, Subscription)> = self
            .subscriptions
            .iter()
            .filter(|(_, one)| one.topic == event.topic)
            .filter(|(_, one)| one.filter.as_ref().is_none_or(|it| it.matches(&event.payload)))
            .map(|(id, one)| (*id, one.clone()))
            .collect();
        // Each may be made twice.
        let room = PENDING_MAX.saturating_sub(self.waiting.len() + self.under_way.len());
        if matching.len().saturating_mul(2) > room {
            return Err(PublishError::Full);
        }
        let bodies: Vec<Bytes> = matching
            .iter()
            .map(|(_, one)| to_bytes(&include(&event.payload, &one.include_fields)).into())
            .collect();
        if bodies.iter().any(|body| body.len() > PAYLOAD_BYTES_MAX) {
            return Err(PublishError::TooLong);
        }
        // The copies of a fault share a body.
        let added: usize = bodies.iter().map(Bytes::len).sum();
        if self.bytes.saturating_add(added) > PENDING_BYTES_MAX {
            self.free_bytes();
        }
        if self.bytes.saturating_add(added) > PENDING_BYTES_MAX {
            return Err(PublishError::Full);
        }
        self.bytes += added;
        let event_id = event.event_id.clone().unwrap_or_else(|| uuid(&mut self.rng));
        let mut count = 0;
        for ((id, subscription), body) in matching.into_iter().zip(bodies) {
            if self.chance(self.faults.lost_per_million) {
                self.stats.lost += 1;
                continue;
            }
            let headers = self.headers(event, &subscription, &event_id, now_ms);
            let copies = if self.chance(self.faults.duplicates_per_million) { 2 } else { 1 };
            for _ in 0..copies {
                let due_ms = now_ms.saturating_add(self.rng.u64(..=self.faults.delay_ms_max));
                let (target, body) = (subscription.target.clone(), body.clone());
                let number = self.number();
                let headers = headers.clone();
                let delivery = Delivery { id: number, attempt: 1, target, body, headers };
                let made_by = subscription.made_by;
                self.waiting
                    .insert((due_ms, number), Pending { delivery, subscription: id, made_by });
                count += 1;
            }
        }
        Ok(count)
    }

    /// Drops the bodies of abandoned deliveries, and counts those of the others again.
    fn free_bytes(&mut self) {
        self.abandoned.iter_mut().for_each(|one| one.delivery.body.clear());
        let pending = self.waiting.values().chain(self.under_way.values());
        self.bytes = pending.map(|pending| pending.delivery.body.len()).sum();
    }

    fn headers(
        &mut self,
        event: &Event,
        subscription: &Subscription,
        event_id: &str,
        now_ms: u64,
    ) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("X-Shopify-Topic", event.topic.clone()),
            ("X-Shopify-Shop-Domain", event.shop.clone()),
            ("X-Shopify-API-Version", subscription.api_version.clone()),
            ("X-Shopify-Webhook-Id", uuid(&mut self.rng)),
            ("X-Shopify-Event-Id", event_id.to_owned()),
            ("X-Shopify-Triggered-At", rfc3339(now_ms)),
        ];
        if let Some(name) = &subscription.name {
            headers.push(("X-Shopify-Name", name.clone()));
        }
        if event.topic.starts_with("products/") && event.payload["id"].is_u64() {
            headers.push(("X-Shopify-Product-Id", event.payload["id"].to_string()));
        }
        headers
    }

    /// When the next delivery is due.
    #[must_use]
    pub fn next_due_ms(&self) -> Option<u64> {
        self.waiting.keys().next().map(|(due_ms, _)| *due_ms)
    }

    /// Takes the next delivery that is due, signed with the secret of this moment.
    /// [`finish`](Self::finish) says how it ended.
    pub fn take_due(&mut self, now_ms: u64) -> Option<Delivery> {
        let entry = self.waiting.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        let pending = entry.remove();
        let mut delivery = pending.delivery.clone();
        let signature = signature(self.credentials.sign(&delivery.body));
        delivery.headers.push(("X-Shopify-Hmac-SHA256", signature));
        self.under_way.insert(delivery.id, pending);
        Some(delivery)
    }

    /// Records how the attempt of a delivery ended, and plans the next one if it failed.
    pub fn finish(&mut self, id: u64, outcome: Outcome, now_ms: u64) {
        let Some(mut pending) = self.under_way.remove(&id) else { return };
        if matches!(outcome, Outcome::Status(200..=299)) {
            self.stats.delivered += 1;
            return;
        }
        self.stats.failed_attempts += 1;
        let is_removed = !self.subscriptions.contains_key(&pending.subscription);
        if pending.made_by == MadeBy::Api && is_removed {
            return;
        }
        let retry = usize::try_from(pending.delivery.attempt - 1).ok();
        let Some(delay_s) = retry.and_then(|retry| RETRY_DELAYS_S.get(retry)) else {
            self.abandon(pending, outcome, now_ms);
            return;
        };
        pending.delivery.attempt += 1;
        if self.faults.renews_webhook_id {
            let webhook_id = uuid(&mut self.rng);
            let headers = pending.delivery.headers.iter_mut();
            headers
                .filter(|(name, _)| *name == "X-Shopify-Webhook-Id")
                .for_each(|(_, value)| value.clone_from(&webhook_id));
        }
        let due_ms = now_ms.saturating_add(delay_s * 1_000);
        self.waiting.insert((due_ms, id), pending);
    }

    fn abandon(&mut self, pending: Pending, outcome: Outcome, now_ms: u64) {
        self.stats.abandoned += 1;
        if pending.made_by == MadeBy::Api {
            self.unsubscribe(pending.subscription);
        }
        if self.abandoned.len() == LOG_MAX {
            self.abandoned.pop_front();
        }
        self.abandoned.push_back(Abandoned { delivery: pending.delivery, outcome, at_ms: now_ms });
    }

    fn chance(&mut self, per_million: u32) -> bool {
        self.rng.u32(..PER_MILLION) < per_million
    }

    fn number(&mut self) -> u64 {
        let number = self.next_id;
        self.next_id += 1;
        number
    }
}

/// A random UUID (version 4).
fn uuid(rng: &mut Rng) -> String {
    let random = rng.u128(..);
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{versioned:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
