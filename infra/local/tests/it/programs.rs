//! A merchant changes the loyalty program: publish, dry run on past orders, roll back. Past orders
//! stay unchanged.

use domain_core::time::{HOUR_MS, Time};
use infra_local::demo;
use infra_local::wiring::{LOYALTY_QUEUE, PUBLISHED_QUEUE};
use serde_json::{Value, json};

use crate::binary::{letters, run_ok};
use crate::client::{deliver, session};
use crate::shop::{Reply, Shop};

const PROGRAM: &str = "/v1/admin/loyalty/program";
const SPEND_TIERS: &str = include_str!("../../demo/program-spend-tiers.json");

fn put(shop: &Shop, path: &str, condition: &str, document: &str) -> Reply {
    shop.request("PUT", path)
        .bearer(demo::STAFF_TOKEN)
        .header("content-type", "application/json")
        .header("if-match", condition)
        .body(document)
        .send()
}

fn get(shop: &Shop, path: &str) -> Reply {
    shop.get(path).bearer(demo::STAFF_TOKEN).send()
}

fn activate(shop: &Shop, version: &str, condition: &str) -> Reply {
    shop.request("POST", &format!("{PROGRAM}/versions/{version}/activate"))
        .bearer(demo::STAFF_TOKEN)
        .header("if-match", condition)
        .send()
}

fn time(body: &Value) -> Time {
    Time::from_rfc3339(body["active_from"].as_str().unwrap()).unwrap()
}

/// Double points for all customers.
fn generous() -> String {
    demo::PROGRAM.replace("\"points\": \"line.amount\"", "\"points\": \"line.amount * 2\"")
}

/// Pays an order of customer 1004 at `at`.
fn pay(shop: &Shop, order: u64, at: Time, euros: u32) {
    let payload = json!({
        "id": order, "currency": "EUR", "processed_at": at.to_rfc3339(),
        "customer": {"id": 1004},
        "line_items": [{"id": order + 1, "quantity": 1, "price": euros.to_string()}],
    });
    let delivered = deliver(shop, "orders/paid", &payload.to_string());
    assert_eq!(delivered.status, 200, "{}", delivered.text);
    shop.drained(LOYALTY_QUEUE);
}

/// Pays an order of 10.00 and returns its points.
fn earned(shop: &Shop, order: u64, at: Time) -> i64 {
    pay(shop, order, at, 10);
    points_of(shop, order)
}

fn points_of(shop: &Shop, order: u64) -> i64 {
    let token = session(shop, "1004");
    // A unique page size: the edge caches each page for some seconds.
    let page = format!("/v1/loyalty/entries?limit={}", order % 100 + 20);
    let entries = shop.get(&page).bearer(&token).send().json();
    let entries = entries["entries"].as_array().unwrap().clone();
    let mine = json!({"type": "order", "id": order.to_string()});
    let entry = entries.iter().find(|entry| entry["cause"] == mine);
    entry.unwrap()["points"].as_i64().unwrap()
}

#[test]
fn a_new_program_applies_only_to_orders_placed_from_its_activation_on() {
    let shop = Shop::open();
    let published = put(&shop, PROGRAM, "\"1\"", &generous());
    assert_eq!(published.status, 200, "{}", published.text);
    assert_eq!((published.header("etag"), &published.json()["version"]), ("\"2\"", &json!("2")));
    let begins = time(&published.json());
    assert_eq!(earned(&shop, 7001, begins.minus_ms(1)), 10);
    assert_eq!(earned(&shop, 7003, begins), 20);

    let back = activate(&shop, "1", "\"2\"");
    assert_eq!((back.status, &back.json()["version"]), (200, &json!("1")), "{}", back.text);
    let ends = time(&back.json());
    assert!(ends > begins);
    assert_eq!(earned(&shop, 7005, ends.minus_ms(1)), 20, "the program of its time");
    assert_eq!(earned(&shop, 7007, ends), 10);
}

