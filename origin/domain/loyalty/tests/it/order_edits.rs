//! Orders that change after their payment: edited, exchanged, given to a customer. Shopify sends
//! `orders/updated`, and `orders/paid` again once the rest is paid.

use domain_loyalty::Outcome;
use serde_json::{Value, json};

use super::order_changes::{CUSTOMER, adjustment, line, order, points, points_of, refund, with};
use super::reversing::in_any_order;
use super::world::{Table, now, program, time, version, webhook};

fn paid(customer: Option<u64>, lines: &[Value]) -> (&'static str, Value) {
    ("orders/paid", order(customer, lines))
}

fn updated(customer: Option<u64>, lines: &[Value], members: &Value) -> (&'static str, Value) {
    ("orders/updated", with(order(customer, lines), members))
}

fn deliver(table: &Table, (topic, payload): &(&str, Value)) -> Outcome {
    table.deliver(&webhook(topic, payload)).unwrap()
}

#[test]
fn a_line_added_by_an_edit_earns_once_it_is_paid() {
    let (one, both) = ([line(1, "50.00", 1)], [line(1, "50.00", 1), line(2, "30.00", 1)]);
    let before = paid(Some(CUSTOMER), &one);
    let shown = updated(Some(CUSTOMER), &both, &json!({"financial_status": "partially_paid"}));
    assert_eq!(points(&[before.clone(), shown.clone()]), 50, "it is not paid yet");
    assert_eq!(points(&[before, shown, paid(Some(CUSTOMER), &both)]), 80);
}

#[test]
fn more_of_a_line_earns_more_and_a_later_refund_takes_its_part() {
    let before = paid(Some(CUSTOMER), &[line(1, "50.00", 1)]);
    let after = paid(Some(CUSTOMER), &[line(1, "50.00", 3)]);
    let back = ("refunds/create", refund(&[(1, 1)], &json!({})));
    assert_eq!(points(&[before, after, back]), 100);
}

#[test]
fn a_line_removed_by_an_edit_comes_as_a_refund() {
    let both = [line(1, "50.00", 1), line(2, "30.00", 1)];
    let removed = ("refunds/create", refund(&[(2, 1)], &json!({})));
    assert_eq!(points(&[paid(Some(CUSTOMER), &both), removed]), 50);
}

#[test]
fn an_update_that_is_paid_in_full_counts_even_if_the_payment_is_lost() {
    let both = [line(1, "50.00", 1), line(2, "30.00", 1)];
    let is_paid = json!({"financial_status": "paid", "total_outstanding": "0.00"});
    let all = updated(Some(CUSTOMER), &both, &is_paid);
    assert_eq!(points(&[paid(Some(CUSTOMER), &both[..1]), all.clone()]), 80);
    assert_eq!(points(&[all]), 80);
}

#[test]
fn an_update_that_is_not_paid_is_ignored() {
    let lines = [line(1, "50.00", 1)];
    for members in [
        json!({}),
        json!({"financial_status": "pending"}),
        json!({"financial_status": "partially_paid"}),
        json!({"financial_status": "voided"}),
        json!({"financial_status": "paid", "total_outstanding": "1.00"}),
    ] {
        let table = Table::with(program());
        let outcome = deliver(&table, &updated(Some(CUSTOMER), &lines, &members));
        assert_eq!(outcome, Outcome::Ignored { topic: "orders/updated".into() }, "{members}");
        assert!(table.items().orders.is_empty(), "{members}");
    }
}

#[test]
fn an_update_of_an_order_from_before_the_first_program_is_ignored() {
    let lines = [line(1, "50.00", 1)];
    let first = version(1, time("2026-11-02T00:00:00Z"), program());
    let table = Table { programs: vec![first], ..Table::default() };
    let is_paid = json!({"financial_status": "paid"});
    let outcome = deliver(&table, &updated(Some(CUSTOMER), &lines, &is_paid));
    assert_eq!(outcome, Outcome::Ignored { topic: "orders/updated".into() });
    assert!(table.items().orders.is_empty());
}

#[test]
fn goods_sent_in_exchange_earn_and_those_returned_do_not() {
    let (a, b) = (line(1, "100.00", 1), line(2, "80.00", 1));
    let back = refund(
        &[(1, 1)],
        &json!({"order_adjustments": [adjustment("80.00", "refund_discrepancy")],
        "transactions": [{"kind": "refund", "status": "success", "amount": "20.00",
            "currency": "EUR"}]}),
    );
    let deliveries = [
        paid(Some(CUSTOMER), std::slice::from_ref(&a)),
        ("refunds/create", back),
        paid(Some(CUSTOMER), &[a, b]),
    ];
    assert_eq!(points(&deliveries), 80);
}

#[test]
fn an_order_earns_for_the_customer_it_gets_later_and_its_refunds_count() {
    let lines = [line(1, "45.00", 2)];
    let deliveries = [
        paid(None, &lines),
        ("refunds/create", refund(&[(1, 1)], &json!({}))),
        updated(Some(CUSTOMER), &lines, &json!({"financial_status": "partially_refunded"})),
        paid(Some(CUSTOMER), &lines),
    ];
    assert_eq!(points(&deliveries), 45);
    let table = Table::with(program());
    deliver(&table, &deliveries[0]);
    deliver(&table, &deliveries[2]);
    assert_eq!(points_of(&table.items(), CUSTOMER), 90, "the update alone is enough");
}

#[test]
fn the_first_customer_of_an_order_stays() {
    let lines = [line(1, "50.00", 1)];
    let table = Table::with(program());
    deliver(&table, &paid(Some(CUSTOMER), &lines));
    deliver(&table, &paid(Some(CUSTOMER + 1), &lines));
    deliver(&table, &paid(None, &lines));
    let items = table.items();
    assert_eq!((points_of(&items, CUSTOMER), points_of(&items, CUSTOMER + 1)), (50, 0));
}

#[test]
fn an_order_of_an_erased_customer_is_not_given_back_to_them() {
    let lines = [line(1, "50.00", 1)];
    let table = Table::with(program());
    deliver(&table, &paid(Some(CUSTOMER), &lines));
    let erased_at = time("2026-11-10T00:00:00Z");
    now(domain_privacy::erase_customer(&table, &CUSTOMER.to_string(), &[], erased_at)).unwrap();
    let named = updated(Some(CUSTOMER), &lines, &json!({"financial_status": "paid"}));
    assert!(matches!(deliver(&table, &named), Outcome::Erased { .. }));
    assert_eq!(points_of(&table.items(), CUSTOMER), 0);
}

#[test]
fn updates_that_change_nothing_write_nothing() {
    let lines = [line(1, "50.00", 1)];
    let table = Table::with(program());
    deliver(&table, &paid(Some(CUSTOMER), &lines));
    let before = table.items();
    let same = json!({"financial_status": "paid", "fulfillment_status": "fulfilled"});
    assert!(matches!(
        deliver(&table, &updated(Some(CUSTOMER), &lines, &same)),
        Outcome::Known { .. }
    ));
    assert_eq!(table.items(), before);
    assert_eq!(in_any_order(&[paid(Some(CUSTOMER), &lines)]), before);
}
