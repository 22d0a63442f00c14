//! Staff import balances and past orders from files.

use infra_local::demo;
use infra_local::local::Options;
use infra_local::wiring::LOYALTY_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::binary::forecourt;
use crate::client::{deliver, loyalty, session};
use crate::shop::{Reply, Shop};

const PATH: &str = "/v1/admin/imports";

fn import(shop: &Shop, kind: &str, csv: &str, is_dry_run: bool) -> Reply {
    let body = json!({"kind": kind, "name": "old-app", "csv": csv, "dry_run": is_dry_run});
    let reply = shop.request("POST", PATH).bearer(demo::STAFF_TOKEN).json(&body).send();
    shop.drained(LOYALTY_QUEUE);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
    reply
}

fn imported(shop: &Shop, kind: &str, csv: &str, is_dry_run: bool) -> Value {
    let reply = import(shop, kind, csv, is_dry_run);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn points(shop: &Shop, customer: &str) -> i64 {
    let token = session(shop, customer);
    let page = shop.get("/v1/loyalty/entries?limit=1").bearer(&token).send().json();
    let bookmark = page["bookmark"].as_str().unwrap().to_owned();
    let read = shop.get("/v1/loyalty").bearer(&token).header("forecourt-bookmark", &bookmark);
    let balance = read.send().json()["balance"].clone();
    balance["available"].as_i64().unwrap() + balance["pending"].as_i64().unwrap()
}

#[test]
fn balances_count_once_however_often_their_file_is_imported() {
    let shop = Shop::open();
    let before = ["1001", "1002"].map(|customer| points(&shop, customer));
    let csv = "customer,points\n1001,50\n1002,-7\n";
    let customers = json!([
        {"customer_id": "1001", "orders": [], "points_before": before[0],
            "points_after": before[0] + 50},
        {"customer_id": "1002", "orders": [], "points_before": before[1],
            "points_after": before[1] - 7},
    ]);
    let first = json!({"known": 0, "known_ids": [], "customers": customers, "rejected": []});
    assert_eq!(imported(&shop, "balances", csv, true), first);
    assert_eq!(["1001", "1002"].map(|customer| points(&shop, customer)), before);
    assert_eq!(imported(&shop, "balances", csv, false), first);
    let after = ["1001", "1002"].map(|customer| points(&shop, customer));
    assert_eq!(after, [before[0] + 50, before[1] - 7]);
    let again = json!({"known": 2, "known_ids": ["1001", "1002"], "customers": [], "rejected": []});
    assert_eq!(imported(&shop, "balances", csv, false), again);
    assert_eq!(["1001", "1002"].map(|customer| points(&shop, customer)), after);
    // Each row is in the audit log, with what it did.
    let log = shop.get("/v1/admin/audit").bearer(demo::STAFF_TOKEN).send().json();
    let entries = log["entries"].as_array().unwrap().iter();
    let mut details: Vec<&str> = entries.map(|entry| entry["detail"].as_str().unwrap()).collect();
    // Two acts may be of one millisecond.
    details.sort_unstable();
    assert_eq!(details, ["-7 points, import old-app", "50 points, import old-app"]);
}

#[test]
fn a_tier_follows_from_the_imported_points() {
    let shop = Shop::open();
    let tier = || loyalty(&shop, &session(&shop, "5200"))["tier"]["id"].clone();
    assert_eq!(tier(), "bronze");
    imported(&shop, "balances", "customer,points\n5200,5000\n", false);
    assert_eq!(points(&shop, "5200"), 5_000);
    assert_eq!(tier(), "gold");
}

#[test]
fn past_orders_earn_by_the_program_of_their_time_and_once() {
    let shop = Shop::open();
    let before = points(&shop, "1001");
    let placed = Clock::system().now().minus_ms(3 * 86_400_000).to_rfc3339();
    let csv = format!("order,customer,placed_at,amount\n77001,1001,{placed},12.50\n");
    let predicted = imported(&shop, "orders", &csv, true);
    assert_eq!(
        predicted["customers"],
        json!([{"customer_id": "1001", "orders": [{"order_id": "77001", "points": 12}],
            "points_before": before, "points_after": before + 12}])
    );
    assert_eq!(imported(&shop, "orders", &csv, false), predicted);
    assert_eq!(points(&shop, "1001"), before + 12);
    assert_eq!(imported(&shop, "orders", &csv, false)["known"], 1);
    assert_eq!(points(&shop, "1001"), before + 12);
}

#[test]
fn an_order_that_the_shop_states_counts_once_before_and_after_its_import() {
    let shop = Shop::open();
    let before = points(&shop, "1001");
    let placed = Clock::system().now().minus_ms(3 * 86_400_000).to_rfc3339();
    let paid = |order: u64| {
        let payload = json!({"id": order, "processed_at": placed, "currency": "EUR",
            "customer": {"id": 1001}, "line_items": [
                {"id": order + 1, "quantity": 1, "price": "10.00"},
                {"id": order + 2, "quantity": 2, "price": "1.50"}]});
        assert_eq!(deliver(&shop, "orders/paid", &payload.to_string()).status, 200);
        shop.drained(LOYALTY_QUEUE);
    };
    let csv = |order: u64, amount: &str| {
        format!("order,customer,placed_at,amount\n{order},1001,{placed},{amount}\n")
    };
    paid(77_100);
    let known = imported(&shop, "orders", &csv(77_100, "13.00"), false);
    let nothing = json!({"known": 1, "known_ids": ["77100"], "customers": [], "rejected": []});
    assert_eq!(known, nothing);
    assert_eq!(points(&shop, "1001"), before + 13);
    imported(&shop, "orders", &csv(77_200, "40.00"), false);
    assert_eq!(points(&shop, "1001"), before + 13 + 40);
    paid(77_200);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
    assert_eq!(points(&shop, "1001"), before + 13 + 13, "the shop knows better");
}

#[test]
fn the_command_line_finds_a_customer_or_an_order_in_two_parts_before_it_writes() {
    let shop = Shop::open();
    let url = shop.local().url();
    let files = tempfile::tempdir().unwrap();
    let refused = |kind: &str, text: &str| {
        let file = files.path().join(format!("{kind}.csv"));
        std::fs::write(&file, text).unwrap();
        let output = forecourt(&["import", kind, &file.display().to_string(), "--url", &url]);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let rows = (0..100).map(|row| format!("{},5\n", 5_000 + row)).collect::<String>();
    let balances = refused("balances", &format!("customer,points\n{rows}5007,6\n"));
    assert!(balances.contains("customer 5007 has a row in the part from row 2"), "{balances}");
    assert_eq!(points(&shop, "5007"), 0);
    let placed = Clock::system().now().minus_ms(3 * 86_400_000).to_rfc3339();
    let row = |order: u64| format!("{order},1001,{placed},12.50\n");
    let rows = (0..100).map(|at| row(77_300 + at)).collect::<String>() + &row(77_300);
    let orders = refused("orders", &format!("order,customer,placed_at,amount\n{rows}"));
    assert!(orders.contains("order 77300 has a row in the part from row 2"), "{orders}");
    let log = shop.get("/v1/admin/audit").bearer(demo::STAFF_TOKEN).send().json();
    assert_eq!(log["entries"], json!([]), "nothing was written");
}

#[test]
fn a_file_with_mistakes_is_refused_whole_and_each_is_named() {
    let shop = Shop::open();
    let before = points(&shop, "1001");
    let problem = import(&shop, "balances", "customer,points\n1001,5\nAnn,1.5\n", false);
    let errors = problem.json()["errors"].clone();
    assert_eq!(
        errors.as_array().unwrap().iter().map(|one| one["field"].clone()).collect::<Vec<_>>(),
        ["row 3, customer", "row 3, points"]
    );
    problem.expect_problem(422, "import-invalid");
    assert_eq!(points(&shop, "1001"), before);
    let email = import(&shop, "balances", "customer,points\nann@example.com,5\n", true);
    assert!(email.text.contains("no Shopify app"), "{}", email.text);
    email.expect_problem(422, "import-invalid");
}

#[test]
fn a_customer_is_found_by_e_mail_and_the_command_line_imports_a_file() {
    let any = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open_with(folder, |options| Options { shopify: Some(any), ..options });
    let (shopify, _) = shop.local().shopify().unwrap();
    let id_token = shopify.oauth().id_token(demo::SHOP, 1, Clock::system().now().unix_s());
    let installed = shop.request("POST", "/v1/admin/installation").bearer(&id_token);
    assert_eq!(installed.json(&json!({"id_token": id_token})).send().status, 200);
    let before = points(&shop, "1003");
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("from-old-app.csv");
    std::fs::write(&file, "customer,points\nCustomer-1003@example.com,40\n").unwrap();
    let (file, url) = (file.display().to_string(), shop.local().url());
    let run = |arguments: &[&str]| {
        let output =
            forecourt(&[&["import", "balances", &file, "--url", &url], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        shop.drained(LOYALTY_QUEUE);
        shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned()
    };
    let dry = run(&["--dry-run"]);
    assert_eq!(dry, "1 customers change, 0 rows had counted before; nothing was written");
    assert_eq!(points(&shop, "1003"), before);
    assert_eq!(run(&[]), "1 customers change, 0 rows had counted before; imported");
    assert_eq!(points(&shop, "1003"), before + 40);
    assert_eq!(run(&[]), "0 customers change, 1 rows had counted before; imported");
    let none = "customer,points\nnone@example.com,5\n1003,1\nmissing@example.com,6\n";
    let unknown = import(&shop, "balances", none, true);
    assert!(unknown.text.contains("no customer with this e-mail address"), "{}", unknown.text);
    let fields = unknown.expect_problem(422, "import-invalid");
    assert_eq!(fields, ["row 2, customer", "row 4, customer"]);
    let twice = "customer,points\n1004,5\n1003,1\nCustomer-1003@example.com,6\n";
    let before = ["1003", "1004"].map(|customer| points(&shop, customer));
    let twice = import(&shop, "balances", twice, false);
    assert!(twice.text.contains("is customer 1003, the same as in row 3"), "{}", twice.text);
    assert_eq!(twice.expect_problem(422, "import-invalid"), ["row 4, customer"]);
    assert_eq!(["1003", "1004"].map(|customer| points(&shop, customer)), before);
    assert_eq!(loyalty(&shop, &session(&shop, "1003"))["customer_id"], "1003");
}
