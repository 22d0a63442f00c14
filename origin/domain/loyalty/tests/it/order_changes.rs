//! Kinds of order change, as Shopify sends them, and the points that its customer has afterwards.
//! The table in `origin/domain/README.md` has a row for each.

use domain_core::time::Time;
use serde_json::{Value, json};

use super::reversing::in_any_order;
use super::world::{Items, Table, earning, program, webhook};

pub(crate) const CUSTOMER: u64 = 1_001;
pub(crate) const ORDER: u64 = 41;
const AT: &str = "2026-11-01T10:00:00+00:00";
const LATER: &str = "2026-11-05T10:00:00+00:00";

fn money(amount: &str) -> Value {
    in_two_currencies(amount, amount, "EUR")
}

fn in_two_currencies(shop: &str, presentment: &str, currency: &str) -> Value {
    json!({
        "shop_money": {"amount": shop, "currency_code": "EUR"},
        "presentment_money": {"amount": presentment, "currency_code": currency},
    })
}

pub(crate) fn line(id: u64, price: &str, quantity: u32) -> Value {
    json!({"id": id, "variant_id": 1, "quantity": quantity, "price": price,
        "price_set": money(price), "gift_card": false, "properties": [], "tax_lines": [],
        "discount_allocations": []})
}

/// A payload with these members changed.
pub(crate) fn with(mut payload: Value, members: &Value) -> Value {
    for (key, value) in members.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload
}

pub(crate) fn order(customer: Option<u64>, lines: &[Value]) -> Value {
    json!({"id": ORDER, "created_at": AT, "processed_at": AT, "currency": "EUR", "test": false,
        "taxes_included": true, "note_attributes": [], "line_items": lines,
        "customer": customer.map(|id| json!({"id": id, "tags": ""}))})
}

pub(crate) fn refund(lines: &[(u64, u32)], members: &Value) -> Value {
    let line = |(id, quantity): &(u64, u32)| json!({"line_item_id": id, "quantity": quantity});
    let payload = json!({"id": 71, "order_id": ORDER, "created_at": LATER, "processed_at": LATER,
        "refund_line_items": lines.iter().map(line).collect::<Vec<_>>(), "transactions": [],
        "order_adjustments": [], "refund_shipping_lines": []});
    with(payload, members)
}

pub(crate) fn adjustment(amount: &str, kind: &str) -> Value {
    json!({"id": 81, "amount": amount, "kind": kind, "amount_set": money(amount)})
}

fn transaction(amount: &str, currency: &str, status: &str) -> Value {
    json!({"id": 91, "kind": "refund", "status": status, "amount": amount, "currency": currency})
}

pub(crate) fn points_of(items: &Items, customer: u64) -> i64 {
    let own = items.entries.iter().filter(|((owner, _), _)| *owner == customer.to_string());
    own.map(|(_, entry)| entry.points.0).sum()
}

/// The points of the customer after these deliveries, which are the same in any order.
pub(crate) fn points(deliveries: &[(&str, Value)]) -> i64 {
    let items = in_any_order(deliveries);
    let account = &items.accounts[&CUSTOMER.to_string()];
    let points = points_of(&items, CUSTOMER);
    assert_eq!(account.lots.iter().map(|lot| lot.points.0).sum::<i64>(), points);
    points
}

fn after_refund(lines: &[Value], refund: Value) -> i64 {
    points(&[("orders/paid", order(Some(CUSTOMER), lines)), ("refunds/create", refund)])
}

fn tip(amount: &str) -> Value {
    let tip = json!({"variant_id": null, "product_id": null, "name": "Tip",
        "tip_payment_gateway": "shopify_payments"});
    with(line(2, amount, 1), &tip)
}

#[test]
fn a_tip_earns_no_points() {
    let paid = |tip| ("orders/paid", order(Some(CUSTOMER), &[line(1, "40.00", 1), tip]));
    assert_eq!(points(&[paid(tip("10.00"))]), 40);
    let unnamed = with(tip("10.00"), &json!({"tip_payment_gateway": null}));
    assert_eq!(points(&[paid(unnamed)]), 40, "the member marks a tip even if it is null");
    let goods = with(tip("10.00"), &json!({"variant_id": 7, "product_id": 8}));
    assert_eq!(points(&[paid(goods)]), 50, "a product is never a tip");
}

