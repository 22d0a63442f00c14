//! Redemptions and adjustments over HTTP: points are held at once, and decided once.

use domain_core::id::CommandId;
use infra_local::demo;
use infra_local::wiring::{LOYALTY_QUEUE, REDEMPTION_QUEUE};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, deliver, key, own_cart, redeem, session, signed, voucher};
use crate::shop::{Reply, Shop};

fn read(shop: &Shop, path: &str, token: &str, bookmark: &str) -> Value {
    let reply = shop.get(path).bearer(token).header("forecourt-bookmark", bookmark).send();
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn settle(shop: &Shop) {
    shop.drained(LOYALTY_QUEUE);
    shop.drained(REDEMPTION_QUEUE);
    // The requests below must not hit older cached answers.
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn balance(body: &Value) -> (i64, i64) {
    let points = |name: &str| body["balance"][name].as_i64().unwrap();
    (points("available"), points("held"))
}

#[test]
fn points_are_held_at_once_even_while_the_consumer_is_stopped_and_the_code_follows() {
    let shop = Shop::open();
    let token = session(&shop, "1007");
    let before = read(&shop, "/v1/loyalty", &token, "");
    assert_eq!(balance(&before), (1_470, 0));
    shop.pause(LOYALTY_QUEUE);
    let redemption = redeem(&shop, &token, text(&before["bookmark"]), "one", &voucher());
    assert_eq!(redemption.status, 202, "{}", redemption.text);
    let redemption = redemption.json();
    assert_eq!((&redemption["status"], &redemption["points"]), (&json!("pending"), &json!(250)));
    assert_eq!((balance(&redemption), &redemption["code"]), ((1_220, 250), &Value::Null));
    let bookmark = text(&redemption["bookmark"]);
    let held = read(&shop, "/v1/loyalty", &token, bookmark);
    assert_eq!(balance(&held), (1_220, 250));
    assert_eq!(held["version"], before["version"], "nothing is absorbed yet");
    assert_eq!(held["bookmark"], bookmark, "nothing changed: byte for byte");
    let path = format!("/v1/loyalty/redemptions/{}", text(&redemption["id"]));
    assert_eq!(read(&shop, &path, &token, bookmark)["status"], "pending");
    assert_eq!(read(&shop, &path, &token, "")["status"], "pending", "from another device, too");
    let entries = read(&shop, "/v1/loyalty/entries?limit=1", &token, bookmark);
    let newest = &entries["entries"][0];
    assert_eq!((&newest["kind"], &newest["points"]), (&json!("hold"), &json!(-250)));
    assert_eq!(entries["bookmark"], bookmark, "a page keeps pending commands in its bookmark");

    shop.resume(LOYALTY_QUEUE);
    settle(&shop);
    // The edge may serve the old bookmark from its cache for some seconds; a retry bypasses it.
    let again = redeem(&shop, &token, bookmark, "one", &voucher()).json();
    assert_eq!((&again["status"], balance(&again)), (&json!("confirmed"), (1_220, 0)));
    let confirmed = read(&shop, &path, &token, text(&again["bookmark"]));
    assert_eq!(confirmed["status"], "confirmed");
    assert_eq!((balance(&confirmed), text(&confirmed["code"]).len()), ((1_220, 0), 16));
    let after = read(&shop, "/v1/loyalty", &token, text(&confirmed["bookmark"]));
    assert_eq!(balance(&after), (1_220, 0));
    let version = |body: &Value| text(&body["version"]).parse::<u64>().unwrap();
    assert_eq!(version(&after), version(&before) + 2);
    let entries = read(&shop, "/v1/loyalty/entries?limit=2", &token, text(&after["bookmark"]));
    let kinds: Vec<&str> =
        entries["entries"].as_array().unwrap().iter().map(|one| text(&one["kind"])).collect();
    assert_eq!(kinds, ["settle", "hold"]);
}

#[test]
fn a_redemption_waits_for_the_end_of_a_replay_and_an_order_does_not() {
    let shop = Shop::open_replaying(tempfile::tempdir().unwrap());
    let token = session(&shop, "1007");
    let redemption = redeem(&shop, &token, "", "one", &voucher());
    assert_eq!(redemption.status, 202, "{}", redemption.text);
    let path = format!("/v1/loyalty/redemptions/{}", text(&redemption.json()["id"]));
    let order = demo::orders_paid(None, Clock::system().now()).replace("1001", "1007");
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    let newest = |shop: &Shop| {
        shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
        read(shop, "/v1/loyalty/entries?limit=1", &token, "")["entries"][0]["cause"]["id"].clone()
    };
    while newest(&shop) != "820982911946154508" {}
    assert_eq!(read(&shop, &path, &token, "")["status"], "pending");

    let shop = Shop::open_in(shop.close());
    settle(&shop);
    assert_eq!(read(&shop, &path, &token, "")["status"], "confirmed");
}

#[test]
fn two_devices_spend_the_same_points_once() {
    let shop = Shop::open();
    let token = session(&shop, "1003");
    shop.pause(LOYALTY_QUEUE);
    let [phone, laptop] =
        ["phone", "laptop"].map(|device| redeem(&shop, &token, "", device, &voucher()));
    assert_eq!((phone.status, laptop.status), (202, 202), "336 points are enough for each");
    shop.resume(LOYALTY_QUEUE);
    settle(&shop);
    let [phone, laptop] = [phone, laptop].map(|redemption| {
        let redemption = redemption.json();
        let path = format!("/v1/loyalty/redemptions/{}", text(&redemption["id"]));
        let now = read(&shop, &path, &token, text(&redemption["bookmark"]));
        assert_eq!(balance(&now), (86, 0));
        text(&now["status"]).to_owned()
    });
    let mut statuses = [phone, laptop];
    statuses.sort();
    assert_eq!(statuses, ["confirmed", "rejected"]);
}

#[test]
fn an_invalid_redemption_is_rejected_with_its_code() {
    let shop = Shop::open();
    let token = session(&shop, "1006");
    let request = |name: &str, body: Value| redeem(&shop, &token, "", name, &body);
    request("a", json!({"points": 9, "reward": "horn"})).expect_problem(422, "reward-unknown");
    request("b", json!({"points": 9, "reward": "five-euro"}))
        .expect_problem(422, "points-mismatch");
    request("c", voucher()).expect_problem(422, "points-insufficient");
    request("d", json!({"points": "250", "reward": "x"})).expect_problem(400, "malformed");
    request("e", json!({"reward": "five-euro"})).expect_problem(400, "malformed");
    let unnamed = shop.request("POST", "/v1/loyalty/redemptions").bearer(&token).json(&voucher());
    unnamed.send().expect_problem(400, "idempotency-key-missing");
    let anonymous =
        shop.request("POST", "/v1/loyalty/redemptions").header("idempotency-key", &key("n"));
    anonymous.json(&voucher()).send().expect_problem(401, "token-missing");
}

#[test]
fn a_key_names_one_redemption_and_only_its_customer_sees_it() {
    let shop = Shop::open();
    let (ada, ben) = (session(&shop, "1001"), session(&shop, "1008"));
    let first = redeem(&shop, &ada, "", "same", &voucher()).json();
    settle(&shop);
    let again = redeem(&shop, &ada, text(&first["bookmark"]), "same", &voucher());
    assert_eq!((again.status, &again.json()["id"]), (202, &first["id"]));
    assert_eq!(again.json()["status"], "confirmed", "the present state, and no second effect");
    assert_eq!(balance(&again.json()), (3_341, 0));
    let other = json!({"points": 100, "reward": "free-shipping"});
    redeem(&shop, &ada, "", "same", &other).expect_problem(409, "idempotency-conflict");
    let others = redeem(&shop, &ben, "", "same", &voucher()).json();
    assert_ne!(others["id"], first["id"], "a key belongs to its account");
    let path = format!("/v1/loyalty/redemptions/{}", text(&first["id"]));
    let theirs = shop.get(&path).bearer(&ben).send();
    theirs.expect_problem(404, "redemption-unknown");
    let (cart, _) = own_cart(&shop, &ada);
    let new_line = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    assert_eq!(add(&shop, &cart, "", "line", &new_line).status, 202);
    let of_cart = CommandId::of_key("cart/customer-1001", &key("line")).to_hex();
    for unknown in ["0123456789abcdef0123456789abcdef", "x", "unknown-000000000", &of_cart] {
        let reply = shop.get(&format!("/v1/loyalty/redemptions/{unknown}")).bearer(&ada).send();
        reply.expect_problem(404, "redemption-unknown");
    }
}

#[test]
fn the_storefront_redeems_through_the_app_proxy() {
    let shop = Shop::open();
    let path = format!("/proxy/v1/loyalty/redemptions?idempotency_key={}", key("proxied"));
    let url = signed(&path, Some("1002"), Clock::system().now().unix_s());
    let redemption =
        shop.request("POST", url.strip_prefix(demo::URL).unwrap()).json(&voucher()).send();
    assert_eq!(redemption.status, 202, "{}", redemption.text);
    assert_eq!(balance(&redemption.json()), (413, 250));
}

fn adjust(shop: &Shop, customer: &str, name: &str, body: &Value) -> Reply {
    shop.request("POST", &format!("/v1/admin/loyalty/customers/{customer}/adjustments"))
        .bearer(demo::STAFF_TOKEN)
        .header("idempotency-key", &key(name))
        .json(body)
        .send()
}

#[test]
fn staff_give_and_take_points_once_per_key() {
    let shop = Shop::open();
    let gift = json!({"points": 300, "reason": "A late delivery"});
    let first = adjust(&shop, "1006", "gift", &gift);
    assert_eq!(first.status, 202, "{}", first.text);
    let again = adjust(&shop, "1006", "gift", &gift);
    assert_eq!(again.json(), first.json());
    let taken = adjust(&shop, "1006", "taken", &json!({"points": -14, "reason": "A mistake"}));
    assert_eq!(taken.status, 202, "{}", taken.text);
    settle(&shop);
    let token = session(&shop, "1006");
    let now = read(&shop, "/v1/loyalty", &token, "");
    assert_eq!(balance(&now), (300, 0), "14 and 300 given, 14 taken");
    let entries = read(&shop, "/v1/loyalty/entries?limit=2", &token, text(&now["bookmark"]));
    let ids: Vec<&str> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["cause"]["id"]))
        .collect();
    assert!(ids.contains(&text(&first.json()["id"])), "{entries}");
    let redemption = redeem(&shop, &token, text(&now["bookmark"]), "spend", &voucher());
    assert_eq!(redemption.status, 202, "granted points can be spent at once: {}", redemption.text);
}

#[test]
fn an_invalid_adjustment_is_rejected_with_its_code() {
    let shop = Shop::open();
    let rejected = |customer: &str, body: Value, status, code| {
        adjust(&shop, customer, "refused", &body).expect_problem(status, code);
    };
    rejected("1006", json!({"points": 0, "reason": "none"}), 422, "points-out-of-range");
    rejected("1006", json!({"points": i64::MIN, "reason": "all"}), 422, "points-out-of-range");
    rejected("1006", json!({"points": 1, "reason": " "}), 400, "malformed");
    rejected("ada", json!({"points": 1, "reason": "a name"}), 400, "malformed");
    let path = "/v1/admin/loyalty/customers/1006/adjustments";
    let gift = json!({"points": 1, "reason": "none"});
    let unnamed = shop.request("POST", path).bearer(demo::STAFF_TOKEN).json(&gift);
    unnamed.send().expect_problem(400, "idempotency-key-missing");
    let named = shop.request("POST", path).header("idempotency-key", &key("anonymous")).json(&gift);
    named.send().expect_problem(401, "token-missing");
}
