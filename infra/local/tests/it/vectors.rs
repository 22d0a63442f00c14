//! Shopify's published App Proxy vectors against a running edge. Each was signed with another app's
//! secret or for another moment, so all are rejected here; that the valid ones verify under their
//! own secret and time is tested in `edge/wire` and `edge/functions`.

use serde_json::Value;

use crate::shop::Shop;

const VECTORS: &str = include_str!("../../../../edge/wire/tests/it/data/shopify_vectors.json");

#[test]
fn a_request_signed_with_another_secret_is_rejected() {
    let shop = Shop::open();
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let is_proxy = |vector: &&Value| vector["kind"].as_str().unwrap().starts_with("app_proxy");
    let mut rejected = 0;
    for vector in vectors.iter().filter(is_proxy) {
        let query = vector["input"].as_str().unwrap();
        let reply = shop.get(&format!("/proxy/v1/loyalty?{query}")).send();
        assert!([400, 401].contains(&reply.status), "{}: {reply:?}", vector["id"]);
        assert!(!reply.text.contains("signature="), "a problem never echoes a query");
        rejected += 1;
    }
    assert!(rejected >= 20, "only {rejected} vectors were tried");
}
