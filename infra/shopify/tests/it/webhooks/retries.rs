use std::time::Duration;

use http::Response;
use infra_shopify::http_client::Limits;
use infra_shopify::webhooks::{Outcome, RETRY_DELAYS_S, Stats};

use super::*;
use crate::listener::{Answer, Listener};

/// Makes all attempts of what is queued, each at its time; the minutes at which they were.
async fn attempt_all(dispatcher: &Dispatcher, clock: &Clock) -> Vec<u64> {
    let mut minutes = Vec::new();
    loop {
        let due_ms = dispatcher.queue().next_due_ms();
        let Some(due_ms) = due_ms else { return minutes };
        clock.advance(due_ms - clock.now_ms());
        dispatcher.deliver_due().await;
        minutes.push((clock.now_ms() - NOW_MS) / 60_000);
    }
}

#[test]
fn eight_retries_fit_into_four_hours_and_each_waits_twice_as_long() {
    assert_eq!(RETRY_DELAYS_S.len(), 8);
    assert!(RETRY_DELAYS_S.windows(2).all(|pair| pair[1] == 2 * pair[0]));
    let total_s: u64 = RETRY_DELAYS_S.iter().sum();
    assert_eq!(total_s, 14_280);
    assert!(total_s * 1_000 <= 4 * HOUR_MS);
}

