//! Orders of an import that the shop states, too: before, after, or both. An import's row knows only
//! what the goods cost together, and perhaps another moment than the shop.

use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    Comparison, CustomerDifference, IMPORTED, Points, StatedOrder, StatedPayload,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::order_changes::{CUSTOMER, ORDER, line, order, points, points_of, refund, with};
use super::reversing::in_any_order_on;
use super::world::{
    Items, SHOP, Table, cancellation, earning, now, program, time, version, webhook,
};

type Delivery = (&'static str, Value);

/// When the shop says that the order was placed.
const PLACED: &str = "2026-11-01T10:00:00+00:00";
const DAY_BEFORE: &str = "2026-10-31T22:00:00+00:00";
const WEEK_LATER: &str = "2026-11-08T10:00:00+00:00";

fn imported(amount: &str, at: &str) -> Delivery {
    let row = json!({"id": ORDER, "quantity": 1, "price": amount});
    let members = json!({IMPORTED: true, "processed_at": at});
    ("orders/paid", with(order(Some(CUSTOMER), &[row]), &members))
}

fn paid(customer: Option<u64>, lines: &[Value]) -> Delivery {
    ("orders/paid", order(customer, lines))
}

fn updated(customer: Option<u64>, lines: &[Value]) -> Delivery {
    ("orders/updated", with(order(customer, lines), &json!({"financial_status": "paid"})))
}

fn lines() -> [Value; 2] {
    [line(1, "50.00", 1), line(2, "30.00", 1)]
}

/// Every delivery alone and with any others, in any order of arrival: the bytes of each set are the
/// same, whatever came first. The items of all of them.
fn every_set(table: impl Fn() -> Table, deliveries: &[Delivery]) -> Items {
    for set in 1_u32..1 << deliveries.len() {
        let is_in = |at: &usize| set >> at & 1 == 1;
        let these: Vec<Delivery> =
            (0..deliveries.len()).filter(is_in).map(|at| deliveries[at].clone()).collect();
        in_any_order_on(&table, &these);
    }
    in_any_order_on(table, deliveries)
}

#[test]
fn an_import_counts_while_the_shop_has_stated_nothing() {
    assert_eq!(points(&[imported("80.00", PLACED)]), 80);
    let two = [imported("80.00", PLACED), imported("99.00", PLACED)];
    assert_eq!(points(&two), 99, "the greater of two rows of one order");
    let back = ("refunds/create", refund(&[(1, 1)], &json!({})));
    assert_eq!(points(&[imported("80.00", PLACED), back]), 80, "its lines are unknown");
    let cancelled = ("orders/cancelled", cancellation(ORDER, "2026-11-09T10:00:00Z", &[]));
    assert_eq!(points(&[imported("80.00", PLACED), cancelled]), 0);
}

#[test]
fn what_the_shop_states_replaces_an_import_whenever_it_arrives() {
    let mut edited = lines();
    edited[1] = line(2, "30.00", 2);
    let payment = paid(Some(CUSTOMER), &lines());
    let update = updated(Some(CUSTOMER), &edited);
    let back = ("refunds/create", refund(&[(1, 1)], &json!({})));
    for (amount, at) in [("80.00", PLACED), ("99.00", DAY_BEFORE), ("1.00", WEEK_LATER)] {
        let import = imported(amount, at);
        assert_eq!(points(&[import.clone(), payment.clone()]), 80, "{amount} {at}");
        assert_eq!(points(&[import.clone(), payment.clone(), back.clone()]), 30);
        assert_eq!(points(&[import.clone(), updated(Some(CUSTOMER), &lines())]), 80);
        let all = [import, imported("7.00", PLACED), payment.clone(), update.clone(), back.clone()];
        let items = every_set(|| Table::with(program()), &all);
        assert_eq!(points_of(&items, CUSTOMER), 60);
        assert_eq!(items.orders[&ORDER.to_string()].facts.paid.as_ref().unwrap().at, time(PLACED));
    }
}

#[test]
fn an_import_names_the_customer_of_a_guests_order() {
    let all = [imported("80.00", WEEK_LATER), paid(None, &lines()), updated(None, &lines())];
    let items = every_set(|| Table::with(program()), &all);
    assert_eq!(points_of(&items, CUSTOMER), 80);
}

/// One point a euro from the first of November on, two from the fourth.
fn with_two_programs() -> Table {
    let first = version(1, time("2026-11-01T00:00:00Z"), program());
    let rules = json!([{"id": "euro", "title": "Two points for every euro",
        "each": "line", "points": "line.amount * 2", "per": 100}]);
    let second = version(2, time("2026-11-04T00:00:00Z"), earning("/rules", rules));
    Table { programs: vec![first, second], ..Table::default() }
}

#[test]
fn the_program_is_that_of_the_time_that_the_shop_states() {
    for (at, alone) in [(DAY_BEFORE, 0), (PLACED, 80), (WEEK_LATER, 160)] {
        let import = imported("80.00", at);
        let items = every_set(with_two_programs, std::slice::from_ref(&import));
        assert_eq!(points_of(&items, CUSTOMER), alone, "{at}");
        for customer in [Some(CUSTOMER), None] {
            let items = every_set(with_two_programs, &[import.clone(), paid(customer, &lines())]);
            assert_eq!(points_of(&items, CUSTOMER), 80, "{at}");
        }
    }
    let two = [imported("80.00", WEEK_LATER), imported("80.00", PLACED)];
    assert_eq!(points_of(&every_set(with_two_programs, &two), CUSTOMER), 80, "the earlier one");
}

#[test]
fn an_order_from_before_the_first_program_loses_what_its_import_earned() {
    let first = Time(time(PLACED).0 + DAY_MS);
    let table = || Table { programs: vec![version(1, first, program())], ..Table::default() };
    let import = imported("80.00", WEEK_LATER);
    assert_eq!(points_of(&every_set(table, std::slice::from_ref(&import)), CUSTOMER), 80);
    let items = every_set(table, &[import, paid(Some(CUSTOMER), &lines())]);
    assert_eq!(points_of(&items, CUSTOMER), 0);
}

#[test]
fn what_an_import_earned_gives_its_own_order_no_bonus() {
    let rules = json!([{"id": "b", "title": "B", "each": "order",
        "points": "customer.orders > 0 ? 1000 : 1"}]);
    let table = || Table::with(earning("/rules", rules.clone()));
    let week_before = imported("80.00", "2026-10-25T10:00:00+00:00");
    let items = every_set(table, &[week_before, paid(Some(CUSTOMER), &lines())]);
    assert_eq!(points_of(&items, CUSTOMER), 1);
}

#[test]
fn an_import_of_an_order_that_the_shop_has_stated_is_known() {
    let table = Table::with(program());
    let missing = || {
        let (topic, payload) = imported("99.00", PLACED);
        let payload = RawValue::from_string(payload.to_string()).unwrap();
        let payloads = vec![StatedPayload { topic, payload }];
        let stated = [StatedOrder { order: ORDER.to_string(), payloads, is_imported: true }];
        let comparison = Comparison {
            ledger: &table,
            programs: &table,
            shop: SHOP,
            now: time("2026-12-01T00:00:00Z"),
        };
        now(comparison.missing(&stated)).unwrap()
    };
    let difference = CustomerDifference {
        orders: [(ORDER.to_string(), Points(99))].into(),
        points_before: Points(0),
        points_after: Points(99),
    };
    let before = missing();
    assert_eq!(before.customers, [(CUSTOMER.to_string(), difference)].into());
    assert_eq!((before.payloads.len(), before.known), (1, Vec::new()));
    table.pay(&order(Some(CUSTOMER), &lines())).unwrap();
    let after = missing();
    assert_eq!((after.payloads.len(), after.customers.len()), (0, 0));
    assert_eq!(after.known, [ORDER.to_string()]);
}

#[test]
fn an_import_of_an_erased_customer_is_dropped_and_said_to_be() {
    let table = Table::with(program());
    table.deliver(&webhook("orders/paid", &order(Some(CUSTOMER), &lines()))).unwrap();
    let erased_at = time("2026-11-10T00:00:00Z");
    now(domain_privacy::erase_customer(&table, &CUSTOMER.to_string(), &[], erased_at)).unwrap();
    let (topic, payload) = imported("99.00", PLACED);
    let payload = with(payload, &json!({"id": 42}));
    let payload = RawValue::from_string(payload.to_string()).unwrap();
    let payloads = vec![StatedPayload { topic, payload }];
    let stated = [StatedOrder { order: "42".to_owned(), payloads, is_imported: true }];
    let at = time("2026-12-01T00:00:00Z");
    let comparison = Comparison { ledger: &table, programs: &table, shop: SHOP, now: at };
    let missing = now(comparison.missing(&stated)).unwrap();
    assert_eq!((missing.erased, missing.known), (vec!["42".to_owned()], Vec::new()));
    assert_eq!(missing.payloads.len(), 0);
}
