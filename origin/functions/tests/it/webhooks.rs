//! The webhook receiver: what it accepts and rejects, and what it publishes.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use domain_core::port::Consistency;
use domain_core::resource::Source as _;
use edge_wire::function::HttpFunction;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::webhook::sign;
use http::{HeaderMap, Request};
use origin_adapters::LedgerRepository;
use origin_functions::consumers::claim_check::PAYLOAD_REFERENCE;
use origin_functions::consumers::{Batch, Consumer as _};
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::shop::{Shop, system_random};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{KEYS, SECRET, SHOP, World};

/// Sends a delivery with these headers and the signature, and returns the answer.
async fn deliver(
    shop: &Arc<Shop>,
    secret: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> (u16, HeaderMap) {
    let body = body.into();
    let signature = sign(&ShopifySecrets::parse(secret).unwrap(), &body);
    let mut request = Request::post("/webhooks/shopify").header("x-shopify-hmac-sha256", signature);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body)).unwrap();
    let answer = router(HttpFunction::Webhooks, Arc::clone(shop)).oneshot(request).await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

const PAID: [(&str, &str); 2] =
    [("x-shopify-topic", "orders/paid"), ("x-shopify-shop-domain", SHOP)];

/// The details of all events published so far.
async fn published(world: &World) -> Vec<Value> {
    let events = world.bus.archive(0).await.unwrap();
    let detail = |event: &str| serde_json::from_str::<Value>(event).unwrap()["detail"].take();
    events.iter().map(|event| detail(&event.body)).collect()
}

/// Gives the ledger's consumer a batch of events and returns its failures.
async fn consumed(world: &World, events: &[String]) -> Value {
    let record = |(n, body): (usize, &String)| json!({"messageId": n.to_string(), "body": body});
    let records: Vec<_> = events.iter().enumerate().map(record).collect();
    let batch: Batch = serde_json::from_value(json!({ "Records": records })).unwrap();
    let unfinished = world.consumers().loyalty().consume(batch).await;
    serde_json::to_value(unfinished).unwrap()["batchItemFailures"].take()
}

async fn version_of(world: &World, customer: &str) -> Option<u64> {
    let ledger = LedgerRepository::new(&world.ports.table);
    let account = ledger.item(customer, Consistency::Strong).await.unwrap();
    account.map(|account| account.version)
}

