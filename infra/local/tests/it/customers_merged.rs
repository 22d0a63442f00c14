//! Shopify merges two customers: the sessions of both show the points of both.

use infra_local::demo;
use infra_local::wiring::{LOYALTY_QUEUE, PRIVACY_QUEUE};
use serde_json::{Value, json};

use crate::binary::letters;
use crate::client::{deliver, loyalty, session};
use crate::shop::Shop;

const GONE: &str = "1002";
const REMAINING: &str = "1001";

fn merge(shop: &Shop) {
    // The body as Shopify writes it.
    let merge = include_str!("../../fixtures/customers-merge.json");
    assert_eq!(deliver(shop, "customers/merge", merge).status, 200);
    shop.drained(LOYALTY_QUEUE);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
}

fn available(shop: &Shop, customer: &str) -> i64 {
    loyalty(shop, &session(shop, customer))["balance"]["available"].as_i64().unwrap()
}

fn entries(shop: &Shop, customer: &str) -> Vec<Value> {
    let token = session(shop, customer);
    let entries = shop.get("/v1/loyalty/entries").bearer(&token).send().json();
    entries["entries"].as_array().unwrap().clone()
}

#[test]
fn both_customers_see_the_points_of_both_and_no_older_answer() {
    let shop = Shop::open();
    let points = [REMAINING, GONE].map(|customer| available(&shop, customer));
    let listed = [REMAINING, GONE].map(|customer| entries(&shop, customer).len());
    assert!(points.iter().all(|points| *points > 0), "{points:?}");
    let bookmarks = [REMAINING, GONE].map(|customer| {
        let token = session(&shop, customer);
        let before = loyalty(&shop, &token)["bookmark"].as_str().unwrap().to_owned();
        (token, before)
    });
    merge(&shop);
    // An instance may answer from its memory for some seconds, except about what it has not seen.
    assert_eq!(entries(&shop, GONE).len(), listed[0] + listed[1]);
    assert_eq!(entries(&shop, GONE), entries(&shop, REMAINING));
    for (token, before) in bookmarks {
        let listed = shop.get("/v1/loyalty/entries").bearer(&token).send().json();
        let listed = listed["bookmark"].as_str().unwrap();
        let read = shop.get("/v1/loyalty").bearer(&token);
        let read = read.header("forecourt-bookmark", &format!("{before},{listed}")).send().json();
        assert_eq!(read["balance"]["available"], points[0] + points[1]);
        assert_eq!(read["reset"], Value::Null, "a bookmark from before the merge is not ahead");
    }
    assert!(letters(&shop.data()).is_empty());
}

#[test]
fn a_demand_about_the_customer_who_remains_is_about_both() {
    let shop = Shop::open();
    let listed = [REMAINING, GONE].map(|customer| entries(&shop, customer).len());
    merge(&shop);
    let payload = json!({"shop_domain": demo::SHOP, "customer": {"id": 1001},
        "orders_requested": [], "orders_to_redact": []});
    let mut done = Vec::new();
    for topic in ["customers/data_request", "customers/redact"] {
        assert_eq!(deliver(&shop, topic, &payload.to_string()).status, 200);
        shop.drained(PRIVACY_QUEUE);
        let demands = shop.get("/v1/admin/privacy/demands").bearer(demo::STAFF_TOKEN).send();
        done.push(demands.json()["demands"][0].clone());
    }
    let path = format!("/v1/admin/privacy/demands/{}", done[0]["id"].as_str().unwrap());
    let file = shop.get(&path).bearer(demo::STAFF_TOKEN).send().json();
    let exported = file["loyalty_entries"].as_array().unwrap();
    assert_eq!(exported.len(), listed[0] + listed[1]);
    let times: Vec<&str> = exported.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    let owners = file["orders"].as_array().unwrap().iter();
    let owners: Vec<&str> =
        owners.map(|order| order["facts"]["customer"].as_str().unwrap()).collect();
    assert!(owners.contains(&REMAINING) && owners.contains(&GONE), "{owners:?}");
    let orders = owners.len();
    let expected =
        format!("erased {} entries, 0 cart, the customer of {orders} orders", exported.len());
    assert_eq!(done[1]["done"], expected);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
    assert!(entries(&shop, GONE).is_empty());
}
