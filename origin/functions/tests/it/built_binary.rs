//! The deployed binary gives the same answers as the router in this process.

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use infra_lambdas::{Lambda, from_payload, to_payload};
use origin_functions::http::routers::router;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::world::{ORIGIN, ORIGIN_BEFORE, World, identity_header, listener};

/// The deployed consumers.
const WIRING: &str = include_str!("../../../../infra/wiring.json");
/// CloudFront's answer.
const INVALIDATION: &str = "<Invalidation><Id>I1</Id><Status>InProgress</Status>\
    <CreateTime>2026-11-22T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity>\
    </Paths><CallerReference>r</CallerReference></InvalidationBatch></Invalidation>";

async fn in_process(
    world: &World,
    function: HttpFunction,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let router = router(function, world.shop());
    let answer = router.oneshot(request.clone().map(Body::from)).await.unwrap();
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// The file under test: Cargo's own, or the one that the environment names, such as the binary
/// packed for AWS.
#[expect(clippy::disallowed_methods, reason = "the environment names the file to test")]
fn bootstrap() -> PathBuf {
    let built = || env!("CARGO_BIN_EXE_bootstrap").into();
    std::env::var_os("FORECOURT_BOOTSTRAP").map_or_else(built, PathBuf::from)
}

async fn by_runtime_api(
    world: &World,
    function: &str,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let mut lambda = Lambda::start(&bootstrap(), &world.environment(function)).await.unwrap();
    from_payload(&lambda.invoke(to_payload(request)).await.unwrap()).unwrap()
}

fn without_timing(mut response: Response<Bytes>) -> Response<Bytes> {
    assert!(response.headers_mut().remove("server-timing").is_some());
    // hyper sets what lambda_http leaves to the platform.
    response.headers_mut().remove("content-length");
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_function_gives_the_answers_of_the_router_in_this_process() {
    let world = World::open().await;
    let reads = [
        (HttpFunction::ConfiguratorRead, "/v1/configurator/mug/resolution?size=l", None),
        (HttpFunction::ConfiguratorRead, "/v1/configurator/none", None),
        (HttpFunction::CartRead, "/v1/cart", Some(identity_header(Kind::Cart, "abc"))),
        (HttpFunction::LoyaltyRead, "/v1/loyalty", Some(identity_header(Kind::Customer, "1001"))),
    ];
    for (function, path, identity) in reads {
        let mut request = Request::get(path);
        if let Some(identity) = identity {
            request = request.header("forecourt-identity", identity);
        }
        let request = request.body(Bytes::new()).unwrap();
        let here = without_timing(in_process(&world, function, &request).await);
        let there = without_timing(by_runtime_api(&world, function.name(), &request).await);
        assert_eq!((there.status(), there.headers()), (here.status(), here.headers()), "{path}");
        assert_eq!(there.body(), here.body(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_function_takes_a_command_and_a_consumer_applies_it() {
    let world = World::open().await;
    let request = Request::post("/v1/cart/lines")
        .header("forecourt-identity", identity_header(Kind::Cart, "abc"))
        .header("forecourt-origin", ORIGIN)
        .header("idempotency-key", "0123456789abcdef")
        .header("content-type", "application/json")
        .body(Bytes::from(r#"{"variant_id":"9223372036854775801","quantity":2}"#))
        .unwrap();
    let accepted = by_runtime_api(&world, "commands", &request).await;
    let cart: Value = serde_json::from_slice(accepted.body()).unwrap();
    assert_eq!((accepted.status().as_u16(), &cart["subtotal"]), (202, &json!(2_400)));

    let read = Request::get("/v1/cart")
        .header("forecourt-identity", identity_header(Kind::Cart, "abc"))
        .header("forecourt-bookmark", cart["bookmark"].as_str().unwrap())
        .body(Bytes::new())
        .unwrap();
    let pending = in_process(&world, HttpFunction::CartRead, &read).await;
    let pending: Value = serde_json::from_slice(pending.body()).unwrap();
    assert_eq!((&pending["version"], &pending["subtotal"]), (&json!("0"), &json!(2_400)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_bypasses_the_edge_is_rejected() {
    let world = World::open().await;
    let forbidden = (403, json!("edge-bypassed"));
    for function in HttpFunction::ALL.iter().filter(|function| function.is_behind_api()) {
        let path = match function {
            HttpFunction::Webhooks => "/webhooks/shopify",
            HttpFunction::Admin => "/v1/admin/configurators/mug/versions/1/activate",
            _ => "/v1/carts",
        };
        let mut lambda =
            Lambda::start(&bootstrap(), &world.environment(function.name())).await.unwrap();
        let longer = format!("{ORIGIN}0");
        let guesses = [None, Some(""), Some("0"), Some(&ORIGIN[1..]), Some(&longer)];
        for sent in guesses.into_iter().chain([Some(ORIGIN), Some(ORIGIN_BEFORE)]) {
            let request = Request::post(path);
            let request = match sent {
                Some(sent) => request.header("forecourt-origin", sent),
                None => request,
            };
            let event = to_payload(&request.body(Bytes::from_static(b"{}")).unwrap());
            let answer = from_payload(&lambda.invoke(event).await.unwrap()).unwrap();
            let body: Value = serde_json::from_slice(answer.body()).unwrap();
            let outcome = (answer.status().as_u16(), body["code"].clone());
            let is_known = sent == Some(ORIGIN) || sent == Some(ORIGIN_BEFORE);
            assert_eq!(outcome != forbidden, is_known, "{path}: {sent:?}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_of_the_wiring_starts_and_answers() {
    let world = World::open().await;
    let empty = Bytes::from_static(br#"{"Records":[]}"#);
    let wiring: Value = serde_json::from_str(WIRING).unwrap();
    for consumer in wiring["consumers"].as_array().unwrap() {
        let consumer = consumer["name"].as_str().unwrap();
        let mut lambda = Lambda::start(&bootstrap(), &world.environment(consumer)).await.unwrap();
        let answer = lambda.invoke(empty.clone()).await.unwrap();
        assert_eq!(answer, r#"{"batchItemFailures":[]}"#, "{consumer}");
    }
    for function in HttpFunction::ALL {
        let request = Request::get("/no/such/route").body(Bytes::new()).unwrap();
        let answer = by_runtime_api(&world, function.name(), &request).await;
        assert_eq!(answer.status(), 404, "{function:?}");
    }
}

/// Takes the five seconds after which no instance serves the earlier version.
#[tokio::test(flavor = "multi_thread")]
async fn a_publication_invalidates_the_earlier_version_at_cloudfront() {
    let world = World::open().await;
    let (url, listener) = listener().await;
    let (sender, mut requests) = mpsc::channel(1);
    let answer = |uri: Uri, body: String| async move {
        sender.send((uri.to_string(), body)).await.unwrap();
        (http::StatusCode::CREATED, INVALIDATION)
    };
    let cloudfront = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, cloudfront).await });
    let mut environment = world.environment("consume-published");
    environment.push(("AWS_ENDPOINT_URL_CLOUDFRONT", &url));
    let mut lambda = Lambda::start(&bootstrap(), &environment).await.unwrap();
    let message = |id: &str, detail: Value| {
        let event = json!({"detail-type": "configurator.published", "detail": detail});
        json!({"messageId": id, "body": event.to_string()})
    };
    let batch = json!({"Records": [
        message("1", json!({"product": "mug", "version": 2})),
        message("2", json!({"product": 7})),
    ]});
    let answer = lambda.invoke(Bytes::from(batch.to_string())).await.unwrap();
    let unfinished: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(unfinished["batchItemFailures"][0]["itemIdentifier"], "2");
    assert_eq!(unfinished["batchItemFailures"].as_array().unwrap().len(), 1);
    let (uri, body) = requests.recv().await.unwrap();
    assert_eq!(uri, "/2020-05-31/distribution/E2EXAMPLE/invalidation");
    assert!(body.contains("<Items><Path>#product:mug</Path></Items>"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_without_its_secrets_refuses_to_start() {
    let world = World::open().await;
    world.secrets.put(&json!({"keys": "hush"}));
    let died = infra_lambdas::LambdaError::Died;
    for function in ["cart-read", "commands", "consume-cart"] {
        let mut lambda = Lambda::start(&bootstrap(), &world.environment(function)).await.unwrap();
        assert_eq!(lambda.invoke(Bytes::from_static(b"{}")).await, Err(died.clone()), "{function}");
    }
    // A function that needs no secrets reads none.
    let reads = world.secrets.reads();
    let consumer = world.environment("consume-loyalty");
    let mut lambda = Lambda::start(&bootstrap(), &consumer).await.unwrap();
    lambda.invoke(Bytes::from_static(br#"{"Records":[]}"#)).await.unwrap();
    assert_eq!(world.secrets.reads(), reads);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_handler_does_not_start() {
    let world = World::open().await;
    let environment = world.environment("cart_read");
    let mut lambda = Lambda::start(&bootstrap(), &environment).await.unwrap();
    let answer = lambda.invoke(Bytes::from_static(b"{}")).await;
    assert_eq!(answer, Err(infra_lambdas::LambdaError::Died));
}
