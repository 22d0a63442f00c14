//! How an origin answers bookmarks.

use std::collections::BTreeSet;

use axum::body::Body;
use domain_core::bookmark::{Bookmark, PENDING_MAX, Pending};
use domain_core::id::CommandId;
use domain_core::time::Time;
use edge_wire::bookmark::{Payload, seal};
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use edge_wire::keys::KeyRing;
use edge_wire::resource::Resource;
use http::{HeaderMap, Request};
use origin_functions::http::bookmarks::ClientView;
use origin_functions::http::routers::router;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::world::{KEYS, World, identity_header};

fn cart() -> Resource {
    Resource::Cart("abc".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_cart_is_not_cached_by_the_edge() {
    let world = World::open().await;
    let keys = KeyRing::parse(KEYS).unwrap();
    let ahead = seal(&keys, &cart(), &Payload { floor: 4, ..Payload::default() });
    let read = |bookmark: &str| {
        Request::get("/v1/cart")
            .header("forecourt-identity", identity_header(Kind::Cart, "abc"))
            .header("forecourt-bookmark", bookmark)
            .body(Body::empty())
            .unwrap()
    };
    let router = router(HttpFunction::CartRead, world.shop());
    let answer = router.clone().oneshot(read(&ahead)).await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body = axum::body::to_bytes(answer.into_body(), 64 * 1024).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["reset"], true);
    let settled = router.oneshot(read(body["bookmark"].as_str().unwrap())).await.unwrap();
    assert_eq!(settled.headers()["cache-control"], "s-maxage=5, stale-if-error=0");
}

#[test]
fn too_many_pending_commands_of_several_tabs_are_rejected_with_429() {
    let keys = KeyRing::parse(KEYS).unwrap();
    let view = ClientView::read(&keys, &HeaderMap::new(), cart()).unwrap();
    let pending = |count: usize| -> BTreeSet<Pending> {
        let one = |number: usize| Pending {
            time: Time(number as u64),
            id: CommandId::of_key("cart/abc", &number.to_string()),
        };
        (0..count).map(one).collect()
    };
    let with = |count| Bookmark { pending: pending(count), ..Bookmark::default() };
    let sealed = view.reply(&keys, &with(PENDING_MAX)).unwrap();
    assert!(edge_wire::bookmark::verify(&keys, &sealed).unwrap().open().is_ok());
    let problem = view.reply(&keys, &with(PENDING_MAX + 1)).unwrap_err();
    assert_eq!((problem.0.status(), problem.0.code()), (429, "too-many-pending"));
}