#[tokio::test]
async fn a_failing_receiver_is_tried_nine_times_with_the_same_bytes() {
    let listener = Listener::start().await;
    (0..9).for_each(|_| listener.answer_status(503));
    let (dispatcher, clock) = dispatcher(vec![subscription("orders/paid", &listener.url)]);
    dispatcher.publish(&order(1)).unwrap();
    assert_eq!(attempt_all(&dispatcher, &clock).await, [0, 0, 2, 6, 14, 28, 58, 118, 238]);
    let requests = listener.take();
    assert_eq!(requests.len(), 9);
    for request in &requests {
        assert_eq!(request.body(), r#"{"id":1}"#);
        for name in ["x-shopify-webhook-id", "x-shopify-triggered-at", "x-shopify-hmac-sha256"] {
            assert_eq!(request.headers()[name], requests[0].headers()[name]);
        }
    }
    let queue = dispatcher.queue();
    let stats = Stats { failed_attempts: 9, abandoned: 1, ..Stats::default() };
    assert_eq!(queue.stats(), stats);
    let abandoned: Vec<_> = queue.abandoned().collect();
    assert_eq!((abandoned[0].delivery.attempt, &abandoned[0].outcome), (9, &Outcome::Status(503)));
    assert_eq!(abandoned[0].at_ms, NOW_MS + 14_280_000);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_any_2xx_is_none() {
    let listener = Listener::start().await;
    let mut redirect = Response::new("".into());
    *redirect.status_mut() = http::StatusCode::TEMPORARY_REDIRECT;
    redirect.headers_mut().insert("location", listener.url.parse().unwrap());
    listener.answer(Answer::Response(redirect));
    listener.answer_status(204);
    let (dispatcher, clock) = dispatcher(vec![subscription("orders/paid", &listener.url)]);
    dispatcher.publish(&order(1)).unwrap();
    assert_eq!(attempt_all(&dispatcher, &clock).await, [0, 0]);
    assert_eq!(listener.take().len(), 2);
    let stats = Stats { delivered: 1, failed_attempts: 1, ..Stats::default() };
    assert_eq!(dispatcher.queue().stats(), stats);
}

#[tokio::test]
async fn a_receiver_that_never_answers_or_refuses_the_connection_failed() {
    let listener = Listener::start().await;
    listener.answer(Answer::Never);
    let short = Limits { total: Duration::from_millis(50), ..LIMITS };
    let sender = Senders { http: Arc::new(PlainHttp::new(short)), bus: None };
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![
        subscription("orders/paid", &listener.url),
        subscription("orders/paid", "http://127.0.0.1:1/"),
        subscription("orders/paid", "https://app.example/"),
    ]);
    let clock = Clock::virtual_at(NOW_MS);
    let dispatcher = Dispatcher::new(queue, Arc::new(sender), clock.clone(), 1);
    dispatcher.publish(&order(1)).unwrap();
    dispatcher.deliver_due().await;
    assert_eq!(dispatcher.queue().stats().failed_attempts, 3);
    assert_eq!(dispatcher.queue().next_due_ms(), Some(NOW_MS + 56_000));
    attempt_all(&dispatcher, &clock).await;
    let queue = dispatcher.queue();
    let reasons: Vec<String> = queue.abandoned().map(|one| format!("{:?}", one.outcome)).collect();
    assert!(reasons[0].contains("refused"), "{reasons:?}");
    assert!(reasons[1].contains("calls http:// URLs only"), "{reasons:?}");
    assert_eq!(queue.stats().delivered, 1);
}

#[test]
fn shopify_grants_one_second_to_connect_and_five_in_total() {
    assert_eq!((LIMITS.connect, LIMITS.total), (Duration::from_secs(1), Duration::from_secs(5)));
}

#[tokio::test]
async fn a_subscription_of_the_admin_api_is_deleted_after_the_last_failure_and_one_of_the_app_stays()
 {
    let listener = Listener::start().await;
    (0..18).for_each(|_| listener.answer_status(500));
    let app = subscription("orders/paid", &listener.url);
    let api = Subscription { made_by: MadeBy::Api, ..app.clone() };
    let (dispatcher, clock) = dispatcher(vec![app]);
    dispatcher.queue().subscribe(api);
    assert_eq!(dispatcher.publish(&order(1)), Ok(2));
    attempt_all(&dispatcher, &clock).await;
    let left: Vec<MadeBy> =
        dispatcher.queue().subscriptions().map(|(_, one)| one.made_by).collect();
    assert_eq!(left, [MadeBy::Config]);
    assert_eq!(dispatcher.publish(&order(2)), Ok(1));
}

#[tokio::test]
async fn a_retry_goes_to_the_address_at_the_time_of_the_event() {
    let (old, new) = (Listener::start().await, Listener::start().await);
    old.answer_status(500);
    let (dispatcher, clock) = dispatcher(vec![subscription("orders/paid", &old.url)]);
    dispatcher.publish(&order(1)).unwrap();
    dispatcher.deliver_due().await;
    dispatcher.queue().configure(vec![subscription("orders/paid", &new.url)]);
    dispatcher.publish(&order(2)).unwrap();
    attempt_all(&dispatcher, &clock).await;
    assert_eq!((old.take().len(), new.take().len()), (2, 1));
}

#[test]
fn what_waits_for_a_removed_subscription_is_not_delivered() {
    let mut queue = Queue::new(credentials(), 7);
    let api = Subscription { made_by: MadeBy::Api, ..subscription("orders/paid", "http://a/") };
    let id = queue.subscribe(api);
    queue.publish(&order(1), NOW_MS).unwrap();
    queue.publish(&order(2), NOW_MS).unwrap();
    let under_way = queue.take_due(NOW_MS).unwrap();
    assert!(queue.unsubscribe(id));
    queue.finish(under_way.id, Outcome::Status(500), NOW_MS);
    assert_eq!((queue.next_due_ms(), queue.unsubscribe(id)), (None, false));
}

#[test]
fn during_a_rotation_the_oldest_secret_signs_until_it_is_revoked() {
    let mut queue = Queue::new(credentials().with_newer("secret-2"), 7);
    queue.configure(vec![subscription("orders/paid", "http://a/")]);
    let mut signature = || {
        queue.publish(&order(1), NOW_MS).unwrap();
        let delivery = queue.take_due(NOW_MS).unwrap();
        queue.credentials_mut().revoke_oldest();
        delivery.header("X-Shopify-Hmac-SHA256").unwrap().to_owned()
    };
    let (before, after) = (signature(), signature());
    assert_eq!(before, "OrOO0JHDJIASopI2M4G4vGBDi4dJsrLXezJnMNnI1h8=");
    assert_ne!(before, after);
}
