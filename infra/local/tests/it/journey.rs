//! A shopper's journey over HTTP: browse, configure, add to the cart, read back, order.

use infra_local::demo;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE, PUBLISHED_QUEUE};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, deliver, key, loyalty, new_cart, session, signed};
use crate::shop::{Reply, RequestBuilder, Shop};

fn public_twice(shop: &Shop, path: &str) -> Value {
    let first = shop.get(path).send();
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.header("x-cache"), "Miss from cloudfront");
    assert_eq!(first.header("cache-control"), "public, no-cache");
    assert!(first.header("server-timing").contains("origin;dur="), "{first:?}");
    let again = shop.get(path).send();
    assert_eq!(again.header("x-cache"), "Hit from cloudfront");
    assert_eq!(again.text, first.text);
    let unchanged = shop.get(path).header("if-none-match", first.header("etag")).send();
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    first.json()
}

#[test]
fn a_shopper_browses_and_the_second_look_comes_from_the_edge() {
    let shop = Shop::open();
    let bike = public_twice(&shop, "/v1/configurator/bike");
    assert_eq!(bike["product"], "bike");
    assert_eq!(bike["version"], "1");
    assert_eq!(bike["currency"], "EUR");
    let resolution = public_twice(&shop, "/v1/configurator/bike/resolution?frame=carbon");
    assert_eq!(resolution["selection"], json!({"frame": "carbon"}));
    assert_eq!((&resolution["consistent"], &resolution["complete"]), (&json!(true), &json!(false)));
    let tee = public_twice(&shop, "/v1/configurator/tee/resolution");
    assert_eq!(tee["configurations"], "300");
    assert_eq!(tee["price"], json!({"min": 21_391, "max": 142_864}));
    let program = public_twice(&shop, "/v1/loyalty/program");
    assert_eq!(program["tiers"].as_array().unwrap().len(), 3);
    let document = public_twice(&shop, "/v1/openapi.json");
    assert_eq!(document["openapi"].as_str().unwrap().split_at(3).0, "3.1");
}

#[test]
fn one_selection_in_any_order_is_one_object_at_the_edge() {
    let shop = Shop::open();
    let path = "/v1/configurator/tee/resolution";
    let first = shop.get(&format!("{path}?size=m&colour=black&utm_source=mail")).send();
    let second = shop.get(&format!("{path}?colour=black&size=m")).send();
    assert_eq!(first.header("x-cache"), "Miss from cloudfront");
    assert_eq!(second.header("x-cache"), "Hit from cloudfront");
    assert_eq!(first.text, second.text);
}

#[test]
fn a_cart_shows_a_change_at_once_even_while_the_consumer_is_stopped() {
    let shop = Shop::open();
    shop.pause(CART_QUEUE);
    let (token, bookmark) = new_cart(&shop);
    let new_line = json!({"product": "tee", "quantity": 2,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let added = add(&shop, &token, &bookmark, "add", &new_line);
    assert_eq!(added.status, 202, "{}", added.text);
    let added = added.json();
    assert_eq!(added["version"], "0");
    assert_eq!(added["lines"][0]["quantity"], 2);
    assert_eq!(added["lines"][0]["price"], 46_907);
    assert_eq!(added["subtotal"], 93_814);
    let bookmark = added["bookmark"].as_str().unwrap();
    let cart = shop.cart(&token, bookmark);
    assert_eq!(cart["lines"], added["lines"]);
    assert_eq!(cart["bookmark"], bookmark, "nothing changed: byte for byte");

    shop.resume(CART_QUEUE);
    let line = added["lines"][0]["id"].as_str().unwrap();
    let changed = shop
        .request("PATCH", &format!("/v1/cart/lines/{line}"))
        .header("forecourt-cart", &token)
        .header("forecourt-bookmark", bookmark)
        .header("idempotency-key", &key("set"))
        .json(&json!({"quantity": 5}))
        .send();
    assert_eq!(changed.status, 202, "{}", changed.text);
    let changed = changed.json();
    assert_eq!((&changed["version"], &changed["lines"][0]["quantity"]), (&json!("1"), &json!(5)));
    shop.drained(CART_QUEUE);
    let cart = shop.cart(&token, changed["bookmark"].as_str().unwrap());
    assert_eq!((&cart["version"], &cart["lines"][0]["quantity"]), (&json!("2"), &json!(5)));

    let removed = shop
        .request("DELETE", &format!("/v1/cart/lines/{line}"))
        .header("forecourt-cart", &token)
        .header("forecourt-bookmark", cart["bookmark"].as_str().unwrap())
        .header("idempotency-key", &key("remove"))
        .send();
    assert_eq!((removed.status, removed.json()["lines"].clone()), (202, json!([])));
}

#[test]
fn a_repeated_command_counts_once() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let new_line = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let first = add(&shop, &token, &bookmark, "same", &new_line);
    let again = add(&shop, &token, &bookmark, "same", &new_line);
    assert_eq!((first.status, again.status), (202, 202));
    shop.drained(CART_QUEUE);
    let cart = shop.cart(&token, again.json()["bookmark"].as_str().unwrap());
    assert_eq!(cart["lines"][0]["quantity"], 1);
    assert_eq!(cart["version"], "1");
}

#[test]
fn a_variant_id_above_2_53_is_added_and_shown_to_the_digit() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let variant = "471895063163459219";
    let added =
        add(&shop, &token, &bookmark, "big", &json!({"variant_id": variant, "quantity": 1}));
    assert_eq!(added.status, 202, "{}", added.text);
    assert_eq!(added.json()["lines"][0]["variant_id"], variant);
    assert_eq!(added.json()["lines"][0]["product"], "tee");
}

