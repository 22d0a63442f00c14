//! Log-out, and tokens that staff revoke.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain_core::time::{SECOND_MS, Time};
use infra_local::demo;
use infra_local::wiring::CART_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, key, merge, new_cart, own_cart, session, signed};
use crate::shop::{Reply, RequestBuilder, Shop};

/// How long an instance may accept a token that another one revoked.
const INSTANCE_TTL_MS: u64 = 5 * SECOND_MS;

fn tee() -> Value {
    json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}})
}

/// A shop whose clock the test moves.
fn at_our_time() -> (Shop, Arc<AtomicU64>) {
    let time = Arc::new(AtomicU64::new(Clock::system().now().0));
    let read = Arc::clone(&time);
    let clock = Clock::new(move || Time(read.load(Ordering::Relaxed)));
    (Shop::open_at(tempfile::tempdir().unwrap(), clock), time)
}

/// Reads from the origin: the edge has nothing.
fn read_anew(shop: &Shop, request: RequestBuilder<'_>) -> Reply {
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
    request.send()
}

fn log_out(shop: &Shop, customer: &str) -> Reply {
    shop.request("DELETE", "/v1/session").bearer(customer).send()
}

fn revoke(shop: &Shop, what: &str) -> Reply {
    shop.request("POST", &format!("/v1/admin/{what}/revoke")).bearer(demo::STAFF_TOKEN).send()
}

#[test]
fn after_log_out_neither_points_nor_the_own_cart_answer_the_old_tokens() {
    let shop = Shop::open();
    let (token, elsewhere) = (session(&shop, "1003"), session(&shop, "1003"));
    let (cart, bookmark) = own_cart(&shop, &token);
    let command = |customer: &str, name: &str| {
        shop.request("POST", "/v1/cart/lines")
            .header("forecourt-cart", &cart)
            .header("forecourt-bookmark", &bookmark)
            .header("idempotency-key", &key(name))
            .bearer(customer)
            .json(&tee())
            .send()
    };
    assert_eq!(command(&token, "before").status, 202);
    let ended = log_out(&shop, &token);
    assert_eq!(ended.status, 200, "{}", ended.text);
    assert_eq!(ended.header("cache-control"), "no-store");
    let until = ended.json()["revoked_until"].as_str().unwrap().to_owned();
    assert_eq!(until, Time::from_rfc3339(&until).unwrap().to_rfc3339());
    for old in [&token, &elsewhere] {
        let field = ["header:authorization"];
        let points = shop.get("/v1/loyalty").bearer(old).send();
        assert_eq!(points.expect_problem(401, "token-invalid"), field);
        let held = shop.get("/v1/cart").header("forecourt-cart", &cart).bearer(old).send();
        assert_eq!(held.expect_problem(401, "token-invalid"), field);
        assert_eq!(command(old, "after").expect_problem(401, "token-invalid"), field);
        let fresh = shop.request("POST", "/v1/carts").bearer(old).send();
        assert_eq!(fresh.expect_problem(401, "token-invalid"), field);
        assert_eq!(log_out(&shop, old).expect_problem(401, "token-invalid"), field);
    }
    // Others are unchanged, and the next sign-in, in the same second, shows the cart as it was left.
    let other = session(&shop, "1004");
    assert_eq!(shop.get("/v1/loyalty").bearer(&other).send().status, 200);
    let again = session(&shop, "1003");
    shop.drained(CART_QUEUE);
    let held = shop.get("/v1/cart").header("forecourt-cart", &cart).bearer(&again).send();
    assert_eq!((held.status, held.json()["lines"].as_array().unwrap().len()), (200, 1));
    assert_eq!(shop.get("/v1/loyalty").bearer(&again).send().status, 200);
}

#[test]
fn a_log_out_is_known_to_every_instance_within_five_seconds() {
    let (shop, time) = at_our_time();
    let token = session(&shop, "1003");
    let points = || read_anew(&shop, shop.get("/v1/loyalty").bearer(&token));
    assert_eq!(points().status, 200);
    assert_eq!(log_out(&shop, &token).status, 200);
    time.fetch_add(INSTANCE_TTL_MS - 1, Ordering::Relaxed);
    assert_eq!(points().status, 200, "this instance has just looked it up");
    time.fetch_add(1, Ordering::Relaxed);
    points().expect_problem(401, "token-invalid");
}