#[test]
fn a_tip_gives_no_bonus_and_counts_towards_no_tier() {
    let bonus = json!([{"id": "b", "title": "B", "each": "order",
        "points": "order.amount >= 5000 ? 100 : 1"}]);
    let table = Table::with(earning("/rules", bonus));
    table.pay(&order(Some(CUSTOMER), &[line(1, "40.00", 1), tip("10.00")])).unwrap();
    let items = table.items();
    assert_eq!(points_of(&items, CUSTOMER), 1);
    assert_eq!(items.accounts["1001"].lots[0].spend.0, 4_000);
}

#[test]
fn a_returned_tip_takes_no_points_and_money_for_goods_is_not_for_the_tip() {
    let lines = [line(1, "40.00", 1), tip("10.00")];
    assert_eq!(after_refund(&lines, refund(&[(2, 1)], &json!({}))), 40);
    let goodwill = json!({"transactions": [transaction("20.00", "EUR", "success")]});
    assert_eq!(after_refund(&lines, refund(&[], &goodwill)), 20);
}

/// 100 EUR are 110 USD.
fn paid_in_dollars() -> Value {
    let rate = in_two_currencies("100.00", "110.00", "USD");
    let line = with(line(1, "100.00", 1), &json!({"price_set": rate}));
    let order = order(Some(CUSTOMER), &[line]);
    with(order, &json!({"presentment_currency": "USD", "total_price_set": rate}))
}

#[test]
fn goodwill_in_the_customers_currency_takes_points_at_the_rate_of_the_order() {
    for (amount, status, expected) in [
        ("11.00", "pending", 90),
        ("11.00", "success", 90),
        ("11.00", "failure", 100),
        ("110.00", "pending", 0),
        ("220.00", "pending", 0),
    ] {
        let transactions = json!({"transactions": [transaction(amount, "USD", status)]});
        let refund = refund(&[], &transactions);
        let sum = points(&[("orders/paid", paid_in_dollars()), ("refunds/create", refund)]);
        assert_eq!(sum, expected, "{amount} {status}");
    }
}

#[test]
fn the_rate_of_an_order_without_totals_is_that_of_its_lines() {
    let paid = with(paid_in_dollars(), &json!({"total_price_set": null}));
    let transactions = json!({"transactions": [transaction("11.00", "USD", "pending")]});
    let refund = refund(&[], &transactions);
    assert_eq!(points(&[("orders/paid", paid), ("refunds/create", refund)]), 90);
}

#[test]
fn cash_rounding_takes_its_share_and_points_are_rounded_once() {
    let rounding = |amount| {
        json!({"order_adjustments": [adjustment(amount, "cash_rounding")],
        "transactions": [transaction("10.00", "EUR", "success")]})
    };
    let lines = [line(1, "9.98", 2)];
    assert_eq!(after_refund(&lines, refund(&[(1, 1)], &rounding("-0.02"))), 9);
    assert_eq!(after_refund(&lines, refund(&[(1, 1)], &rounding("0.02"))), 9);
}

#[test]
fn it_does_not_matter_which_lines_come_back() {
    let lines: Vec<Value> = (1..=10).map(|id| line(id, "0.50", 1)).collect();
    for first in [1, 2] {
        let returned: Vec<(u64, u32)> = (first..=10).step_by(2).map(|id| (id, 1)).collect();
        assert_eq!(after_refund(&lines, refund(&returned, &json!({}))), 2, "from line {first}");
    }
    let lines: Vec<Value> = (1..=20).map(|id| line(id, "9.50", 1)).collect();
    let returned: Vec<(u64, u32)> = (1..=20).step_by(2).map(|id| (id, 1)).collect();
    assert_eq!(after_refund(&lines, refund(&returned, &json!({}))), 95);
}

