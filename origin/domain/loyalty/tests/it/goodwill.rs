//! Money refunded without goods: for a late delivery, for a scratch, or for everything at once. It
//! takes the same share of the points as it is of the price of the goods.

use domain_loyalty::AbsorbError;
use domain_shopify::{PayloadError, Problem};
use serde_json::{Value, json};

use super::reversing::{LAST, LATER, deliver, entries, in_any_order, ledger, two_lines};
use super::world::{Table, cancellation, program, refund, webhook};

/// The payload of a refund of these lines that gives so much more back, or less, than they are
/// worth.
pub(crate) fn with_adjustment(mut refund: Value, amount: &str) -> Value {
    let money = |amount: &str| json!({"shop_money": {"amount": amount, "currency_code": "EUR"}});
    refund["order_adjustments"] = json!([{"kind": "refund_discrepancy", "amount": amount,
        "reason": "Refund discrepancy", "amount_set": money(amount), "tax_amount": "0.00",
        "tax_amount_set": money("0.00")}]);
    refund
}

/// The order's points after a refund without lines that has this member.
fn points_after(key: &str, value: Value) -> i64 {
    let table = Table::with(program());
    table.pay(&two_lines()).unwrap();
    let mut payload = refund(71, 41, LATER, &[]);
    payload[key] = value;
    deliver(&table, "refunds/create", &payload);
    table.items().entries.values().map(|entry| entry.points.0).sum()
}

fn transferred(kind: &str, status: &str, currency: &str) -> Value {
    json!([{"id": 1, "kind": kind, "status": status, "amount": "70.46", "currency": currency}])
}

#[test]
fn goodwill_takes_its_share_and_returned_goods_take_theirs_of_the_rest() {
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", with_adjustment(refund(71, 41, LATER, &[]), "-14.09")),
        ("refunds/create", refund(72, 41, LAST, &[(2, 1)])),
    ]);
    // Of 140.91, 126.82 remains; without the stand 76.82.
    let expected = [("earn/order/41", 140), ("reverse/refund/71", -14), ("reverse/refund/72", -50)];
    assert_eq!(ledger(&items), entries(&expected));
    let spend: i64 = items.entries.values().map(|entry| entry.spend.0).sum();
    assert_eq!(spend, 7_682, "a tier counts what was spent after refunds");
}

#[test]
fn goodwill_for_everything_takes_every_point_and_later_returns_take_none() {
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", with_adjustment(refund(71, 41, LATER, &[]), "-145.81")),
        ("refunds/create", refund(72, 41, LAST, &[(1, 3), (2, 1)])),
        ("orders/cancelled", cancellation(41, LAST, &[])),
    ]);
    let expected = [("earn/order/41", 140), ("reverse/refund/71", -140)];
    let moving: Vec<_> = ledger(&items).into_iter().filter(|(_, points)| *points != 0).collect();
    assert_eq!(moving, entries(&expected));
}

#[test]
fn goods_and_goodwill_in_one_refund_both_take_points() {
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", with_adjustment(refund(71, 41, LATER, &[(2, 1)]), "-45.46")),
    ]);
    // Of 90.91, 45.45 remains.
    assert_eq!(ledger(&items), entries(&[("earn/order/41", 140), ("reverse/refund/71", -95)]));
}

#[test]
fn goods_refunded_below_their_price_take_only_their_own_points() {
    let items = in_any_order(&[
        ("orders/paid", two_lines()),
        ("refunds/create", with_adjustment(refund(71, 41, LATER, &[(2, 1)]), "10.00")),
    ]);
    assert_eq!(ledger(&items), entries(&[("earn/order/41", 140), ("reverse/refund/71", -50)]));
}

#[test]
fn refunded_shipping_takes_no_points_in_any_api_version() {
    let adjustment = json!([{"kind": "shipping_refund", "amount": "-4.90", "tax_amount": "-0.93"}]);
    assert_eq!(points_after("order_adjustments", adjustment), 140);
    let table = Table::with(program());
    table.pay(&two_lines()).unwrap();
    let mut shipping = refund(71, 41, LATER, &[]);
    shipping["order_adjustments"] = json!([]);
    shipping["refund_shipping_lines"] = json!([{"id": 1, "subtotal_amount_set": {}}]);
    shipping["transactions"] = transferred("refund", "success", "EUR");
    deliver(&table, "refunds/create", &shipping);
    assert_eq!(ledger(&table.items()), entries(&[("earn/order/41", 140)]));
}

#[test]
fn a_completed_transfer_without_lines_is_goodwill_in_the_shops_currency() {
    for (kind, status, currency, points) in [
        ("refund", "success", "EUR", 70),
        ("refund", "pending", "EUR", 70),
        ("refund", "failure", "EUR", 140),
        ("void", "success", "EUR", 140),
        ("refund", "success", "CHF", 140),
    ] {
        let transfer = transferred(kind, status, currency);
        assert_eq!(points_after("transactions", transfer), points, "{kind} {status} {currency}");
    }
    let twice = [transferred("refund", "success", "EUR"), transferred("refund", "success", "EUR")];
    let both: Vec<Value> = twice.into_iter().map(|mut one| one[0].take()).collect();
    assert_eq!(points_after("transactions", json!(both)), 0, "140.92 of 140.91");
}

#[test]
fn goodwill_includes_the_taxes_on_the_goods() {
    for (is_included, expected) in [(false, 70), (true, 57)] {
        let mut paid = two_lines();
        paid["taxes_included"] = json!(is_included);
        // 19 % of 90.91 and of 50.00.
        paid["line_items"][0]["tax_lines"] = json!([{"price": "17.27"}]);
        paid["line_items"][1]["tax_lines"] = json!([{"price": "6.00"}, {"price": "3.50"}]);
        let items = in_any_order(&[
            ("orders/paid", paid),
            ("refunds/create", with_adjustment(refund(71, 41, LATER, &[]), "-83.84")),
        ]);
        let sum: i64 = items.entries.values().map(|entry| entry.points.0).sum();
        assert_eq!(sum, expected, "83.84 of 167.68, or of 140.91");
    }
}

#[test]
fn an_adjustment_without_the_shops_money_is_in_the_currency_of_its_transfer() {
    let mut plain = refund(71, 41, LATER, &[]);
    plain["order_adjustments"] = json!([{"amount": -14.09}]);
    plain["transactions"] = transferred("refund", "success", "EUR");
    let items = in_any_order(&[("orders/paid", two_lines()), ("refunds/create", plain.clone())]);
    assert_eq!(ledger(&items), entries(&[("earn/order/41", 140), ("reverse/refund/71", -14)]));
    plain["transactions"] = json!([]);
    let result = Table::with(program()).deliver(&webhook("refunds/create", &plain));
    let field = "/order_adjustments/0/amount_set".to_owned();
    let error = PayloadError { field, problem: Problem::Missing };
    assert_eq!(result, Err(AbsorbError::Payload(error)));
}
