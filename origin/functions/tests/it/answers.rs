//! The parts that all answers share: identity and headers.

use axum::body::Body;
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use http::Request;
use origin_functions::http::routers::router;
use tower::ServiceExt as _;

use crate::world::{World, identity_header};

async fn status(world: &World, function: HttpFunction, request: Request<Body>) -> u16 {
    router(function, world.shop()).oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_call_is_anonymous_even_with_valid_tokens() {
    let world = World::open().await;
    let keys = edge_wire::keys::KeyRing::parse(crate::world::KEYS).unwrap();
    let cart = edge_wire::token::mint_cart(&keys, "abc");
    let request = |name: &str, value: &str| {
        Request::get("/v1/cart").header(name, value).body(Body::empty()).unwrap()
    };
    let own = identity_header(Kind::Cart, "abc");
    assert_eq!(
        status(&world, HttpFunction::CartRead, request("forecourt-identity", &own)).await,
        200
    );
    assert_eq!(status(&world, HttpFunction::CartRead, request("forecourt-cart", &cart)).await, 401);
    let customer = identity_header(Kind::Customer, "1001");
    let other = own.replacen("abc", "abd", 1);
    let twice = format!("{own},{own}");
    let half = format!("{own},customer:1001:AAAAAAAAAAAAAAAAAAAAAA");
    for identity in [customer, other, twice, half, own[..own.len() - 1].to_owned()] {
        let status =
            status(&world, HttpFunction::CartRead, request("forecourt-identity", &identity));
        assert_eq!(status.await, 401, "{identity}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_the_etag_of_the_get() {
    let world = World::open().await;
    let request = |method: &str| {
        Request::builder().method(method).uri("/v1/configurator/mug").body(Body::empty()).unwrap()
    };
    let router = router(HttpFunction::ConfiguratorRead, world.shop());
    let get = router.clone().oneshot(request("GET")).await.unwrap();
    let head = router.oneshot(request("HEAD")).await.unwrap();
    assert_eq!(head.headers()["etag"], get.headers()["etag"]);
    let body = axum::body::to_bytes(head.into_body(), 1).await.unwrap();
    assert!(body.is_empty());
}
