//! What staff see of a customer, and of messages that could not be processed.

use infra_local::demo;
use infra_local::local::Options;
use infra_local::wiring::LOYALTY_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, deliver, key, own_cart, session};
use crate::shop::{Reply, Shop};

fn get(shop: &Shop, path: &str) -> Reply {
    shop.get(path).bearer(demo::STAFF_TOKEN).send()
}

fn post(shop: &Shop, path: &str, body: &Value) -> Reply {
    shop.request("POST", path).bearer(demo::STAFF_TOKEN).json(body).send()
}

fn find(shop: &Shop, body: &Value) -> Reply {
    post(shop, "/v1/admin/customers/find", body)
}

/// Acts and subjects of the audit log, newest first.
fn log(shop: &Shop) -> Vec<(String, String)> {
    let log = get(shop, "/v1/admin/audit").json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |entry: &Value| (text(&entry["act"]), text(&entry["subject"]));
    log["entries"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn staff_see_a_customers_points_redemptions_and_cart_and_each_look_is_in_the_audit_log() {
    let shop = Shop::open();
    let customer = session(&shop, "1001");
    let (cart, bookmark) = own_cart(&shop, &customer);
    let line = json!({"product": "tee", "quantity": 2,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    assert_eq!(add(&shop, &cart, &bookmark, "line", &line).status, 202);
    let redeem = shop.request("POST", "/v1/loyalty/redemptions").bearer(&customer);
    let redeem = redeem.header("idempotency-key", &key("redeem"));
    let redeemed = redeem.json(&json!({"reward": "free-shipping", "points": 100})).send();
    assert_eq!(redeemed.status, 202, "{}", redeemed.text);
    for queue in ["cart", "loyalty", "redemption"] {
        shop.drained(queue);
    }
    assert_eq!(find(&shop, &json!({"id": "1001"})).json(), json!({"customer_id": "1001"}));
    let own = shop.get("/v1/loyalty").bearer(&customer).send().json();
    let shown = get(&shop, "/v1/admin/customers/1001?limit=2").json();
    for member in ["tier", "next_tier", "expiring"] {
        assert_eq!(shown["standing"][member], own[member], "{member}");
    }
    let [redemption] = shown["redemptions"].as_array().unwrap().as_slice() else {
        panic!("{shown}")
    };
    assert_eq!(redemption["id"], redeemed.json()["id"]);
    assert_eq!(
        (&redemption["reward"], &redemption["points"]),
        (&json!("free-shipping"), &json!(100))
    );
    assert_eq!(redemption["code"], Value::Null, "a code is worth money");
    assert_eq!(shown["entries"].as_array().unwrap().len(), 2);
    let next = shown["next"].as_str().unwrap();
    let older = get(&shop, &format!("/v1/admin/customers/1001?limit=2&cursor={next}")).json();
    assert_ne!(older["entries"][0], shown["entries"][0]);
    let cart = get(&shop, &format!("/v1/admin/carts/{}", shown["cart_id"].as_str().unwrap()));
    let cart = cart.json();
    assert_eq!(
        (&cart["lines"][0]["quantity"], &cart["lines"][0]["product"]),
        (&json!(2), &json!("tee"))
    );
    let expected = ["cart/customer-1001", "customer/1001", "customer/1001", "customer/1001"];
    let lines = log(&shop);
    let subjects: Vec<&str> = lines.iter().map(|(_, subject)| subject.as_str()).collect();
    assert_eq!(subjects, expected);
    assert!(lines.iter().all(|(act, _)| act == "view_customers"), "{lines:?}");
}

#[test]
fn a_customer_who_can_not_be_looked_up_is_refused_with_a_reason() {
    let shop = Shop::open();
    for (body, status, code, field) in [
        (json!({"id": "999999"}), 404, "customer-unknown", None),
        (json!({"id": "ada"}), 400, "malformed", Some("/id")),
        (json!({"email": "ada@example.com"}), 422, "look-up-unavailable", Some("/email")),
        (json!({"email": "ada"}), 400, "malformed", Some("/email")),
        (json!({"code": "ABCDEFGHJKLMNPQR"}), 422, "look-up-unavailable", Some("/code")),
        (json!({"id": "1001", "email": "ada@example.com"}), 400, "malformed", Some("")),
        (json!({}), 400, "malformed", Some("")),
    ] {
        let fields = find(&shop, &body).expect_problem(status, code);
        assert_eq!(fields.first().map(String::as_str), field, "{body}");
    }
    get(&shop, "/v1/admin/customers/ada").expect_problem(400, "malformed");
    assert_eq!(get(&shop, "/v1/admin/customers/999999").json()["entries"], json!([]));
}

#[test]
fn a_customer_is_found_by_the_e_mail_address_that_shopify_has_and_no_log_has_it() {
    let any = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open_with(folder, |options| Options { shopify: Some(any), ..options });
    let email = json!({"email": "Customer-1003@example.com"});
    // The app is not installed yet.
    find(&shop, &email).expect_problem(422, "shopify-access-denied");
    install(&shop);
    assert_eq!(find(&shop, &email).json(), json!({"customer_id": "1003"}));
    let unknown = find(&shop, &json!({"email": "none@example.com"}));
    assert!(unknown.text.contains("no customer with this e-mail address"), "{}", unknown.text);
    unknown.expect_problem(404, "customer-unknown");
    assert_eq!(log(&shop)[0], ("view_customers".to_owned(), "customer/1003".to_owned()));
    let audit = get(&shop, "/v1/admin/audit").text;
    assert!(!audit.contains("example.com"), "{audit}");
}

/// As a person who opens the admin does.
fn install(shop: &Shop) {
    let (shopify, _) = shop.local().shopify().unwrap();
    let id_token = shopify.oauth().id_token(demo::SHOP, 1, Clock::system().now().unix_s());
    let installed = shop.request("POST", "/v1/admin/installation").bearer(&id_token);
    assert_eq!(installed.json(&json!({"id_token": id_token})).send().status, 200);
}

#[test]
fn a_dead_letter_is_listed_without_its_payload_and_delivered_again() {
    let shop = Shop::open();
    assert_eq!(
        deliver(&shop, "orders/paid", r#"{"id":null,"email":"ada@example.com"}"#).status,
        200
    );
    shop.drained(LOYALTY_QUEUE);
    let listed = get(&shop, "/v1/admin/dead-letters");
    let queues = listed.json()["queues"].as_array().unwrap().clone();
    let loyalty = queues.iter().find(|queue| queue["queue"] == LOYALTY_QUEUE).unwrap();
    assert_eq!(
        (&loyalty["count"], &loyalty["oldest"][0]["event"]),
        (&json!(1), &json!("shopifyWebhook"))
    );
    assert!(loyalty["oldest"][0]["reason"].as_str().unwrap().contains("id"), "{loyalty}");
    assert!(!listed.text.contains("ada@example.com"));
    assert_eq!(queues.iter().filter(|queue| queue["count"] != 0).count(), 1);
    let redrive =
        |queue: &str| post(&shop, "/v1/admin/dead-letters/redrive", &json!({"queue": queue}));
    assert_eq!(redrive("other").expect_problem(400, "malformed"), ["/queue"]);
    assert_eq!(redrive(LOYALTY_QUEUE).json(), json!({"queue": "loyalty", "redriven": 1}));
    shop.drained(LOYALTY_QUEUE);
    assert_eq!(shop.dead_letters(LOYALTY_QUEUE), 1, "its reason was not fixed");
    assert_eq!(log(&shop), [("redrive".to_owned(), "dead-letters/loyalty".to_owned())]);
}

#[test]
fn products_are_listed_with_the_version_that_is_served() {
    let shop = Shop::open();
    let listed = get(&shop, "/v1/admin/products").json();
    let ids: Vec<&str> = listed["products"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["product"].as_str().unwrap())
        .collect();
    assert_eq!((ids, &listed["next"]), (vec!["tee", "guitar", "bike"], &Value::Null));
    let after = get(&shop, "/v1/admin/products?cursor=guitar").json();
    assert_eq!(after["products"][0]["product"], "bike");
    get(&shop, "/v1/admin/products?cursor=%2F").expect_problem(400, "parameter-invalid");
    let report = get(&shop, "/v1/admin/configurators/bike/report").json();
    assert_eq!((&report["product"], &report["version"]), (&json!("bike"), &json!("1")));
    get(&shop, "/v1/admin/configurators/skis/report").expect_problem(404, "product-unknown");
}

#[test]
fn health_names_the_program_and_the_newest_orders() {
    let shop = Shop::open();
    let health = get(&shop, "/v1/admin/health").json();
    assert_eq!(health["installation"]["state"], "not_installed");
    assert_eq!(health["program"], json!({"title": "Forecourt Riders", "version": "1"}));
    let orders = &health["orders"];
    assert_eq!(
        (&orders["without_customer"], &orders["customers_withheld"]),
        (&json!(0), &json!(false))
    );
    assert!(
        orders["examined"].as_u64().unwrap() > 0 && orders["newest_at"].is_string(),
        "{orders}"
    );
}
