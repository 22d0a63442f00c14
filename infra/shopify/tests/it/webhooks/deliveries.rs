use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use infra_shopify::signing::hmac_sha256;
use infra_shopify::webhooks::{
    Filter, Outcome, PAYLOAD_BYTES_MAX, PENDING_BYTES_MAX, PENDING_MAX, PublishError, Stats,
};
use serde_json::{Value, json};

use super::*;
use crate::listener::{Answer, Listener};

const VECTORS: &str = include_str!("../vectors/webhook_hmac.json");

#[tokio::test]
async fn a_webhook_is_a_post_with_shopifys_headers_and_a_signature_of_its_bytes() {
    let listener = Listener::start().await;
    let mut subscribed = subscription("products/update", &format!("{}/hooks", listener.url));
    subscribed.name = Some("catalogue".to_owned());
    let (dispatcher, _) = dispatcher(vec![subscribed]);
    let payload = json!({ "id": 788_032_119_674_292_922_u64, "vendor": "A&B", "handle": "a/b" });
    dispatcher.publish(&event("products/update", payload)).unwrap();
    assert_eq!(dispatcher.deliver_due().await, 1);
    let requests = listener.take();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/hooks"));
    let body = r#"{"handle":"a\/b","id":788032119674292922,"vendor":"A\u0026B"}"#;
    assert_eq!(request.body(), body);
    let header = |name: &str| request.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-shopify-topic"), "products/update");
    assert_eq!(header("x-shopify-shop-domain"), "demo.myshopify.com");
    assert_eq!(header("x-shopify-api-version"), "2026-07");
    assert_eq!(header("x-shopify-triggered-at"), "2027-01-15T08:00:00Z");
    assert_eq!(header("x-shopify-name"), "catalogue");
    assert_eq!(header("x-shopify-product-id"), "788032119674292922");
    let signature = STANDARD.encode(hmac_sha256(b"secret-1", body.as_bytes()));
    assert_eq!(header("x-shopify-hmac-sha256"), signature);
    for name in ["x-shopify-webhook-id", "x-shopify-event-id"] {
        let id = header(name);
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id} is a random UUID");
    }
    let delivered = Stats { delivered: 1, ..Stats::default() };
    assert_eq!(dispatcher.queue().stats(), delivered);
}

#[test]
fn signatures_are_those_of_shopifys_own_libraries() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let mac = hmac_sha256(text("secret").as_bytes(), text("input").as_bytes());
        let is_equal = STANDARD.encode(mac) == text("expected");
        assert_eq!(is_equal, vector["valid"] == true, "{}", vector["id"]);
    }
}

#[tokio::test]
async fn events_of_one_act_share_their_event_id_and_not_their_webhook_id() {
    let listener = Listener::start().await;
    let topics = ["orders/create", "orders/paid"];
    let subscriptions = topics.map(|topic| subscription(topic, &listener.url));
    let (dispatcher, _) = dispatcher(subscriptions.into());
    for topic in topics {
        let event_id = Some("act-1".to_owned());
        dispatcher.publish(&Event { event_id, ..event(topic, json!({ "id": 1 })) }).unwrap();
    }
    assert_eq!(dispatcher.deliver_due().await, 2);
    let requests = listener.take();
    let ids = |name: &str| {
        let id = |at: usize| requests[at].headers()[name].to_str().unwrap().to_owned();
        (id(0), id(1))
    };
    assert_eq!(ids("x-shopify-event-id"), ("act-1".to_owned(), "act-1".to_owned()));
    let (one, two) = ids("x-shopify-webhook-id");
    assert_ne!(one, two);
    assert_eq!(ids("x-shopify-topic"), ("orders/create".to_owned(), "orders/paid".to_owned()));
}

#[tokio::test]
async fn an_event_without_a_matching_subscription_is_not_delivered() {
    let listener = Listener::start().await;
    let mut filtered = subscription("orders/paid", &listener.url);
    filtered.filter = Some(Filter::parse("id:>5").unwrap());
    let (dispatcher, _) = dispatcher(vec![filtered]);
    assert_eq!(dispatcher.publish(&event("orders/create", json!({ "id": 6 }))), Ok(0));
    assert_eq!(dispatcher.publish(&order(5)), Ok(0));
    assert_eq!(dispatcher.publish(&order(6)), Ok(1));
    dispatcher.deliver_due().await;
    assert_eq!(listener.take()[0].body(), r#"{"id":6}"#);
}

#[tokio::test]
async fn a_running_dispatcher_delivers_what_is_published_and_retries_when_time_comes() {
    let listener = Listener::start().await;
    let (dispatcher, clock) = dispatcher(vec![subscription("orders/paid", &listener.url)]);
    listener.answer_status(500);
    let running = tokio::spawn({
        let dispatcher = dispatcher.clone();
        async move { dispatcher.run().await }
    });
    dispatcher.publish(&order(1)).unwrap();
    until(|| dispatcher.queue().stats().failed_attempts == 1).await;
    assert_eq!(dispatcher.queue().stats().delivered, 0);
    clock.advance(56_000);
    until(|| dispatcher.queue().stats().delivered == 1).await;
    assert_eq!(listener.take().len(), 2);
    running.abort();
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_no_other_delivery_up() {
    let listener = Listener::start().await;
    let clock = Clock::virtual_at(NOW_MS);
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", &listener.url)]);
    let sender = Senders { http: Arc::new(PlainHttp::new(LIMITS)), bus: None };
    let dispatcher = Dispatcher::new(queue, Arc::new(sender), clock, 2);
    listener.answer(Answer::Never);
    let running = tokio::spawn({
        let dispatcher = dispatcher.clone();
        async move { dispatcher.run().await }
    });
    dispatcher.publish(&order(1)).unwrap();
    until(|| listener.count() == 1).await;
    dispatcher.publish(&order(2)).unwrap();
    until(|| dispatcher.queue().stats().delivered == 1).await;
    // The first attempt has not ended: it would have failed.
    assert_eq!(dispatcher.queue().stats().failed_attempts, 0);
    running.abort();
}

/// Yields until it holds.
async fn until(holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.unwrap();
}

#[test]
fn a_full_queue_rejects_an_event_whole() {
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://127.0.0.1:9/")]);
    for number in 0..PENDING_MAX as u64 - 1 {
        assert_eq!(queue.publish(&order(number), NOW_MS), Ok(1));
    }
    // A fault could double it.
    assert_eq!(queue.publish(&order(0), NOW_MS), Err(PublishError::Full));
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://127.0.0.1:9/")]);
    let half = event("orders/paid", "x".repeat(PENDING_BYTES_MAX / 2 - 2).into());
    assert_eq!(queue.publish(&half, NOW_MS), Ok(1));
    assert_eq!(queue.publish(&half, NOW_MS), Ok(1));
    assert_eq!(queue.publish(&order(0), NOW_MS), Err(PublishError::Full));
    // A delivery makes room.
    let delivery = queue.take_due(NOW_MS).unwrap();
    queue.finish(delivery.id, Outcome::Status(200), NOW_MS);
    assert_eq!(queue.publish(&order(0), NOW_MS), Ok(1));
    let long = event("orders/paid", "x".repeat(PAYLOAD_BYTES_MAX).into());
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://127.0.0.1:9/")]);
    assert_eq!(queue.publish(&long, NOW_MS), Err(PublishError::TooLong));
    assert_eq!(queue.next_due_ms(), None);
}
