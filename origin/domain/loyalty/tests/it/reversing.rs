//! Refunds and cancellations: in any order of arrival, the shopper ends with the points of the
//! remaining goods.

use domain_core::time::{DAY_MS, SECOND_MS};
use domain_loyalty::{AbsorbError, Cause, ORDER_REFUNDS_MAX, Outcome, POINTS_MAX, Points};
use domain_shopify::{PayloadError, Problem};
use serde_json::{Value, json};

use super::world::{Items, Table, cancellation, order, program, refund, time, webhook};

pub(crate) const PAID_AT: &str = "2026-11-01T10:00:00Z";
pub(crate) const LATER: &str = "2026-11-05T10:00:00Z";
pub(crate) const LAST: &str = "2026-11-09T10:00:00Z";

/// Order 41 of customer 1001: three at 33.67 together with 10% off, and a stand for 50.00.
pub(crate) fn two_lines() -> Value {
    let mut payload = order(41, Some(1001), PAID_AT, "0.00");
    payload["line_items"] = json!([
        {"id": 1, "quantity": 3, "price": "33.67", "discount_allocations": [{"amount": "10.10"}]},
        {"id": 2, "quantity": 1, "price": "50.00"},
    ]);
    payload
}

pub(crate) fn deliver(table: &Table, topic: &str, payload: &Value) -> Outcome {
    table.deliver(&webhook(topic, payload)).unwrap()
}

pub(crate) fn ledger(items: &Items) -> Vec<(String, i64)> {
    items.entries.values().map(|entry| (entry.id.clone(), entry.points.0)).collect()
}

pub(crate) fn entries(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(id, points)| ((*id).to_owned(), *points)).collect()
}

/// The items after these deliveries, the same in every order.
pub(crate) fn in_any_order(deliveries: &[(&str, Value)]) -> Items {
    in_any_order_on(|| Table::with(program()), deliveries)
}

/// The same, on tables of the caller's.
pub(crate) fn in_any_order_on(table: impl Fn() -> Table, deliveries: &[(&str, Value)]) -> Items {
    let run = |order: &[usize]| {
        let table = table();
        for at in order {
            let (topic, payload) = &deliveries[*at];
            deliver(&table, topic, payload);
            deliver(&table, topic, payload);
        }
        table.items()
    };
    let mut orders = vec![Vec::new()];
    for next in 0..deliveries.len() {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut order = order.clone();
                    order.insert(at, next);
                    order
                })
            })
            .collect();
    }
    let first = run(&orders[0]);
    for order in &orders {
        assert_eq!(run(order).bytes(), first.bytes(), "delivered as {order:?}");
    }
    first
}

#[test]
fn returning_everything_piece_by_piece_takes_every_point_and_not_one_more() {
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", refund(71, 41, LATER, &[(1, 1)])),
        ("refunds/create", refund(72, 41, LAST, &[(1, 2), (2, 1)])),
    ]);
    // 90.91 + 50.00, then 60.60 + 50.00 remains.
    let expected =
        [("earn/order/41", 140), ("reverse/refund/71", -30), ("reverse/refund/72", -110)];
    assert_eq!(ledger(&items), entries(&expected));
    let account = &items.accounts["1001"];
    assert_eq!((account.version, account.newest), (3, Some(time(LAST))));
}

#[test]
fn a_cancelled_order_leaves_no_points_in_any_order_of_its_refunds() {
    let first = refund(71, 41, LATER, &[(1, 1)]);
    let late = refund(72, 41, "2026-11-10T10:00:00Z", &[(2, 1)]);
    let embedded = [first.clone(), late.clone()];
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", first),
        ("orders/cancelled", cancellation(41, LAST, &embedded)),
        ("refunds/create", late),
    ]);
    let expected =
        [("earn/order/41", 140), ("reverse/refund/71", -30), ("reverse/cancellation/41", -110)];
    assert_eq!(ledger(&items), entries(&expected));
    assert_eq!(items.accounts["1001"].version, 4);
    assert_eq!(items.causes.len(), 4);
}

#[test]
fn a_refund_embedded_in_its_order_counts_once() {
    let refunded = refund(71, 41, LATER, &[(2, 1)]);
    let mut paid = two_lines();
    paid["refunds"] = json!([refunded]);
    let table = Table::with(program());
    deliver(&table, "orders/paid", &paid);
    deliver(&table, "orders/updated", &paid);
    deliver(&table, "refunds/create", &refunded);
    deliver(&table, "refunds/create", &refunded);
    let expected = [("earn/order/41", 140), ("reverse/refund/71", -50)];
    assert_eq!(ledger(&table.items()), entries(&expected));
}

#[test]
fn every_fact_of_a_guests_order_is_stored_without_an_account() {
    let mut paid = two_lines();
    paid["customer"] = Value::Null;
    let items = in_any_order(&[
        ("orders/paid", paid),
        ("refunds/create", refund(71, 41, LATER, &[(2, 1)])),
        ("orders/cancelled", cancellation(41, LAST, &[])),
    ]);
    assert_eq!((items.accounts.len(), items.entries.len(), items.causes.len()), (0, 0, 3));
    assert_eq!(items.orders["41"].version, 3);
}

/// Both consumers read "absent" before either writes.
#[test]
fn a_refund_and_its_order_absorbed_at_once_are_both_in_the_ledger() {
    let refunded = webhook("refunds/create", &refund(71, 41, LATER, &[(2, 1)]));
    let table = Table::with(program());
    let rival = refunded.clone();
    table.meanwhile.lock().unwrap().push(Box::new(move |items| {
        let other = Table::with(program());
        *other.items.lock().unwrap() = items.clone();
        other.deliver(&rival).unwrap();
        *items = other.items();
    }));
    table.pay(&two_lines()).unwrap();
    let expected = [("earn/order/41", 140), ("reverse/refund/71", -50)];
    assert_eq!(ledger(&table.items()), entries(&expected));
    assert_eq!(table.items().accounts["1001"].version, 2);
    let again = table.deliver(&refunded);
    assert_eq!(again, Ok(Outcome::Known { cause: Cause::refund("71") }));
}

