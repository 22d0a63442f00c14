//! Requests that the clients of the shop send: a shopper, a customer, Shopify.

use domain_core::time::SECOND_MS;
use infra_local::demo;
use infra_local::profile::Profile;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::shop::{Reply, Shop};

/// An idempotency key: at least 16 characters, from a name per test.
pub(crate) fn key(name: &str) -> String {
    format!("key-{name:0>16}")
}

/// Adds a line to a cart.
pub(crate) fn add(shop: &Shop, token: &str, bookmark: &str, name: &str, body: &Value) -> Reply {
    shop.request("POST", "/v1/cart/lines")
        .cart(token)
        .header("forecourt-bookmark", bookmark)
        .header("idempotency-key", &key(name))
        .json(body)
        .send()
}

/// A guest's new cart: its token and bookmark.
pub(crate) fn new_cart(shop: &Shop) -> (String, String) {
    let created = shop.request("POST", "/v1/carts").send();
    assert_eq!(created.status, 201, "{}", created.text);
    let created = created.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&created["token"]), text(&created["cart"]["bookmark"]))
}

/// The customer's own cart on one device: its token and bookmark.
pub(crate) fn own_cart(shop: &Shop, customer: &str) -> (String, String) {
    let created = shop.request("POST", "/v1/carts").bearer(customer).send();
    assert_eq!(created.status, 201, "{}", created.text);
    let created = created.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&created["token"]), text(&created["cart"]["bookmark"]))
}

/// Merges a guest's cart into the customer's own.
pub(crate) fn merge(shop: &Shop, customer: &str, own: &str, bookmarks: &str, from: &str) -> Reply {
    shop.request("POST", "/v1/cart/merge")
        .bearer(customer)
        .header("forecourt-cart", own)
        .header("forecourt-bookmark", bookmarks)
        .header("idempotency-key", &key("merge"))
        .json(&json!({"from": from}))
        .send()
}

/// Hands a cart over to Shopify.
pub(crate) fn checkout(shop: &Shop, token: &str, bookmark: &str) -> Value {
    let request = shop.get("/v1/cart/checkout").cart(token);
    let reply = request.header("forecourt-bookmark", bookmark).send();
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("forecourt-bookmark"), reply.json()["bookmark"]);
    reply.json()
}

/// The order Shopify makes of a cart that was handed over, a second from now.
pub(crate) fn order_of(checkout: &Value, id: u64) -> Value {
    let pairs = |object: &Value| -> Vec<Value> {
        let pairs = object.as_object().unwrap().iter();
        pairs.map(|(name, value)| json!({"name": name, "value": value})).collect()
    };
    let items = checkout["cart_add"]["items"].as_array().unwrap().iter().map(|item| {
        json!({"variant_id": item["id"].as_str().unwrap().parse::<u64>().unwrap(),
            "quantity": item["quantity"], "properties": pairs(&item["properties"])})
    });
    let at = Clock::system().now().plus_ms(SECOND_MS).to_rfc3339();
    json!({"id": u64::MAX - id, "created_at": at, "processed_at": at, "currency": "EUR",
        "note_attributes": pairs(&checkout["cart_add"]["attributes"]),
        "line_items": items.collect::<Vec<_>>()})
}

/// A URL as the demo shop's App Proxy would call it.
pub(crate) fn signed(url: &str, customer: Option<&str>, now_unix_s: u64) -> String {
    infra_local::cli::signed(&Profile::demo(), url, customer, now_unix_s).unwrap()
}

/// A customer's token, fetched as the storefront fetches it.
pub(crate) fn session(shop: &Shop, customer: &str) -> String {
    let now = Clock::system().now().unix_s();
    let path = signed("/proxy/v1/session", Some(customer), now);
    let path = path.strip_prefix(demo::URL).unwrap().to_owned();
    let reply = shop.request("POST", &path).send();
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["token"].as_str().unwrap().to_owned()
}

/// A customer's account.
pub(crate) fn loyalty(shop: &Shop, token: &str) -> Value {
    let reply = shop.get("/v1/loyalty").bearer(token).send();
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Redeems points.
pub(crate) fn redeem(shop: &Shop, token: &str, bookmark: &str, name: &str, body: &Value) -> Reply {
    shop.request("POST", "/v1/loyalty/redemptions")
        .bearer(token)
        .header("forecourt-bookmark", bookmark)
        .header("idempotency-key", &key(name))
        .json(body)
        .send()
}

/// The body of a redemption.
pub(crate) fn voucher() -> Value {
    json!({"points": 250, "reward": "five-euro"})
}

/// A webhook, signed as Shopify signs it.
pub(crate) fn deliver(shop: &Shop, topic: &str, payload: &str) -> Reply {
    let secrets = edge_wire::secrets::ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
    let signature = edge_wire::webhook::sign(&secrets, payload.as_bytes());
    shop.request("POST", "/webhooks/shopify")
        .header("content-type", "application/json")
        .header("x-shopify-topic", topic)
        .header("x-shopify-shop-domain", demo::SHOP)
        .header("x-shopify-hmac-sha256", &signature)
        .body(payload)
        .send()
}
