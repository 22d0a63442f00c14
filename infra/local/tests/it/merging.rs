//! A guest fills a cart, logs in, and merges it into the customer's cart.

use edge_wire::keys::KeyRing;
use edge_wire::token::mint_cart;
use infra_local::demo;
use infra_local::wiring::CART_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, key, merge, new_cart, own_cart, session, signed};
use crate::shop::{Reply, Shop};

fn tee(size: &str, quantity: u32) -> Value {
    json!({"product": "tee", "quantity": quantity,
        "selection": {"colour": "white", "size": size, "fit": "regular"}})
}

fn bookmark(reply: &Reply) -> String {
    reply.json()["bookmark"].as_str().unwrap().to_owned()
}

fn quantities(cart: &Value) -> Vec<(String, u64)> {
    let lines = cart["lines"].as_array().unwrap().iter();
    let mut sorted: Vec<(String, u64)> = lines
        .map(|line| {
            let size = line["selection"]["size"].as_str().unwrap().to_owned();
            (size, line["quantity"].as_u64().unwrap())
        })
        .collect();
    sorted.sort();
    sorted
}

fn sizes(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(size, quantity)| ((*size).to_owned(), *quantity)).collect()
}

#[test]
fn a_guest_logs_in_and_the_merged_cart_is_on_every_device() {
    let shop = Shop::open();
    let customer = session(&shop, "1003");
    // At home, logged in, some time ago.
    let (home, at_home) = own_cart(&shop, &customer);
    let at_home = bookmark(&add(&shop, &home, &at_home, "home", &tee("xs", 1)));
    shop.drained(CART_QUEUE);
    // On the way, as a guest; its commands reach the table after the merge is accepted.
    shop.pause(CART_QUEUE);
    let (guest, guest_bookmark) = new_cart(&shop);
    let guest_bookmark = bookmark(&add(&shop, &guest, &guest_bookmark, "one", &tee("xs", 2)));
    let guest_bookmark = bookmark(&add(&shop, &guest, &guest_bookmark, "two", &tee("3xl", 1)));
    let (own, own_bookmark) = own_cart(&shop, &customer);
    let merged = merge(&shop, &customer, &own, &format!("{guest_bookmark},{own_bookmark}"), &guest);
    assert_eq!(merged.status, 202, "{}", merged.text);
    let both = sizes(&[("3xl", 1), ("xs", 3)]);
    assert_eq!(
        (quantities(&merged.json()), merged.json()["id"].clone()),
        (both.clone(), json!("customer-1003"))
    );
    assert_eq!(merged.header("forecourt-bookmark"), bookmark(&merged));
    assert_eq!(quantities(&shop.cart(&own, &bookmark(&merged))), both);
    // The cart at home does not go back either.
    let again = add(&shop, &home, &at_home, "again", &tee("xs", 1));
    shop.resume(CART_QUEUE);
    let settled = shop.cart(&home, &format!("{},{}", bookmark(&again), bookmark(&merged)));
    assert_eq!(quantities(&settled), sizes(&[("3xl", 1), ("xs", 4)]));
    assert_eq!(settled["version"], "5", "three adds on two devices, the merge, and one more");
}

#[test]
fn the_guests_cart_names_no_customer_and_a_merge_may_be_repeated() {
    let shop = Shop::open();
    let customer = session(&shop, "1004");
    let (guest, guest_bookmark) = new_cart(&shop);
    let guest_bookmark = bookmark(&add(&shop, &guest, &guest_bookmark, "one", &tee("xs", 1)));
    let (own, own_bookmark) = own_cart(&shop, &customer);
    let merged = merge(&shop, &customer, &own, &format!("{guest_bookmark},{own_bookmark}"), &guest);
    assert_eq!(merged.status, 202, "{}", merged.text);
    let requests = [
        shop.get("/v1/cart"),
        // Without a bookmark an instance may answer with what it read seconds ago.
        shop.request("POST", "/v1/carts").header("forecourt-bookmark", &guest_bookmark),
        shop.request("DELETE", "/v1/cart/lines").header("idempotency-key", &key("clear")),
        shop.request("POST", "/v1/cart/lines")
            .header("idempotency-key", &key("add"))
            .json(&tee("xs", 1)),
    ];
    for request in requests {
        let rejected = request.header("forecourt-cart", &guest).send();
        rejected.expect_problem(409, "cart-merged");
        assert!(!rejected.text.contains("1004"), "{}", rejected.text);
        assert_eq!(rejected.json().get("bookmark"), None);
        assert!(rejected.header("cache-control").contains("no-store"));
    }
    // A second tab of the guest repeats its last command, gets a 409, and merges too.
    let repeated = add(&shop, &guest, "", "one", &tee("xs", 1));
    repeated.expect_problem(409, "cart-merged");
    assert!(!repeated.text.contains("customer-"), "{}", repeated.text);
    let known = bookmark(&repeated);
    assert_eq!(repeated.header("forecourt-bookmark"), known);
    for name in ["merge", "another"] {
        let again = shop
            .request("POST", "/v1/cart/merge")
            .bearer(&customer)
            .header("forecourt-cart", &own)
            .header("forecourt-bookmark", &format!("{known},{}", bookmark(&merged)))
            .header("idempotency-key", &key(name))
            .json(&json!({"from": guest}))
            .send();
        assert_eq!((again.status, quantities(&again.json())), (202, sizes(&[("xs", 1)])));
    }
    shop.drained(CART_QUEUE);
    assert_eq!(quantities(&shop.cart(&own, "")), sizes(&[("xs", 1)]));
}