#[test]
fn a_refund_repeated_for_a_second_order_is_known_already() {
    let table = Table::with(program());
    table.pay(&two_lines()).unwrap();
    deliver(&table, "refunds/create", &refund(71, 41, LATER, &[(2, 1)]));
    let before = table.items();
    let elsewhere = deliver(&table, "refunds/create", &refund(71, 51, LATER, &[(2, 1)]));
    assert_eq!(elsewhere, Outcome::Known { cause: Cause::refund("71") });
    assert_eq!(table.items(), before);
}

#[test]
fn more_than_was_bought_or_unknown_lines_take_no_more_than_there_was() {
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", refund(71, 41, LATER, &[(1, 9), (7, 1)])),
        ("refunds/create", refund(72, 41, LAST, &[(1, 1)])),
    ]);
    let expected = [("earn/order/41", 140), ("reverse/refund/71", -90)];
    assert_eq!(ledger(&items), entries(&expected));
}

#[test]
fn points_taken_back_go_from_where_they_were_pending_or_available() {
    let table = Table::with(program());
    table.pay(&two_lines()).unwrap();
    deliver(&table, "refunds/create", &refund(71, 41, LATER, &[(2, 1)]));
    let pending = table.standing("1001", time(LATER)).balance;
    assert_eq!((pending.available, pending.pending), (Points(0), Points(90)));
    let available_at = time(PAID_AT).plus_ms(15 * DAY_MS);
    let available = table.standing("1001", available_at).balance;
    assert_eq!((available.available, available.pending), (Points(90), Points(0)));
}

/// The tier is that of the remaining goods, from the day they were bought.
#[test]
fn a_refund_takes_back_the_tier_of_its_goods() {
    let table = Table::with(program());
    table.pay(&order(41, Some(1001), PAID_AT, "600.00")).unwrap();
    assert_eq!(table.standing("1001", time(LATER)).tier.id, "silver");
    deliver(&table, "refunds/create", &refund(71, 41, LATER, &[(42, 1)]));
    let standing = table.standing("1001", time(LATER).plus_ms(SECOND_MS));
    assert_eq!((standing.tier.id.as_str(), standing.balance.pending), ("bronze", Points(0)));
}

#[test]
fn an_order_rejects_refunds_past_its_bound() {
    let table = Table::with(program());
    table.pay(&order(41, Some(1001), PAID_AT, "500.00")).unwrap();
    for id in 0..ORDER_REFUNDS_MAX as u64 {
        deliver(&table, "refunds/create", &refund(100 + id, 41, LATER, &[]));
    }
    let one_more = webhook("refunds/create", &refund(99, 41, LATER, &[]));
    let error = table.deliver(&one_more).unwrap_err();
    assert!(matches!(error, AbsorbError::OrderFull(_)), "{error:?}");
    assert!(!error.is_retryable());
}

#[test]
fn a_missing_field_of_a_refund_is_named() {
    let table = Table::with(program());
    let whole = refund(71, 41, LATER, &[(2, 1)]);
    let cases = [
        ("/id", "/id", Problem::Missing),
        ("/order_id", "/order_id", Problem::Missing),
        ("/refund_line_items/0/quantity", "/refund_line_items/0/quantity", Problem::Missing),
        (
            "/refund_line_items/0/line_item_id",
            "/refund_line_items/0/line_item_id",
            Problem::Missing,
        ),
    ];
    for (pointer, field, problem) in cases {
        let mut payload = whole.clone();
        *payload.pointer_mut(pointer).unwrap() = Value::Null;
        let error = table.deliver(&webhook("refunds/create", &payload)).unwrap_err();
        let expected = PayloadError { field: field.to_owned(), problem };
        assert_eq!(error, AbsorbError::Payload(expected));
    }
    let mut undated = whole;
    undated["processed_at"] = Value::Null;
    assert!(table.deliver(&webhook("refunds/create", &undated)).is_ok(), "created_at serves");
    let mut open = cancellation(41, LAST, &[]);
    open["cancelled_at"] = Value::Null;
    assert!(table.deliver(&webhook("orders/cancelled", &open)).is_err());
}

#[test]
fn the_largest_order_fits_into_an_item() {
    let id = u64::MAX - 1;
    let mut paid = order(id, Some(u64::MAX), PAID_AT, "0.00");
    let line = |id: u64| json!({"id": u64::MAX - id, "quantity": u32::MAX, "price": "0.01"});
    paid["line_items"] = (0..1_000).map(line).collect();
    let table = Table::with(program());
    table.pay(&paid).unwrap();
    for number in 0..ORDER_REFUNDS_MAX as u64 {
        let lines: Vec<(u64, u32)> = (0..44).map(|line| (u64::MAX - line, 1)).collect();
        let at = time(LATER).plus_ms(number * SECOND_MS).to_rfc3339();
        deliver(&table, "refunds/create", &refund(u64::MAX - number, id, &at, &lines));
    }
    let item = &table.items().orders[&id.to_string()];
    assert_eq!(item.entries.len(), 1 + ORDER_REFUNDS_MAX);
    assert!(item.entries[0].points.0 < POINTS_MAX);
    let stored = rmp_serde::to_vec_named(item).unwrap();
    assert!(stored.len() < 400_000, "{} bytes", stored.len());
}
