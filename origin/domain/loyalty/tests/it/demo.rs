//! The demo shop's customers, as a visitor sees them.

use domain_core::time::DAY_MS;
use domain_loyalty::Program;
use serde_json::{Value, json};

use super::world::{Table, time};

const PROGRAM: &str = include_str!("../../../../../infra/local/demo/program.json");
const ORDERS: &str = include_str!("../../../../../infra/local/demo/orders.json");

/// The demo shop, seeded at `now`.
fn seeded(now: &str) -> Table {
    let table = Table::with(Program::parse(PROGRAM).unwrap());
    let orders: Vec<Value> = serde_json::from_str(ORDERS).unwrap();
    for order in orders {
        let at = time(now).minus_ms(order["days_ago"].as_u64().unwrap() * DAY_MS);
        let payload = json!({
            "id": order["id"],
            "currency": "EUR",
            "processed_at": at.to_rfc3339(),
            "customer": {"id": order["customer"]},
            "line_items": order["line_items"],
        });
        table.pay(&payload).unwrap();
    }
    table
}

#[test]
fn every_demo_customer_has_the_expected_standing() {
    let now = "2026-11-21T12:00:00Z";
    let table = seeded(now);
    let standings: Vec<(String, i64, i64, String, usize)> = (1001..=1010)
        .map(|customer| {
            let customer = customer.to_string();
            let standing = table.standing(&customer, time(now));
            let balance = standing.balance;
            let expiring = standing.expiring.len();
            (customer, balance.available.0, balance.pending.0, standing.tier.id, expiring)
        })
        .collect();
    let expected = [
        ("1001", 3_591, 64, "gold", 5),
        ("1002", 663, 0, "silver", 3),
        ("1003", 336, 34, "bronze", 3),
        ("1004", 0, 469, "bronze", 1),
        ("1005", 0, 0, "bronze", 0),
        ("1006", 14, 0, "bronze", 1),
        ("1007", 1_470, 0, "silver", 2),
        ("1008", 12_499, 0, "gold", 1),
        ("1009", 110, 59, "bronze", 2),
        ("1010", 349, 116, "bronze", 2),
    ];
    let expected = expected.map(|(customer, available, pending, tier, expiring)| {
        (customer.to_owned(), available, pending, tier.to_owned(), expiring)
    });
    assert_eq!(standings, expected);
}

#[test]
fn seeding_twice_changes_nothing() {
    let table = seeded("2026-11-21T12:00:00Z");
    let items = table.items();
    let orders: Vec<Value> = serde_json::from_str(ORDERS).unwrap();
    assert_eq!(items.orders.len(), orders.len());
    let again = seeded("2026-11-21T12:00:00Z");
    assert_eq!(again.items().bytes(), items.bytes());
}