#[test]
fn a_customer_finds_the_same_cart_on_every_device() {
    let shop = Shop::open();
    let customer = session(&shop, "1002");
    let on = |device: &str| {
        let created = shop.request("POST", "/v1/carts").bearer(&customer).send();
        assert_eq!(created.status, 201, "{device}: {}", created.text);
        created.json()
    };
    let phone = on("phone");
    let token = phone["token"].as_str().unwrap();
    let new_line = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let bookmark = phone["cart"]["bookmark"].as_str().unwrap();
    assert_eq!(add(&shop, token, bookmark, "phone", &new_line).status, 202);
    shop.drained(CART_QUEUE);
    let laptop = on("laptop");
    assert_eq!(laptop["cart"]["id"], phone["cart"]["id"]);
}

#[test]
fn an_order_delivered_three_times_earns_its_points_once() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    let before = loyalty(&shop, &token);
    let order = demo::orders_paid(None, Clock::system().now());
    for _ in 0..3 {
        let delivered = deliver(&shop, "orders/paid", &order);
        assert_eq!(delivered.status, 200, "{}", delivered.text);
    }
    shop.drained(LOYALTY_QUEUE);
    let entries = shop.get("/v1/loyalty/entries?limit=1").bearer(&token).send();
    assert_eq!(entries.status, 200, "{}", entries.text);
    let entries = entries.json();
    assert_eq!(
        entries["entries"][0]["cause"],
        json!({"type": "order", "id": "820982911946154508"})
    );
    let earned = entries["entries"][0]["points"].as_i64().unwrap();
    assert_eq!(earned, 2_013);
    let bookmark = entries["bookmark"].as_str().unwrap();
    let reply = shop.get("/v1/loyalty").bearer(&token).header("forecourt-bookmark", bookmark);
    let after = reply.send().json();
    let points = |body: &Value| body["balance"]["pending"].as_i64().unwrap();
    assert_eq!(points(&after) - points(&before), earned);
    let version = |body: &Value| body["version"].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(version(&after) - version(&before), 1);
}

#[test]
fn a_refund_reverses_its_points_and_a_cancellation_the_rest() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    let before = loyalty(&shop, &token);
    let now = Clock::system().now();
    // The refund is delivered before the order.
    let webhooks = [
        ("refunds/create", demo::refunds_create(now.plus_ms(60_000))),
        ("orders/paid", demo::orders_paid(None, now)),
        ("refunds/create", demo::refunds_create(now.plus_ms(60_000))),
        ("orders/cancelled", demo::orders_cancelled(now.plus_ms(120_000))),
        ("orders/cancelled", demo::orders_cancelled(now.plus_ms(120_000))),
    ];
    for (topic, payload) in &webhooks {
        let delivered = deliver(&shop, topic, payload);
        assert_eq!(delivered.status, 200, "{}", delivered.text);
        shop.drained(LOYALTY_QUEUE);
    }
    let entries = shop.get("/v1/loyalty/entries?limit=3").bearer(&token).send().json();
    let actual: Vec<Value> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["kind"], entry["points"], entry["cause"]["type"]]))
        .collect();
    let expected = [
        json!(["reverse", -1_591, "cancellation"]),
        json!(["reverse", -422, "refund"]),
        json!(["earn", 2_013, "order"]),
    ];
    assert_eq!(actual, expected);
    let bookmark = entries["bookmark"].as_str().unwrap();
    let reply = shop.get("/v1/loyalty").bearer(&token).header("forecourt-bookmark", bookmark);
    let after = reply.send().json();
    assert_eq!(after["balance"], before["balance"]);
}

