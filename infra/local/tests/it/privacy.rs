//! Shopify's mandatory demands: to export the stored data of a customer, and to erase it.

use domain_core::time::{HOUR_MS, Time};
use infra_local::demo;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE, PRIVACY_QUEUE, REDEMPTION_QUEUE};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::binary::{letters, run_ok};
use crate::carts::{command, quantities, stored};
use crate::client::{add, deliver, redeem, session, voucher};
use crate::shop::Shop;

/// Delivers a demand about a customer and waits until it is done.
fn demand(shop: &Shop, topic: &str, customer: u64) {
    let payload = json!({"shop_id": 954_889, "shop_domain": demo::SHOP,
        "orders_requested": [], "orders_to_redact": [450_789_469],
        "customer": {"id": customer, "email": "ada@example.com", "phone": "555-625-1199"},
        "data_request": {"id": 9_999}});
    assert_eq!(deliver(shop, topic, &payload.to_string()).status, 200);
    shop.drained(PRIVACY_QUEUE);
}

fn demands(shop: &Shop) -> Vec<Value> {
    let listed = shop.get("/v1/admin/privacy/demands").bearer(demo::STAFF_TOKEN).send();
    assert_eq!(listed.status, 200, "{}", listed.text);
    listed.json()["demands"].as_array().unwrap().clone()
}

/// How many entries a ledger has, and its balance.
fn standing(shop: &Shop, token: &str) -> (usize, Value) {
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
    let entries = shop.get("/v1/loyalty/entries").bearer(token).send().json();
    let bookmark = entries["bookmark"].as_str().unwrap();
    let account = shop.get("/v1/loyalty").bearer(token).header("forecourt-bookmark", bookmark);
    (entries["entries"].as_array().unwrap().len(), account.send().json()["balance"].clone())
}

fn an_hour_ago() -> Time {
    Clock::system().now().minus_ms(HOUR_MS)
}

