//! The parts that all answers share: identity and headers.

use axum::body::Body;
use domain_core::time::Time;
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use http::Request;
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
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
async fn a_head_has_the_etag_and_the_length_of_the_get() {
    let world = World::open().await;
    let identity = identity_header(Kind::Cart, "abc");
    let customer = identity_header(Kind::Customer, "1001");
    let staff = identity_header(Kind::Staff, "staff");
    for (function, path, identity) in [
        (HttpFunction::ConfiguratorRead, "/v1/configurator/mug", ""),
        (HttpFunction::ConfiguratorRead, "/v1/configurator/mug/resolution?size=s", ""),
        (HttpFunction::ConfiguratorRead, "/v1/configurator/mug/completion?size=s", ""),
        (HttpFunction::ConfiguratorRead, "/v1/configurator/mug/explanation?_why=size:s", ""),
        (HttpFunction::ConfiguratorRead, "/v1/configurator/none", ""),
        (HttpFunction::ConfiguratorRead, "/v1/selections/none", ""),
        (HttpFunction::ConfiguratorRead, "/v1/openapi.json", ""),
        (HttpFunction::ConfiguratorRead, "/health/ready", ""),
        (HttpFunction::CartRead, "/v1/cart", &*identity),
        (HttpFunction::CartRead, "/v1/cart", ""),
        (HttpFunction::Commands, "/v1/cart/checkout", &identity),
        (HttpFunction::LoyaltyRead, "/v1/loyalty", &customer),
        (HttpFunction::LoyaltyRead, "/v1/loyalty/entries", &customer),
        (HttpFunction::LoyaltyRead, "/v1/loyalty/program", ""),
        (HttpFunction::LoyaltyRead, "/v1/loyalty/redemptions/none", &customer),
        (HttpFunction::Admin, "/v1/admin/configurators/mug", &staff),
        (HttpFunction::Admin, "/v1/admin/configurators/mug/versions", &staff),
        (HttpFunction::Admin, "/v1/admin/staff", &staff),
        (HttpFunction::Admin, "/v1/admin/audit", &staff),
        (HttpFunction::Admin, "/v1/admin/privacy/demands", &staff),
        (HttpFunction::Admin, "/v1/admin/loyalty/program", &staff),
    ] {
        let router = router(function, world.shop_at(Clock::new(|| Time(1_780_000_000_000))));
        let send = async |method: &str, encoding: &str| {
            let request = Request::builder().method(method).uri(path);
            let request = request.header("forecourt-identity", identity);
            let request = request.header("accept-encoding", encoding).body(Body::empty()).unwrap();
            let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
            (parts, axum::body::to_bytes(body, usize::MAX).await.unwrap())
        };
        for encoding in ["identity", "gzip"] {
            let (get, body) = send("GET", encoding).await;
            let (head, nothing) = send("HEAD", encoding).await;
            assert_eq!((head.status, nothing.len()), (get.status, 0), "{path}");
            assert_eq!(head.headers.get("etag"), get.headers.get("etag"), "{path}");
            let length = |headers: &http::HeaderMap| headers.get("content-length").cloned();
            assert_eq!(length(&head.headers), length(&get.headers), "{path}, {encoding}");
            if !get.headers.contains_key("content-encoding") {
                assert_eq!(length(&head.headers).unwrap(), body.len().to_string(), "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_a_program_is_ready() {
    let world = World::empty().await;
    let ready = Request::get("/health/ready").body(Body::empty()).unwrap();
    assert_eq!(status(&world, HttpFunction::ConfiguratorRead, ready).await, 200);
}