#[test]
fn an_order_that_failed_under_a_wrong_program_counts_once_fixed_and_redriven() {
    let shop = Shop::open();
    let data = shop.data();
    let lavish = demo::PROGRAM.replace("line.amount\"", "line.amount * 1000000\"");
    let invalid = put(&shop, PROGRAM, "\"1\"", &lavish);
    assert_eq!(invalid.status, 200, "{}", invalid.text);
    let placed = time(&invalid.json()).plus_ms(HOUR_MS);
    pay(&shop, 7011, placed, 100_000_000);
    pay(&shop, 7011, placed, 100_000_000);
    let reasons =
        || -> Vec<Value> { letters(&data).iter().map(|letter| letter["reason"].clone()).collect() };
    let reason = "the order would earn more than 1000000000000 points";
    assert_eq!(reasons(), [reason, reason]);
    assert_eq!(run_ok(&data, &["dead-letters", "redrive"]), "2 redriven, 0 reissued\n");
    shop.drained(LOYALTY_QUEUE);
    assert_eq!(reasons(), [reason, reason], "nothing is fixed yet");

    let right = put(&shop, PROGRAM, "\"2\"", demo::PROGRAM);
    assert!(time(&right.json()) < placed, "{}", right.text);
    assert_eq!(run_ok(&data, &["dead-letters", "redrive"]), "2 redriven, 0 reissued\n");
    shop.drained(LOYALTY_QUEUE);
    assert_eq!(reasons(), Vec::<Value>::new());
    assert_eq!(points_of(&shop, 7011), 100_000_000, "the other delivery is the same order");
}