#[test]
fn goods_for_ten_that_stay_are_worth_ten_points_whatever_else_came_back() {
    let lines = [line(1, "10.00", 1), line(2, "9.90", 1)];
    assert_eq!(after_refund(&lines, refund(&[(2, 1)], &json!({}))), 10);
}

#[test]
fn a_pending_refund_larger_than_its_goods_takes_the_difference_too() {
    let lines = [line(1, "50.00", 2)];
    for (discrepancy, transactions, expected) in [
        ("50.00", json!([transaction("60.00", "EUR", "pending")]), 40),
        ("50.00", json!([transaction("50.00", "EUR", "pending")]), 50),
        ("50.00", json!([transaction("30.00", "EUR", "pending")]), 50),
        (
            "30.00",
            json!([transaction("20.00", "EUR", "success"), transaction("40.00", "EUR", "pending")]),
            40,
        ),
        ("-10.00", json!([transaction("60.00", "EUR", "success")]), 40),
        ("50.00", json!([transaction("60.00", "EUR", "failure")]), 50),
    ] {
        let members = json!({"transactions": transactions,
            "order_adjustments": [adjustment(discrepancy, "refund_discrepancy")]});
        let sum = after_refund(&lines, refund(&[(1, 1)], &members));
        assert_eq!(sum, expected, "{discrepancy} {transactions}");
    }
}

#[test]
fn a_pending_refund_larger_than_its_goods_is_converted() {
    let mut paid = paid_in_dollars();
    paid["line_items"][0]["price"] = json!("50.00");
    paid["line_items"][0]["quantity"] = json!(2);
    paid["line_items"][0]["price_set"] = in_two_currencies("50.00", "55.00", "USD");
    let members = json!({"transactions": [transaction("66.00", "USD", "pending")],
        "order_adjustments": [adjustment("50.00", "refund_discrepancy")]});
    let refund = refund(&[(1, 1)], &members);
    assert_eq!(points(&[("orders/paid", paid), ("refunds/create", refund)]), 40);
}

#[test]
fn month_weekday_and_date_of_an_order_are_those_of_the_shop() {
    let rules = json!([
        {"id": "m", "title": "M", "each": "order", "points": "order.month == '12' ? 1 : 0"},
        {"id": "d", "title": "D", "each": "order",
         "points": "order.date == '2026-12-01' ? 10 : 0"},
        {"id": "w", "title": "W", "each": "order", "points": "order.weekday == 2 ? 100 : 0"},
    ]);
    for (at, expected) in [
        ("2026-12-01T01:30:00+14:00", 111),
        ("2026-11-30T23:30:00-12:00", 0),
        ("2026-12-01T00:30:00+00:00", 111),
        ("2026-11-30T23:30:00Z", 0),
    ] {
        let table = Table::with(earning("/rules", rules.clone()));
        let paid = order(Some(CUSTOMER), &[line(1, "100.00", 1)]);
        table.pay(&with(paid, &json!({"processed_at": at}))).unwrap();
        let items = table.items();
        assert_eq!(points_of(&items, CUSTOMER), expected, "{at}");
        let paid = items.orders["41"].facts.paid.as_ref().unwrap();
        assert_eq!(Some(paid.at), Time::from_rfc3339(at));
    }
}

#[test]
fn an_order_absorbed_by_an_earlier_release_keeps_its_computation() {
    let table = Table::with(program());
    let lines: Vec<Value> = (1..=10).map(|id| line(id, "0.50", 1)).collect();
    table.pay(&order(Some(CUSTOMER), &lines)).unwrap();
    let earning = |items: &mut Items| {
        let order = items.orders.get_mut("41").unwrap();
        order.earning.as_mut().unwrap().earned.shares.clear();
    };
    earning(&mut table.items.lock().unwrap());
    let returned: Vec<(u64, u32)> = (1..=10).step_by(2).map(|id| (id, 1)).collect();
    table.deliver(&webhook("refunds/create", &refund(&returned, &json!({})))).unwrap();
    assert_eq!(points_of(&table.items(), CUSTOMER), 5, "as whole points of whole lines");
}