#[test]
fn a_guest_without_anything_merges_and_may_not_be_merged_elsewhere() {
    let shop = Shop::open();
    let (ada, ben) = (session(&shop, "1005"), session(&shop, "1006"));
    let (guest, _) = new_cart(&shop);
    let (adas, _) = own_cart(&shop, &ada);
    let (bens, _) = own_cart(&shop, &ben);
    let merged = merge(&shop, &ada, &adas, "", &guest);
    assert_eq!((merged.status, quantities(&merged.json())), (202, sizes(&[])));
    let rejected = merge(&shop, &ben, &bens, "", &guest);
    rejected.expect_problem(409, "cart-merged");
    assert!(!rejected.text.contains("1005"), "{}", rejected.text);
}

#[test]
fn a_merge_works_through_shopifys_app_proxy() {
    let shop = Shop::open();
    let (guest, guest_bookmark) = new_cart(&shop);
    let guest_bookmark = bookmark(&add(&shop, &guest, &guest_bookmark, "one", &tee("xs", 1)));
    let now = Clock::system().now().unix_s();
    let (own, _) = own_cart(&shop, &session(&shop, "1007"));
    let query = format!("cart={own}&bookmark={guest_bookmark}&idempotency_key={}", key("merge"));
    let url = signed(&format!("/proxy/v1/cart/merge?{query}"), Some("1007"), now);
    let merged = shop
        .request("POST", url.strip_prefix(demo::URL).unwrap())
        .json(&json!({"from": guest}))
        .send();
    assert_eq!((merged.status, quantities(&merged.json())), (202, sizes(&[("xs", 1)])));
}

#[test]
fn a_merge_from_anything_but_a_guests_cart_is_rejected() {
    let shop = Shop::open();
    let (ada, ben) = (session(&shop, "1008"), session(&shop, "1009"));
    let (guest, _) = new_cart(&shop);
    let (adas, _) = own_cart(&shop, &ada);
    let (bens, _) = own_cart(&shop, &ben);
    let broken = [&guest[..guest.len() - 1], "c1.demo.0123456789abcdef.AAAA", "", "token"];
    for from in broken {
        let rejected = merge(&shop, &ada, &adas, "", from);
        assert_eq!(rejected.expect_problem(401, "token-invalid"), ["/from"], "{from}");
    }
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    for from in [&adas, &bens, &mint_cart(&keys, "customer-1")] {
        let rejected = merge(&shop, &ada, &adas, "", from);
        assert_eq!(rejected.expect_problem(422, "merge-impossible"), ["/from"]);
    }
    let field = ["header:forecourt-cart"];
    let rejected = merge(&shop, &ada, &guest, "", &guest);
    assert_eq!(rejected.expect_problem(422, "merge-impossible"), field);
    let rejected = merge(&shop, &ada, &bens, "", &guest);
    assert_eq!(rejected.expect_problem(401, "token-invalid"), field);
    let post = |body: &str| {
        shop.request("POST", "/v1/cart/merge")
            .bearer(&ada)
            .header("forecourt-cart", &adas)
            .header("idempotency-key", &key("body"))
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    post("{}").expect_problem(400, "malformed");
    assert_eq!(post(r#"{"from":7}"#).expect_problem(400, "malformed"), ["/from"]);
    let reply = shop.get("/v1/cart").header("forecourt-cart", &guest).send();
    assert_eq!(reply.status, 200, "the guest's cart is unchanged: {}", reply.text);
}