#[test]
fn versions_are_listed_and_a_stale_if_match_is_rejected() {
    let shop = Shop::open();
    let current = get(&shop, PROGRAM);
    assert_eq!((current.header("etag"), current.text.as_str()), ("\"1\"", demo::PROGRAM));
    put(&shop, PROGRAM, "\"1\"", SPEND_TIERS);
    put(&shop, PROGRAM, "\"1\"", &generous()).expect_problem(412, "version-mismatch");
    assert_eq!(put(&shop, PROGRAM, "\"1\"", SPEND_TIERS).json()["version"], "2", "a retry");
    activate(&shop, "1", "\"1\"").expect_problem(412, "version-mismatch");
    activate(&shop, "9", "\"2\"").expect_problem(404, "version-unknown");
    activate(&shop, "first", "\"2\"").expect_problem(404, "version-unknown");
    assert_eq!(get(&shop, PROGRAM).text, SPEND_TIERS);
    assert_eq!(activate(&shop, "1", "\"2\"").status, 200);
    let versions = get(&shop, &format!("{PROGRAM}/versions")).json();
    let listed: Vec<(&str, bool)> = versions["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["version"].as_str().unwrap(), one["active"].as_bool().unwrap()))
        .collect();
    // The two newest begin in a few seconds.
    assert_eq!(listed, [("1", false), ("2", false), ("1", true)]);
    assert_eq!(versions["next"], Value::Null);
    let older = get(&shop, &format!("{PROGRAM}/versions?cursor=2")).json();
    assert_eq!(older["versions"].as_array().unwrap().len(), 1);
    get(&shop, &format!("{PROGRAM}/versions?cursor=x")).expect_problem(400, "parameter-invalid");
}

#[test]
fn every_mistake_has_its_field_and_nothing_changes() {
    let shop = Shop::open();
    let invalid = json!({
        "title": "Riders", "currency": "CHF", "pending_days": 0, "window_days": 365,
        "earning": {"description": "D", "rules": [
            {"id": "a", "title": "A", "each": "line", "points": "line.prize * 1.5"},
            {"id": "a", "title": "B", "each": "order", "points": "order.lines.size()", "if": "7"}]},
        "tiers": [{"id": "all", "title": "All", "threshold": 1}], "rewards": [],
    });
    let rejected = put(&shop, PROGRAM, "\"1\"", &invalid.to_string());
    let fields = |reply: &Reply| -> Vec<String> {
        let errors = reply.json()["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        fields(&rejected),
        [
            "/earning/rules/0/points",
            "/earning/rules/0/points",
            "/earning/rules/1/if",
            "/tiers/0/threshold"
        ]
    );
    rejected.expect_problem(422, "program-invalid");
    let foreign = put(&shop, PROGRAM, "\"1\"", &demo::PROGRAM.replace("EUR", "CHF"));
    assert_eq!(fields(&foreign), ["/currency"]);
    put(&shop, PROGRAM, "one", demo::PROGRAM).expect_problem(400, "malformed");
    put(&shop, PROGRAM, "\"1\"", "{").expect_problem(422, "program-invalid");
    put(&shop, PROGRAM, "\"1\"", &" ".repeat(300_000)).expect_problem(413, "body-too-large");
    let plain = shop.request("PUT", PROGRAM).bearer(demo::STAFF_TOKEN).body(demo::PROGRAM).send();
    plain.expect_problem(415, "content-type-unsupported");
    assert_eq!(get(&shop, PROGRAM).header("etag"), "\"1\"");
}

#[test]
fn the_program_routes_need_a_staff_token() {
    let shop = Shop::open();
    let customer = session(&shop, "1001");
    for (method, path) in [
        ("GET", PROGRAM.to_owned()),
        ("PUT", PROGRAM.to_owned()),
        ("PUT", format!("{PROGRAM}?dry_run=true")),
        ("GET", format!("{PROGRAM}/versions")),
        ("POST", format!("{PROGRAM}/versions/1/activate")),
    ] {
        let request = || {
            let request = shop.request(method, &path).header("content-type", "application/json");
            if method == "PUT" { request.body(demo::PROGRAM) } else { request }
        };
        request().send().expect_problem(401, "token-missing");
        request().bearer(&customer).send().expect_problem(403, "not-staff");
        request()
            .bearer("dev-staff-token-0000000000000001")
            .send()
            .expect_problem(401, "token-invalid");
    }
    assert_eq!(get(&shop, PROGRAM).header("etag"), "\"1\"");
}

#[test]
fn a_dry_run_reports_the_difference_for_each_customer_and_changes_nothing() {
    let shop = Shop::open();
    let mut customers: Vec<Value> = Vec::new();
    let mut path = format!("{PROGRAM}?dry_run=true");
    for _ in 0..20 {
        let page = put(&shop, &path, "\"1\"", &generous());
        assert_eq!(page.status, 200, "{}", page.text);
        let page = page.json();
        customers.extend(page["customers"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{PROGRAM}?dry_run=true&cursor={next}");
    }
    let of = |customer: &str, key: &str| -> i64 {
        let mine = customers.iter().filter(|one| one["customer_id"] == customer);
        mine.map(|one| one[key].as_i64().unwrap()).sum()
    };
    // 1004 has one order of 469.07, two days old.
    assert_eq!(of("1004", "orders"), 1);
    assert_eq!(
        (of("1004", "points"), of("1004", "instead"), of("1004", "difference")),
        (469, 938, 469)
    );
    // 1006 bought gift cards, which earn nothing, and a bell for 14.95.
    assert_eq!((of("1006", "orders"), of("1006", "points"), of("1006", "instead")), (2, 14, 29));
    assert_eq!(customers.iter().map(|one| one["failures"].as_i64().unwrap()).sum::<i64>(), 0);
    assert_eq!(get(&shop, PROGRAM).header("etag"), "\"1\"", "nothing was published");
    for query in ["dry_run=1", "cursor=1-2", "dry_run=true&cursor=x"] {
        put(&shop, &format!("{PROGRAM}?{query}"), "\"1\"", demo::PROGRAM)
            .expect_problem(400, "parameter-invalid");
    }
}

#[test]
fn customers_read_the_new_program_once_it_applies() {
    let shop = Shop::open();
    let path = "/v1/loyalty/program";
    let before = shop.get(path).send().json();
    assert_eq!((&before["title"], &before["version"]), (&json!("Forecourt Riders"), &json!("1")));
    assert_eq!((&before["tiers_by"], &before["hold_minutes"]), (&json!("points"), &json!(30)));
    assert_eq!(before["rewards"][0]["kind"], "free_shipping");
    assert_eq!(put(&shop, PROGRAM, "\"1\"", SPEND_TIERS).status, 200);
    // Its consumer waits until the version applies and no instance has the previous one.
    shop.drained(PUBLISHED_QUEUE);
    let after = shop.get(path).send();
    assert_eq!(after.header("x-cache"), "Miss from cloudfront");
    let after = after.json();
    assert_eq!((&after["title"], &after["version"]), (&json!("Forecourt Club"), &json!("2")));
    assert_eq!((&after["tiers_by"], &after["hold_minutes"]), (&json!("spend"), &json!(60)));
    assert_eq!(after["rules"][3]["title"], "200 points in the month of your birthday");
    let reward = &after["rewards"][0];
    assert_eq!((&reward["kind"], &reward["amount"]), (&json!("amount_off"), &json!(1_000)));
}