#[test]
fn personal_answers_are_cached_per_customer() {
    let shop = Shop::open();
    let (ada, ben) = (session(&shop, "1001"), session(&shop, "1002"));
    let first = shop.get("/v1/loyalty").bearer(&ada).send();
    let again = shop.get("/v1/loyalty").bearer(&ada).send();
    assert_eq!(first.header("cache-control"), "private, no-store");
    assert_eq!(again.header("x-cache"), "Hit from cloudfront");
    assert_eq!(again.json()["customer_id"], "1001");
    let other = shop.get("/v1/loyalty").bearer(&ben).send();
    assert_eq!(other.header("x-cache"), "Miss from cloudfront");
    assert_eq!(other.json()["customer_id"], "1002");
    let tag = first.header("etag");
    let stolen = shop.get("/v1/loyalty").bearer(&ben).header("if-none-match", tag).send();
    assert_eq!(stolen.status, 200, "another customer's tag is never a match");
    shop.get("/v1/loyalty").send().expect_problem(401, "token-missing");
}

#[test]
fn the_ledger_pages_newest_first_to_its_end() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    let mut times = Vec::new();
    let mut path = "/v1/loyalty/entries?limit=2".to_owned();
    loop {
        let page = shop.get(&path).bearer(&token).send().json();
        let entries = page["entries"].as_array().unwrap().clone();
        times.extend(entries.iter().map(|entry| entry["at"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/loyalty/entries?cursor={next}&limit=2");
    }
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
}

#[test]
fn the_same_routes_answer_through_shopifys_app_proxy() {
    let shop = Shop::open();
    let now = Clock::system().now().unix_s();
    let proxied = |path: &str, customer| {
        let url = signed(path, customer, now);
        shop.get(url.strip_prefix(demo::URL).unwrap()).send()
    };
    let mine = proxied("/proxy/v1/loyalty", Some("1001"));
    assert_eq!((mine.status, mine.json()["customer_id"].clone()), (200, json!("1001")));
    proxied("/proxy/v1/loyalty", None).expect_problem(401, "token-missing");
    let (token, _) = new_cart(&shop);
    let cart = proxied(&format!("/proxy/v1/cart?cart={token}"), None);
    assert_eq!((cart.status, cart.json()["version"].clone()), (200, json!("0")));
}

#[test]
fn a_merchant_publishes_and_the_price_list_is_guarded_by_if_match() {
    let shop = Shop::open();
    let put = |condition: &str, document: &str| -> Reply {
        shop.request("PUT", "/v1/admin/configurators/tee")
            .bearer(demo::STAFF_TOKEN)
            .header("content-type", "application/json")
            .header("if-match", condition)
            .body(document)
            .send()
    };
    let (_, tee) = demo::PRODUCTS[1];
    let published = put("\"1\"", tee);
    assert_eq!(published.status, 200, "{}", published.text);
    assert_eq!(published.json(), json!({"product": "tee", "version": "2", "warnings": []}));
    put("\"1\"", &tee.replace("\"Tee\"", "\"T-Shirt\"")).expect_problem(412, "version-mismatch");
    let current = shop.get("/v1/admin/configurators/tee").bearer(demo::STAFF_TOKEN).send();
    assert_eq!((current.header("etag"), current.text.as_str()), ("\"2\"", tee));
}

#[test]
fn a_new_price_reaches_shoppers_once_the_publication_is_consumed() {
    let shop = Shop::open();
    let path = "/v1/configurator/tee";
    assert_eq!(shop.get(path).send().json()["base_price"], 1_990);
    let (_, tee) = demo::PRODUCTS[1];
    let more_expensive = tee.replacen("\"base_price\":1990", "\"base_price\":2990", 1);
    let published = shop
        .request("PUT", "/v1/admin/configurators/tee")
        .bearer(demo::STAFF_TOKEN)
        .header("content-type", "application/json")
        .body(more_expensive)
        .send();
    assert_eq!(published.status, 200, "{}", published.text);
    shop.drained(PUBLISHED_QUEUE);
    let reply = shop.get(path).send();
    assert_eq!(reply.header("x-cache"), "Miss from cloudfront");
    assert_eq!(reply.json()["base_price"], 2_990);
}

#[test]
fn readiness_reports_when_the_shop_can_sell() {
    let shop = Shop::open();
    assert_eq!(shop.get("/health").send().json(), json!({"status": "ok"}));
    assert_eq!(shop.get("/health/ready").send().json(), json!({"status": "ready"}));
}

#[test]
fn a_browser_on_the_storefront_may_call_and_read_every_answer() {
    let shop = Shop::open();
    let origin = "https://demo.example";
    for reply in [
        shop.get("/v1/configurator/bike").header("origin", origin).send(),
        shop.get("/v1/configurator/none").header("origin", origin).send(),
        shop.get("/v1/cart").header("origin", origin).send(),
        RequestBuilder::header(shop.request("POST", "/v1/carts"), "origin", origin).send(),
    ] {
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{reply:?}");
    }
    let preflight = shop
        .request("OPTIONS", "/v1/cart/lines")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "idempotency-key")
        .send();
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-max-age"), "7200");
}
