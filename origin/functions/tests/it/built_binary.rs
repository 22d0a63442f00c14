//! The binary that is deployed answers as the router in this process does.

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use edge_wire::identity::Kind;
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use infra_lambdas::{Lambda, from_payload, to_payload};
use origin_functions::functions::Function;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::world::{ORIGIN, ORIGIN_BEFORE, World, listener, vouched};

/// Which consumers are deployed.
const WIRING: &str = include_str!("../../../../infra/wiring.json");
/// What CloudFront answers.
const INVALIDATION: &str = "<Invalidation><Id>I1</Id><Status>InProgress</Status>\
    <CreateTime>2026-11-22T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity>\
    </Paths><CallerReference>r</CallerReference></InvalidationBatch></Invalidation>";

async fn in_process(
    world: &World,
    function: Function,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let router = function.router(world.shop());
    let answer = router.oneshot(request.clone().map(Body::from)).await.unwrap();
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// The file under test: another one than Cargo's own if the environment names it, such as what was
/// packed for AWS.
#[expect(clippy::disallowed_methods, reason = "which file to test is said from outside")]
fn bootstrap() -> PathBuf {
    let cargos = || env!("CARGO_BIN_EXE_bootstrap").into();
    std::env::var_os("FORECOURT_BOOTSTRAP").map_or_else(cargos, PathBuf::from)
}

async fn through_the_runtime_api(
    world: &World,
    function: &str,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let mut lambda = Lambda::start(&bootstrap(), &world.environment(function)).await.unwrap();
    from_payload(&lambda.invoke(to_payload(request)).await.unwrap()).unwrap()
}

fn without_timing(mut response: Response<Bytes>) -> Response<Bytes> {
    assert!(response.headers_mut().remove("server-timing").is_some());
    // hyper counts what lambda_http leaves to the platform.
    response.headers_mut().remove("content-length");
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_function_answers_as_the_router_in_this_process() {
    let world = World::open().await;
    let reads = [
        (Function::ConfiguratorRead, "/v1/configurator/mug/resolution?size=l", None),
        (Function::ConfiguratorRead, "/v1/configurator/none", None),
        (Function::CartRead, "/v1/cart", Some(vouched(Kind::Cart, "abc"))),
        (Function::LoyaltyRead, "/v1/loyalty", Some(vouched(Kind::Customer, "1001"))),
    ];
    for (function, path, identity) in reads {
        let mut request = Request::get(path);
        if let Some(identity) = identity {
            request = request.header("forecourt-identity", identity);
        }
        let request = request.body(Bytes::new()).unwrap();
        let here = without_timing(in_process(&world, function, &request).await);
        let there =
            without_timing(through_the_runtime_api(&world, function.name(), &request).await);
        assert_eq!((there.status(), there.headers()), (here.status(), here.headers()), "{path}");
        assert_eq!(there.body(), here.body(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_function_takes_a_command_and_a_consumer_applies_it() {
    let world = World::open().await;
    let request = Request::post("/v1/cart/lines")
        .header("forecourt-identity", vouched(Kind::Cart, "abc"))
        .header("forecourt-origin", ORIGIN)
        .header("idempotency-key", "0123456789abcdef")
        .header("content-type", "application/json")
        .body(Bytes::from(r#"{"variant_id":"9223372036854775801","quantity":2}"#))
        .unwrap();
    let taken = through_the_runtime_api(&world, "commands", &request).await;
    let cart: Value = serde_json::from_slice(taken.body()).unwrap();
    assert_eq!((taken.status().as_u16(), &cart["subtotal"]), (202, &json!(2_400)));

    let read = Request::get("/v1/cart")
        .header("forecourt-identity", vouched(Kind::Cart, "abc"))
        .header("forecourt-bookmark", cart["bookmark"].as_str().unwrap())
        .body(Bytes::new())
        .unwrap();
    let pending = in_process(&world, Function::CartRead, &read).await;
    let pending: Value = serde_json::from_slice(pending.body()).unwrap();
    assert_eq!((&pending["version"], &pending["subtotal"]), (&json!("0"), &json!(2_400)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_goes_around_the_edge() {
    let world = World::open().await;
    let forbidden = (403, json!("edge-bypassed"));
    for function in Function::ALL.iter().filter(|function| function.is_behind_api()) {
        let path = match function {
            Function::Webhooks => "/webhooks/shopify",
            Function::Admin => "/v1/admin/configurators/mug/versions/1/activate",
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
            let told = (answer.status().as_u16(), body["code"].clone());
            let is_known = sent == Some(ORIGIN) || sent == Some(ORIGIN_BEFORE);
            assert_eq!(told != forbidden, is_known, "{path}: {sent:?}: {body}");
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
    for function in Function::ALL {
        let request = Request::get("/no/such/route").body(Bytes::new()).unwrap();
        let answer = through_the_runtime_api(&world, function.name(), &request).await;
        assert_eq!(answer.status(), 404, "{function:?}");
    }
}

/// Takes the five seconds after which no instance serves what was before.
#[tokio::test(flavor = "multi_thread")]
async fn a_publication_makes_cloudfront_forget_what_was_before() {
    let world = World::open().await;
    let (url, listener) = listener().await;
    let (tell, mut asked) = mpsc::channel(1);
    let answer = |uri: Uri, body: String| async move {
        tell.send((uri.to_string(), body)).await.unwrap();
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
    let (uri, body) = asked.recv().await.unwrap();
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
    // What has no use for secrets reads none.
    let reads = world.secrets.reads();
    let consumer = world.environment("consume-loyalty");
    let mut lambda = Lambda::start(&bootstrap(), &consumer).await.unwrap();
    lambda.invoke(Bytes::from_static(br#"{"Records":[]}"#)).await.unwrap();
    assert_eq!(world.secrets.reads(), reads);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_nobody_has_is_no_function() {
    let world = World::open().await;
    let environment = world.environment("cart_read");
    let mut lambda = Lambda::start(&bootstrap(), &environment).await.unwrap();
    let told = lambda.invoke(Bytes::from_static(b"{}")).await;
    assert_eq!(told, Err(infra_lambdas::LambdaError::Died));
}
