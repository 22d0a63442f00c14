//! The binary that is deployed answers as the router in this process does.

use std::path::Path;

use axum::body::Body;
use bytes::Bytes;
use edge_wire::identity::Kind;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use infra_lambdas::{Lambda, from_payload, to_payload};
use origin_functions::functions::Function;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{World, vouched};

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

async fn through_the_runtime_api(
    world: &World,
    binary: &str,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let mut lambda = Lambda::start(Path::new(binary), &world.environment()).await.unwrap();
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
        (
            Function::ConfiguratorRead,
            env!("CARGO_BIN_EXE_configurator_read"),
            "/v1/configurator/mug/resolution?size=l",
            None,
        ),
        (
            Function::ConfiguratorRead,
            env!("CARGO_BIN_EXE_configurator_read"),
            "/v1/configurator/none",
            None,
        ),
        (
            Function::CartRead,
            env!("CARGO_BIN_EXE_cart_read"),
            "/v1/cart",
            Some(vouched(Kind::Cart, "abc")),
        ),
        (
            Function::LoyaltyRead,
            env!("CARGO_BIN_EXE_loyalty_read"),
            "/v1/loyalty",
            Some(vouched(Kind::Customer, "1001")),
        ),
    ];
    for (function, binary, path, identity) in reads {
        let mut request = Request::get(path);
        if let Some(identity) = identity {
            request = request.header("forecourt-identity", identity);
        }
        let request = request.body(Bytes::new()).unwrap();
        let here = without_timing(in_process(&world, function, &request).await);
        let there = without_timing(through_the_runtime_api(&world, binary, &request).await);
        assert_eq!((there.status(), there.headers()), (here.status(), here.headers()), "{path}");
        assert_eq!(there.body(), here.body(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_function_takes_a_command_and_a_consumer_applies_it() {
    let world = World::open().await;
    let request = Request::post("/v1/cart/lines")
        .header("forecourt-identity", vouched(Kind::Cart, "abc"))
        .header("idempotency-key", "0123456789abcdef")
        .header("content-type", "application/json")
        .body(Bytes::from(r#"{"variant_id":"9223372036854775801","quantity":2}"#))
        .unwrap();
    let commands = env!("CARGO_BIN_EXE_commands");
    let taken = through_the_runtime_api(&world, commands, &request).await;
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
async fn a_function_without_its_secrets_refuses_to_start() {
    let world = World::open().await;
    let environment = world.environment();
    let without: Vec<_> =
        environment.into_iter().filter(|(name, _)| *name != "FORECOURT_KEYS").collect();
    let binary = Path::new(env!("CARGO_BIN_EXE_cart_read"));
    let mut lambda = Lambda::start(binary, &without).await.unwrap();
    let told = lambda.invoke(Bytes::from_static(b"{}")).await.unwrap_err();
    assert_eq!(told, infra_lambdas::LambdaError::Died);
}
