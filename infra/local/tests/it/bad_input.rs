//! Invalid input gets a problem with its code, field and fix. Never a 500.

use edge_wire::keys::KeyRing;
use edge_wire::routes::{Exposure, ROUTES};
use edge_wire::token::mint_customer;
use infra_local::demo;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, deliver, key, new_cart, session, signed};
use crate::shop::Shop;

fn tee(quantity: i64) -> Value {
    json!({"product": "tee", "quantity": quantity,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}})
}

#[test]
fn an_unknown_product_option_or_value_is_named() {
    let shop = Shop::open();
    shop.get("/v1/configurator/skis").send().expect_problem(404, "product-unknown");
    let path = "/v1/configurator/bike/resolution";
    let option = shop.get(&format!("{path}?engine=v8")).send();
    assert_eq!(option.expect_problem(422, "choice-unknown"), ["query:engine"]);
    let value = shop.get(&format!("{path}?frame=gold")).send();
    assert_eq!(value.expect_problem(422, "choice-unknown"), ["query:frame"]);
    let only = shop.get(&format!("{path}?_only=engine")).send();
    assert_eq!(only.expect_problem(422, "choice-unknown").len(), 1);
    let (token, bookmark) = new_cart(&shop);
    let skis = json!({"product": "skis", "selection": {}, "quantity": 1});
    let skis = add(&shop, &token, &bookmark, "skis", &skis);
    assert_eq!(skis.expect_problem(404, "product-unknown"), ["/product"]);
    let variant = add(&shop, &token, &bookmark, "v", &json!({"variant_id": "7", "quantity": 1}));
    assert_eq!(variant.expect_problem(422, "variant-unknown"), ["/variant_id"]);
}

#[test]
fn a_selection_that_cannot_be_bought_is_rejected() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let missing = json!({"product": "tee", "selection": {"colour": "white"}, "quantity": 1});
    add(&shop, &token, &bookmark, "missing", &missing).expect_problem(422, "selection-impossible");
    let impossible = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "slim"}});
    let rejected = add(&shop, &token, &bookmark, "impossible", &impossible);
    assert_eq!(rejected.expect_problem(422, "selection-impossible"), ["/selection"]);
    let both = json!({"product": "tee", "variant_id": "7", "quantity": 1});
    add(&shop, &token, &bookmark, "both", &both).expect_problem(400, "malformed");
}

#[test]
fn quantities_outside_their_range_are_rejected() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    for quantity in [-1, 0, 10_000, i64::MAX] {
        let rejected = add(&shop, &token, &bookmark, "quantity", &tee(quantity));
        assert_eq!(rejected.expect_problem(422, "quantity-out-of-range"), ["/quantity"]);
    }
    let full = add(&shop, &token, &bookmark, "full", &tee(9_999)).json();
    let bookmark = full["bookmark"].as_str().unwrap();
    add(&shop, &token, bookmark, "more", &tee(1)).expect_problem(422, "quantity-out-of-range");
}