fn order(id: &str, customer: &str, note: &str) -> String {
    format!(
        r#"{{"id":{id},"note":"{note}","customer":{{"id":{customer}}},"currency":"EUR",
        "created_at":"2026-11-20T17:04:09Z","processed_at":"2026-11-20T17:04:09Z","test":false,
        "line_items":[{{"id":9007199254740993,"quantity":2,"price":"10.00"}}]}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_published_unchanged_with_shopifys_headers() {
    let world = World::open().await;
    let body = r#"{"id":9007199254740993, "total":1.10,"note":"\u0026"}"#;
    let headers = [
        ("X-Shopify-Topic", "orders/updated"),
        ("X-Shopify-Shop-Domain", SHOP),
        ("X-Shopify-Webhook-Id", "b54557e4"),
        ("Cookie", "not Shopify's"),
    ];
    let (status, _) = deliver(&world.shop(), SECRET, &headers, body).await;
    assert_eq!(status, 200);
    let event = world.bus.archive(0).await.unwrap().remove(0);
    assert!(event.body.contains(&format!(r#""payload":{body},"#)), "{}", event.body);
    assert_eq!(
        published(&world).await[0]["metadata"],
        json!({"x-shopify-topic": "orders/updated", "x-shopify-shop-domain": SHOP,
            "x-shopify-webhook-id": "b54557e4"}),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_without_a_topic_or_with_an_empty_one_is_rejected() {
    let world = World::open().await;
    for topic in [None, Some(""), Some(" ")] {
        let topic = topic.map(|topic| ("x-shopify-topic", topic));
        let headers: Vec<_> = topic.into_iter().chain([PAID[1]]).collect();
        let (status, _) = deliver(&world.shop(), SECRET, &headers, "{}").await;
        assert_eq!(status, 400, "{topic:?}");
    }
    assert!(published(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_family_of_headers_is_accepted_too() {
    let world = World::open().await;
    let body = "{}";
    let signature = sign(&ShopifySecrets::parse(SECRET).unwrap(), body.as_bytes());
    let request = Request::post("/webhooks/shopify")
        .header("shopify-hmac-sha256", signature)
        .header("shopify-topic", "orders/paid")
        .header("shopify-shop-domain", SHOP)
        .body(Body::from(body))
        .unwrap();
    let answer = router(HttpFunction::Webhooks, world.shop()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(published(&world).await[0]["metadata"]["shopify-topic"], "orders/paid");
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_rotation_both_secrets_are_accepted_and_no_third() {
    let world = World::open().await;
    let config = ShopConfig {
        domain: SHOP.to_owned(),
        currency: "EUR".to_owned(),
        shopify_secrets: ShopifySecrets::parse("new,old").unwrap(),
        keys: edge_wire::keys::KeyRing::parse(KEYS).unwrap(),
        origin: None,
        client_id: None,
        local_shopify: None,
    };
    let shop = Arc::new(Shop::new(config, &world.ports, Clock::system(), system_random));
    for (secret, status) in [("new", 200), ("old", 200), ("older", 401)] {
        assert_eq!(deliver(&shop, secret, &PAID, "{}").await.0, status, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_not_durable_is_not_acknowledged() {
    let world = World::open().await;
    world.bus.shutdown(Duration::ZERO).await.unwrap();
    let (status, headers) = deliver(&world.shop(), SECRET, &PAID, "{}").await;
    assert_eq!(status, 503);
    assert!(headers.contains_key("retry-after"), "{headers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_over_the_bus_limit_counts_like_any_other() {
    let world = World::open().await;
    let large = order("820982911946154508", "7", &"n".repeat(4_000_000));
    let bytes = large.len();
    assert_eq!(deliver(&world.shop(), SECRET, &PAID, large).await.0, 200);
    let small = order("450789469", "7", "short");
    assert_eq!(deliver(&world.shop(), SECRET, &PAID, small).await.0, 200);
    let details = published(&world).await;
    assert_eq!(details[0]["payload"], Value::Null);
    assert_eq!(details[0][PAYLOAD_REFERENCE]["bytes"], bytes);
    assert_eq!(details[1]["payload"]["id"], 450_789_469);
    let events: Vec<_> =
        world.bus.archive(0).await.unwrap().into_iter().map(|event| event.body).collect();
    assert_eq!(consumed(&world, &events).await, json!([]));
    assert_eq!(version_of(&world, "7").await, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_payload_is_reported_and_blocks_no_other_message() {
    let world = World::open().await;
    let gone = json!({"detail": {"metadata": {}, "payload_kept":
        {"hash": "00", "bytes": 5, "chunk_bytes": 393_216}}});
    let metadata =
        json!({"X-Shopify-Topic": "orders/paid", "X-Shopify-Shop-Domain": SHOP}).to_string();
    let there =
        format!(r#"{{"detail":{{"payload":{},"metadata":{metadata}}}}}"#, order("1", "8", "here"));
    let unfinished = consumed(&world, &[gone.to_string(), there]).await;
    assert_eq!(
        unfinished,
        json!([{"itemIdentifier": "0", "reason": "corrupt: blob: chunk missing", "final": true}])
    );
    assert_eq!(version_of(&world, "8").await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn shopifys_own_eventbridge_delivery_is_consumed_like_ours() {
    let world = World::open().await;
    let native = |metadata: Value, id: &str| {
        let payload: Value = serde_json::from_str(&order(id, "9", "native")).unwrap();
        json!({"version": "0", "id": "0a1b", "detail-type": "shopifyWebhook",
            "source": "aws.partner/shopify.com/359/name", "account": "123456789012",
            "time": "2026-11-20T18:04:09Z", "region": "us-east-1", "resources": [],
            "detail": {"payload": payload, "metadata": metadata}})
        .to_string()
    };
    let webhook = json!({"Content-Type": "application/json", "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Shop-Domain": SHOP, "X-Shopify-Hmac-SHA256": "not to be checked",
        "X-Shopify-Webhook-Id": "c0de", "X-Shopify-API-Version": "2026-04",
        "X-Shopify-Event-Id": "e1", "X-Shopify-Triggered-At": "2026-11-20T17:06:59.110521905Z"});
    let newer = json!({"shopify-topic": "orders/paid", "shopify-shop-domain": SHOP,
        "shopify-webhook-id": "c0df", "shopify-action": "create", "shopify-shop-id": "1"});
    let events = [native(webhook.clone(), "11"), native(newer, "12"), native(webhook, "11")];
    assert_eq!(consumed(&world, &events).await, json!([]));
    assert_eq!(version_of(&world, "9").await, Some(2), "two orders, one of them delivered twice");
}

/// Unusual JSON, as text.
fn odd_json() -> impl Strategy<Value = String> {
    let scalars = prop_oneof![
        Just("null".to_owned()),
        Just("1e999".to_owned()),
        Just("-0".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        Just(r#""\ud800""#.to_owned()),
        Just(r#""\u0000""#.to_owned()),
        "[ -!#-\\[\\]-~é€😀]{0,12}".prop_map(|text| format!("\"{text}\"")),
    ];
    let nested = scalars.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec(("[a-z_\\\\]{0,3}", inner), 0..4).prop_map(|members| {
                let member = |(name, value): &(String, String)| {
                    format!("\"{}\":{value}", name.replace('\\', "\\u00e9"))
                };
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }),
        ]
    });
    // Sometimes nested deeper than any parser accepts.
    (nested, prop_oneof![9 => Just(0_usize), 1 => 100..4_000_usize])
        .prop_map(|(json, depth)| format!("{}{json}{}", "[".repeat(depth), "]".repeat(depth)))
}

#[test]
fn any_signed_json_is_accepted_and_no_consumer_retries_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::open());
    let shop = world.shop();
    let topics = prop_oneof![
        Just("orders/paid"),
        Just("refunds/create"),
        Just("orders/cancelled"),
        Just("customers/redact"),
        Just("products/update"),
    ];
    let mut runner = TestRunner::new(Config { cases: 150, ..Config::default() });
    runner
        .run(&(odd_json(), topics), |(body, topic)| {
            let headers = [("x-shopify-topic", topic), PAID[1]];
            let (status, _) = runtime.block_on(deliver(&shop, SECRET, &headers, body));
            prop_assert_eq!(status, 200);
            Ok(())
        })
        .unwrap();
    let mut after = 0;
    loop {
        let page = runtime.block_on(world.bus.archive(after)).unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        let events: Vec<_> = page.into_iter().map(|event| event.body).collect();
        for failure in runtime.block_on(consumed(&world, &events)).as_array().unwrap() {
            assert_eq!(failure["final"], true, "another attempt is useless: {failure}");
        }
    }
    assert!(after >= 150);
}

#[test]
fn a_body_that_is_not_json_is_rejected_with_400() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::open());
    let shop = world.shop();
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    runner
        .run(&prop::collection::vec(any::<u8>(), 0..64), |body| {
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
            let (status, _) = runtime.block_on(deliver(&shop, SECRET, &PAID, body));
            prop_assert_eq!(status, if is_json { 200 } else { 400 });
            Ok(())
        })
        .unwrap();
}
