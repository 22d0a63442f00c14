//! Webhooks, as a receiver gets them.

mod deliveries;
mod event_bridge;
mod faults;
mod filters;
mod payloads;
mod retries;

use std::sync::Arc;

use infra_shopify::clock::Clock;
use infra_shopify::http_client::PlainHttp;
use infra_shopify::signing::Credentials;
use infra_shopify::webhooks::{
    Dispatcher, Event, LIMITS, MadeBy, Queue, Senders, Subscription, Target,
};
use serde_json::{Value, json};

/// 2027-01-15T08:00:00Z.
pub(crate) const NOW_MS: u64 = 1_800_000_000_000;
const HOUR_MS: u64 = 3_600_000;

fn credentials() -> Credentials {
    Credentials::new("client-1", "secret-1")
}

fn subscription(topic: &str, url: &str) -> Subscription {
    Subscription {
        topic: topic.to_owned(),
        target: Target::Http(url.to_owned()),
        filter: None,
        include_fields: Vec::new(),
        api_version: "2026-07".to_owned(),
        name: None,
        made_by: MadeBy::Config,
    }
}

fn event(topic: &str, payload: Value) -> Event {
    let shop = "demo.myshopify.com".to_owned();
    Event { topic: topic.to_owned(), shop, payload, event_id: None }
}

/// An order with a number to recognise it by.
fn order(number: u64) -> Event {
    event("orders/paid", json!({ "id": number }))
}

/// A dispatcher with real HTTP and a virtual clock, one attempt at a time.
fn dispatcher(subscriptions: Vec<Subscription>) -> (Dispatcher, Clock) {
    let clock = Clock::virtual_at(NOW_MS);
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(subscriptions);
    let sender = Senders { http: Arc::new(PlainHttp::new(LIMITS)), bus: None };
    (Dispatcher::new(queue, Arc::new(sender), clock.clone(), 1), clock)
}