#[test]
fn a_body_that_is_not_what_the_route_takes_says_where() {
    let shop = Shop::open();
    let (token, _) = new_cart(&shop);
    let post = |content: &str, body: &str| {
        shop.request("POST", "/v1/cart/lines")
            .header("forecourt-cart", &token)
            .header("idempotency-key", &key("body"))
            .header("content-type", content)
            .body(body)
            .send()
    };
    let json = "application/json";
    post(json, "{").expect_problem(400, "malformed");
    let invalid = post(json, r#"{"variant_id":"7","quantity":"two"}"#);
    assert_eq!(invalid.expect_problem(400, "malformed"), ["/quantity"]);
    post(json, r#"{"variant_id":"7","quantity":1} trailing"#).expect_problem(400, "malformed");
    post(json, r#"{"variant_id":"7","quantity":1,"price":1}"#).expect_problem(400, "malformed");
    post("text/plain", "{}").expect_problem(415, "content-type-unsupported");
    let large = format!(r#"{{"variant_id":"{}"}}"#, "7".repeat(64 * 1024));
    post(json, &large).expect_problem(413, "body-too-large");
}

#[test]
fn a_plain_body_that_says_it_is_compressed_is_refused_everywhere() {
    let shop = Shop::open();
    let (token, _) = new_cart(&shop);
    let customer = session(&shop, "1001");
    let secrets = edge_wire::secrets::ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
    let signature = edge_wire::webhook::sign(&secrets, b"{}");
    let with_body = ROUTES.iter().filter(|route| route.method != "GET");
    let mut refused = 0;
    for route in with_body.filter(|route| route.exposure != Exposure::Proxy) {
        let path = route.path.replace("{product}", "tee").replace("{version}", "1");
        let path = path.replace("{line}", "x").replace("{customer}", "1001");
        let path = path.replace("{person}", "72").replace("{id}", "cart-1");
        let is_staffs = path.starts_with("/v1/admin");
        let bearer = if is_staffs { demo::STAFF_TOKEN } else { &customer };
        let reply = shop
            .request(route.method, &path)
            .bearer(bearer)
            .header("forecourt-cart", &token)
            .header("idempotency-key", &key("coded"))
            .header("x-shopify-hmac-sha256", &signature)
            .header("content-encoding", "gzip")
            .header("content-type", "application/json")
            .body("{}")
            .send();
        // These read no body; a product may be gzip, and this one is not.
        match (route.method, path.as_str()) {
            ("POST", "/v1/carts") => assert_eq!(reply.status, 201),
            ("DELETE", "/v1/session") => assert_eq!(reply.status, 200),
            ("DELETE", "/v1/admin/configurators/tee") => assert_eq!(reply.status, 204),
            ("POST", path) if path.ends_with("/activate") || path.ends_with("/revoke") => {
                assert_eq!(reply.status, 200)
            }
            ("PUT", "/v1/admin/configurators/tee") => {
                reply.expect_problem(400, "malformed");
            }
            _ => {
                let fields = reply.expect_problem(415, "content-type-unsupported");
                assert_eq!(fields, ["header:content-encoding"], "{path}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 12, "{refused}");
}

#[test]
fn a_command_needs_a_key_of_its_own() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let post = |key: &str, body: &Value| {
        shop.request("POST", "/v1/cart/lines")
            .header("forecourt-cart", &token)
            .header("forecourt-bookmark", &bookmark)
            .header("idempotency-key", key)
            .json(body)
            .send()
    };
    let missing = post("", &tee(1));
    let field = ["header:idempotency-key"];
    assert_eq!(missing.expect_problem(400, "idempotency-key-missing"), field);
    assert_eq!(post("short", &tee(1)).expect_problem(400, "idempotency-key-invalid"), field);
    assert_eq!(post(&key("one"), &tee(1)).status, 202);
    post(&key("one"), &tee(2)).expect_problem(409, "idempotency-conflict");
}

#[test]
fn a_line_that_is_not_in_the_cart_is_not_found() {
    let shop = Shop::open();
    let (token, _) = new_cart(&shop);
    let request = |method| {
        shop.request(method, "/v1/cart/lines/0123456789abcdef01234567")
            .header("forecourt-cart", &token)
            .header("idempotency-key", &key("line"))
    };
    let patched = request("PATCH").json(&json!({"quantity": 1})).send();
    patched.expect_problem(404, "line-unknown");
    request("DELETE").send().expect_problem(404, "line-unknown");
}

#[test]
fn a_tampered_truncated_or_expired_token_is_rejected() {
    let shop = Shop::open();
    let (token, _) = new_cart(&shop);
    let with = |token: &str| shop.get("/v1/cart").header("forecourt-cart", token).send();
    with(&token[..token.len() - 1]).expect_problem(401, "token-invalid");
    with(&token.replacen("c1.", "c2.", 1)).expect_problem(401, "token-invalid");
    with(&format!("{token}A")).expect_problem(401, "token-invalid");
    with("").expect_problem(401, "token-missing");
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    let now = Clock::system().now().unix_s();
    let loyalty = |token: &str| shop.get("/v1/loyalty").bearer(token).send();
    loyalty(&mint_customer(&keys, "1001", now - 1)).expect_problem(401, "token-expired");
    let valid = mint_customer(&keys, "1001", now + 60);
    loyalty(&valid.replacen("1001", "1002", 1)).expect_problem(401, "token-invalid");
    let admin = shop.get("/v1/admin/configurators/bike").bearer(&valid).send();
    admin.expect_problem(403, "not-staff");
    let guess = "x".repeat(32);
    let admin = shop.get("/v1/admin/configurators/bike").bearer(&guess).send();
    admin.expect_problem(401, "token-invalid");
}

#[test]
fn a_bookmark_that_does_not_verify_has_its_own_code() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let with = |bookmark: &str| {
        let request = shop.get("/v1/cart").header("forecourt-cart", &token);
        request.header("forecourt-bookmark", bookmark).send()
    };
    with(&bookmark[..bookmark.len() - 2]).expect_problem(400, "bookmark-invalid");
    with("b1.nonsense").expect_problem(400, "bookmark-invalid");
    let many = [bookmark.as_str(); 9].join(",");
    with(&many).expect_problem(400, "bookmark-invalid");
    let (_, other) = new_cart(&shop);
    assert_eq!(with(&other).status, 200, "a bookmark of another resource is ignored");
}

#[test]
fn a_webhook_that_is_not_shopifys_is_rejected() {
    let shop = Shop::open();
    let post = |signature: &str, domain: &str| {
        shop.request("POST", "/webhooks/shopify")
            .header("x-shopify-topic", "orders/paid")
            .header("x-shopify-shop-domain", domain)
            .header("x-shopify-hmac-sha256", signature)
            .body("{}")
            .send()
    };
    post("", demo::SHOP).expect_problem(401, "signature-invalid");
    post("AAAA", demo::SHOP).expect_problem(401, "signature-invalid");
    let secrets = edge_wire::secrets::ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
    let signature = edge_wire::webhook::sign(&secrets, b"{}");
    post(&signature, "other.myshopify.com").expect_problem(403, "shop-foreign");
    assert_eq!(deliver(&shop, "products/update", "{}").status, 200, "topics we ignore are taken");
    deliver(&shop, "orders/paid", "not json").expect_problem(400, "malformed");
}

#[test]
fn another_shops_signed_request_is_rejected() {
    let shop = Shop::open();
    let now = Clock::system().now().unix_s();
    let own = signed("/proxy/v1/loyalty", Some("1001"), now);
    let own = own.strip_prefix(demo::URL).unwrap();
    let tampered = own.replacen("logged_in_customer_id=1001", "logged_in_customer_id=1002", 1);
    shop.get(&tampered).send().expect_problem(401, "signature-invalid");
    let old = signed("/proxy/v1/loyalty", Some("1001"), now - 91);
    let old = old.strip_prefix(demo::URL).unwrap();
    shop.get(old).send().expect_problem(401, "signature-invalid");
    let secrets = edge_wire::secrets::ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
    let forwarding = edge_wire::proxy::Forwarding {
        shop: "other.myshopify.com",
        customer: Some("1001"),
        path_prefix: demo::PROXY_PREFIX,
        timestamp_unix_s: now,
    };
    let query = edge_wire::proxy::forward("", &forwarding, &secrets).unwrap();
    let foreign = shop.get(&format!("/proxy/v1/loyalty?{query}")).send();
    foreign.expect_problem(403, "shop-foreign");
    shop.request("POST", "/v1/session").send().expect_problem(403, "proxy-only");
}

#[test]
fn a_product_with_mistakes_is_refused_with_every_one_listed() {
    let shop = Shop::open();
    let put = |document: &str| {
        shop.request("PUT", "/v1/admin/configurators/bike")
            .bearer(demo::STAFF_TOKEN)
            .header("content-type", "application/json")
            .body(document)
            .send()
    };
    let broken = json!({"product": "bike", "title": "Bike", "currency": "EUR", "base_price": 1,
        "options": [{"id": "frame", "title": "Frame",
            "values": [{"id": "steel", "title": "Steel", "price": 0}]}],
        "rules": [{"id": "r1", "excludes": [{"fork": ["air"]}, {"frame": ["gold"]}]}]});
    let fields = put(&broken.to_string()).expect_problem(422, "configurator-invalid");
    assert_eq!(fields.len(), 2, "{fields:?}");
    put("{").expect_problem(422, "configurator-invalid");
    let (_, bike) = demo::PRODUCTS[0];
    let dollars = put(&bike.replace("\"EUR\"", "\"USD\""));
    assert_eq!(dollars.expect_problem(422, "configurator-invalid"), ["/currency"]);
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    put(&large).expect_problem(413, "body-too-large");
    shop.get("/v1/admin/configurators/bike").send().expect_problem(401, "token-missing");
}

#[test]
fn requests_rejected_by_the_edge_never_reach_an_origin() {
    let shop = Shop::open();
    for (method, path, status, code) in [
        ("GET", "/v2/cart", 404, "route-unknown"),
        ("DELETE", "/v1/cart", 405, "method-not-allowed"),
        ("GET", "/v1/configurator/bike?colour=red", 400, "parameter-invalid"),
        ("GET", "/v1/loyalty/program?a=1", 400, "parameter-invalid"),
        (
            "GET",
            "/v1/configurator/bike/resolution?frame=steel&frame=carbon",
            400,
            "parameter-invalid",
        ),
        ("GET", "/v1/configurator/bike%2fresolution", 400, "path-invalid"),
        ("GET", "/v1/configurator/bike;x", 400, "path-invalid"),
    ] {
        let reply = shop.request(method, path).send();
        reply.expect_problem(status, code);
        assert!(!reply.header("server-timing").contains("origin;"), "{path} reached an origin");
        assert_eq!(reply.json()["instance"], path.split('?').next().unwrap());
    }
    let reply = shop.request("DELETE", "/v1/cart").send();
    assert_eq!(reply.header("allow"), "GET, HEAD");
}