#[test]
fn a_data_request_exports_the_customers_data_for_the_merchant() {
    let shop = Shop::open();
    let order = demo::orders_paid(None, an_hour_ago());
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    shop.drained(LOYALTY_QUEUE);
    let customer = session(&shop, "1001");
    let created = shop.request("POST", "/v1/carts").bearer(&customer).send().json();
    let token = created["token"].as_str().unwrap();
    let new_line = json!({"product": "tee", "quantity": 2, "properties": {"engraving": "For Ada"},
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    assert_eq!(add(&shop, token, "", "engraved", &new_line).status, 202);
    shop.drained(CART_QUEUE);

    demand(&shop, "customers/data_request", 1001);
    let [record] = demands(&shop).try_into().unwrap();
    assert_eq!((&record["kind"], &record["customer_id"]), (&json!("export"), &json!("1001")));
    let path = format!("/v1/admin/privacy/demands/{}", record["id"].as_str().unwrap());
    let file = shop.get(&path).bearer(demo::STAFF_TOKEN).send();
    assert!(file.header("content-disposition").starts_with("attachment; filename="));
    let file = file.json();
    assert_eq!(file["customer_id"], "1001");
    assert_eq!(file["loyalty_entries"].as_array().unwrap().len(), 6);
    let orders = file["orders"].as_array().unwrap();
    assert!(orders.iter().any(|order| order["id"] == "820982911946154508"), "{orders:?}");
    assert_eq!(file["cart"]["lines"][0]["properties"], json!({"engraving": "For Ada"}));

    shop.get(&path).send().expect_problem(401, "token-missing");
    let none = shop.get("/v1/admin/privacy/demands/none").bearer(demo::STAFF_TOKEN).send();
    none.expect_problem(404, "demand-unknown");
}

#[test]
fn an_erased_customer_has_no_points_and_no_replay_restores_them() {
    let shop = Shop::open();
    let order = demo::orders_paid(None, an_hour_ago());
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    shop.drained(LOYALTY_QUEUE);
    let token = session(&shop, "1001");
    assert_eq!(standing(&shop, &token).0, 6);
    demand(&shop, "customers/redact", 1001);
    let [record] = demands(&shop).try_into().unwrap();
    assert_eq!(record["done"], "erased 6 entries, 0 cart, the customer of 6 orders");
    let nothing = json!({"available": 0, "pending": 0, "held": 0});
    assert_eq!(standing(&shop, &token), (0, nothing.clone()));
    let replayed = run_ok(&shop.data(), &["replay", "--rule", "loyalty", "--name", "again"]);
    assert_eq!(replayed, "again: 1 to be delivered now\n");
    shop.drained(LOYALTY_QUEUE);
    assert_eq!(standing(&shop, &token), (0, nothing));
    assert!(letters(&shop.data()).is_empty());
    assert_eq!(standing(&shop, &session(&shop, "1002")).0, 3, "other customers are unchanged");
}

#[test]
fn an_erased_redemption_is_unknown_and_its_retry_is_rejected() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    shop.pause(LOYALTY_QUEUE);
    let sent = redeem(&shop, &token, "", "one", &voucher()).json();
    assert_eq!(sent["status"], "pending");
    demand(&shop, "customers/redact", 1001);
    shop.resume(LOYALTY_QUEUE);
    shop.drained(LOYALTY_QUEUE);
    let path = format!("/v1/loyalty/redemptions/{}", sent["id"].as_str().unwrap());
    let entries = shop.get("/v1/loyalty/entries").bearer(&token).send().json();
    let [before, after] = [&sent, &entries].map(|body| body["bookmark"].as_str().unwrap());
    for bookmark in ["", before, after] {
        let read = shop.get(&path).bearer(&token).header("forecourt-bookmark", bookmark).send();
        read.expect_problem(404, "redemption-unknown");
    }
    // Only this bookmark is of after the erasure: others may be answered from memory for seconds.
    let again = redeem(&shop, &token, after, "one", &voucher());
    assert_eq!((again.status, &again.json()["status"]), (202, &json!("rejected")));
}

#[test]
fn an_erased_customers_cart_is_empty_and_takes_new_lines_only() {
    let shop = Shop::open();
    let cart = "customer-1001";
    command(&shop, cart, "1", HOUR_MS);
    assert_eq!(quantities(&shop, cart).len(), 1);
    demand(&shop, "customers/redact", 1001);
    assert_eq!(quantities(&shop, cart), []);
    let version = stored(&shop, cart).unwrap().version;
    command(&shop, cart, "1", HOUR_MS);
    command(&shop, cart, "2", 2 * HOUR_MS);
    assert_eq!(quantities(&shop, cart), [], "older commands stay out");
    assert!(letters(&shop.data()).is_empty());
    let customer = session(&shop, "1001");
    let created = shop.request("POST", "/v1/carts").bearer(&customer).send().json();
    let new_line = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let token = created["token"].as_str().unwrap();
    assert_eq!(add(&shop, token, "", "new", &new_line).status, 202);
    shop.drained(CART_QUEUE);
    assert_eq!(quantities(&shop, cart).len(), 1);
    assert_eq!(stored(&shop, cart).unwrap().version, version + 1);
}

#[test]
fn a_demand_of_another_shop_is_dead_lettered_even_if_its_header_names_ours() {
    let shop = Shop::open();
    let payload = json!({"shop_domain": "other.myshopify.com", "customer": {"id": 1001}});
    assert_eq!(deliver(&shop, "customers/redact", &payload.to_string()).status, 200);
    shop.drained(PRIVACY_QUEUE);
    let [letter] = letters(&shop.data()).try_into().unwrap();
    assert_eq!(letter["reason"], "payload \"/shop_domain\" is not this shop");
    assert!(demands(&shop).is_empty());
}

#[test]
fn shop_redact_erases_all_customers() {
    let shop = Shop::open();
    let created = shop.request("POST", "/v1/carts").send().json();
    let (token, cart) = (&created["token"], created["cart"]["id"].as_str().unwrap());
    let new_line = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    assert_eq!(add(&shop, token.as_str().unwrap(), "", "bought", &new_line).status, 202);
    shop.drained(CART_QUEUE);
    assert!(stored(&shop, cart).is_some());
    assert_eq!(deliver(&shop, "app/uninstalled", r#"{"id":1,"domain":null}"#).status, 200);
    let gone = json!({"shop_id": 1, "shop_domain": demo::SHOP}).to_string();
    assert_eq!(deliver(&shop, "shop/redact", &gone).status, 200);
    shop.drained(PRIVACY_QUEUE);
    assert_eq!(stored(&shop, cart), None);
    let kinds: Vec<_> = demands(&shop).into_iter().map(|demand| demand["kind"].clone()).collect();
    assert!(kinds.contains(&json!("erase_shop")) && kinds.contains(&json!("uninstalled")));
    assert_eq!(shop.get("/v1/configurator/tee").send().status, 200, "products are not personal");
}

#[test]
fn no_replay_restores_erased_data_after_shop_redact() {
    let shop = Shop::open();
    let order = demo::orders_paid(None, an_hour_ago());
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    command(&shop, "customer-1001", "1", HOUR_MS);
    let token = session(&shop, "1001");
    assert_eq!(redeem(&shop, &token, "", "before", &voucher()).status, 202);
    shop.drained(LOYALTY_QUEUE);
    shop.drained(REDEMPTION_QUEUE);
    assert_eq!(standing(&shop, &token).0, 8);
    let gone = json!({"shop_id": 1, "shop_domain": demo::SHOP}).to_string();
    assert_eq!(deliver(&shop, "shop/redact", &gone).status, 200);
    shop.drained(PRIVACY_QUEUE);

    run_ok(&shop.data(), &["replay", "--name", "everything"]);
    for queue in [CART_QUEUE, LOYALTY_QUEUE, REDEMPTION_QUEUE, PRIVACY_QUEUE] {
        shop.drained(queue);
    }
    assert_eq!(stored(&shop, "customer-1001"), None);
    let nothing = json!({"available": 0, "pending": 0, "held": 0});
    assert_eq!(standing(&shop, &token), (0, nothing));
    assert!(letters(&shop.data()).is_empty(), "no dead letter holds erased data");

    // The merchant comes back, and the old demand is delivered again.
    let created = shop.request("POST", "/v1/carts").bearer(&token).send().json();
    let new_line = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let cart = created["token"].as_str().unwrap();
    assert_eq!(add(&shop, cart, "", "new", &new_line).status, 202);
    shop.drained(CART_QUEUE);
    run_ok(&shop.data(), &["replay", "--rule", "privacy", "--name", "again"]);
    shop.drained(PRIVACY_QUEUE);
    assert_eq!(quantities(&shop, "customer-1001").len(), 1);
}