#[test]
fn a_customer_logs_out_through_the_app_proxy() {
    let shop = Shop::open();
    let token = session(&shop, "1005");
    let url = signed("/proxy/v1/session", Some("1005"), Clock::system().now().unix_s());
    let ended = shop.request("DELETE", url.strip_prefix(demo::URL).unwrap()).send();
    assert_eq!(ended.status, 200, "{}", ended.text);
    shop.get("/v1/loyalty").bearer(&token).send().expect_problem(401, "token-invalid");
    // Shopify vouches for them with each request: no token is involved that could have been copied.
    let url = signed("/proxy/v1/loyalty", Some("1005"), Clock::system().now().unix_s());
    assert_eq!(shop.get(url.strip_prefix(demo::URL).unwrap()).send().status, 200);
}

#[test]
fn staff_end_the_tokens_of_a_customer_and_it_is_in_the_audit_log() {
    let (shop, time) = at_our_time();
    let token = session(&shop, "1006");
    let revoked = revoke(&shop, "customers/1006");
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    shop.get("/v1/loyalty").bearer(&token).send().expect_problem(401, "token-invalid");
    // By their cart's id it is the same: that cart answers their tokens only.
    let token = session(&shop, "1006");
    time.fetch_add(1, Ordering::Relaxed);
    assert_eq!(revoke(&shop, "carts/customer-1006").status, 200);
    time.fetch_add(INSTANCE_TTL_MS, Ordering::Relaxed);
    let log = shop.get("/v1/admin/audit").bearer(demo::STAFF_TOKEN).send().json();
    for entry in &log["entries"].as_array().unwrap()[..2] {
        assert_eq!(entry["act"], "revoke_tokens");
        assert_eq!(entry["subject"], "customer/1006");
    }
    let read = shop.get("/v1/admin/customers/1006").bearer(demo::STAFF_TOKEN).send();
    assert_eq!(read.status, 200);
    let fresh = shop.request("POST", "/v1/carts").bearer(&token).send();
    fresh.expect_problem(401, "token-invalid");
    let next = session(&shop, "1006");
    assert_eq!(shop.get("/v1/loyalty").bearer(&next).send().status, 200);
    revoke(&shop, "customers/none").expect_problem(400, "malformed");
}

#[test]
fn a_guests_cart_that_staff_revoked_is_out_of_reach_for_good() {
    let (shop, time) = at_our_time();
    let (token, bookmark) = new_cart(&shop);
    let added = add(&shop, &token, &bookmark, "before", &tee());
    assert_eq!(added.status, 202, "{}", added.text);
    let cart = added.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(revoke(&shop, &format!("carts/{cart}")).status, 200);
    time.fetch_add(INSTANCE_TTL_MS, Ordering::Relaxed);
    let field = ["header:forecourt-cart"];
    let read = read_anew(&shop, shop.get("/v1/cart").cart(&token));
    assert_eq!(read.expect_problem(401, "token-invalid"), field);
    let late = add(&shop, &token, &bookmark, "after", &tee());
    assert_eq!(late.expect_problem(401, "token-invalid"), field);
    let fresh = shop.request("POST", "/v1/carts").cart(&token).send();
    assert_eq!(fresh.expect_problem(401, "token-invalid"), field);
    let customer = session(&shop, "1008");
    let (own, own_bookmark) = own_cart(&shop, &customer);
    let merged = merge(&shop, &customer, &own, &own_bookmark, &token);
    assert_eq!(merged.expect_problem(401, "token-invalid"), ["/from"]);
    // Staff still see it, and others' carts answer.
    let path = format!("/v1/admin/carts/{cart}");
    assert_eq!(shop.get(&path).bearer(demo::STAFF_TOKEN).send().status, 200);
    let (other, other_bookmark) = new_cart(&shop);
    assert_eq!(add(&shop, &other, &other_bookmark, "other", &tee()).status, 202);
}

#[test]
fn an_own_cart_answers_its_customer_only() {
    let shop = Shop::open();
    let (ada, ben) = (session(&shop, "1001"), session(&shop, "1002"));
    let (cart, _) = own_cart(&shop, &ada);
    for path in ["/v1/cart", "/v1/cart/checkout"] {
        let request = || shop.get(path).header("forecourt-cart", &cart);
        assert_eq!(request().bearer(&ada).send().status, 200);
        let alone = request().send();
        assert_eq!(alone.expect_problem(401, "token-missing"), ["header:authorization"]);
        let bens = request().bearer(&ben).send();
        assert_eq!(bens.expect_problem(401, "token-invalid"), ["header:forecourt-cart"]);
    }
    let now = Clock::system().now().unix_s();
    let proxied = |customer| {
        let url = signed(&format!("/proxy/v1/cart?cart={cart}"), customer, now);
        shop.get(url.strip_prefix(demo::URL).unwrap()).send()
    };
    assert_eq!(proxied(Some("1001")).status, 200);
    proxied(Some("1002")).expect_problem(401, "token-invalid");
    proxied(None).expect_problem(401, "token-missing");
}
