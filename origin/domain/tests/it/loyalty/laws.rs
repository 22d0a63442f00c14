//! What holds whatever arrives, in whatever order, however often.

use std::collections::BTreeMap;

use origin_domain::loyalty::{
    Account, Balance, LedgerEntry, PaidOrder, Points, Program, Reading, Standing, Webhook,
};
use origin_domain::time::{DAY_MS, Time};
use proptest::prelude::*;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::world::{SHOP, Table, program};

const START: u64 = 1_790_000_000_000;

const ORDERS_PAID: &str = include_str!("../../../../../infra/local/fixtures/orders-paid.json");

/// One order: customer (or a guest), time, lines of (cents, gift card).
#[derive(Debug, Clone)]
struct Order {
    customer: Option<u64>,
    after_ms: u64,
    lines: Vec<(u32, bool)>,
}

fn orders() -> impl Strategy<Value = Vec<Order>> {
    let line = (0..1_000_000u32, proptest::bool::weighted(0.1));
    let order = (
        proptest::option::weighted(0.9, 1u64..4),
        0..800 * DAY_MS,
        proptest::collection::vec(line, 0..4),
    );
    let order = order.prop_map(|(customer, after_ms, lines)| Order { customer, after_ms, lines });
    proptest::collection::vec(order, 1..12)
}

/// Orders, and deliveries of them: each at least once, in any order.
fn deliveries() -> impl Strategy<Value = (Vec<Order>, Vec<usize>)> {
    orders().prop_flat_map(|orders| {
        let all: Vec<usize> = (0..orders.len()).collect();
        let again = proptest::collection::vec(0..orders.len(), 0..8);
        let deliveries = again.prop_flat_map(move |again| {
            let all: Vec<usize> = all.iter().copied().chain(again).collect();
            Just(all).prop_shuffle()
        });
        (Just(orders), deliveries)
    })
}

fn payload(index: usize, order: &Order) -> Value {
    let line = |(line, (cents, gift_card)): (usize, &(u32, bool))| {
        json!({
            "id": 1_000 + line,
            "quantity": 1,
            "price": format!("{}.{:02}", cents / 100, cents % 100),
            "gift_card": gift_card,
        })
    };
    json!({
        "id": 820_982_911_946_154_500 + index as u64,
        "currency": "EUR",
        "processed_at": Time(START + order.after_ms).to_rfc3339(),
        "customer": order.customer.map(|id| json!({"id": id})),
        "line_items": order.lines.iter().enumerate().map(line).collect::<Vec<_>>(),
    })
}

fn delivered(orders: &[Order], deliveries: impl IntoIterator<Item = usize>) -> Table {
    let table = Table::with(program());
    for index in deliveries {
        table.pay(&payload(index, &orders[index])).unwrap();
    }
    table
}

/// The balance by its definition: the sum of the entries that count.
fn balance_of(entries: &[&LedgerEntry], now: Time) -> Balance {
    let live = |entry: &&&LedgerEntry| entry.expires_at().is_none_or(|at| now < at);
    let sum = |is_available: bool| -> Points {
        let live = entries.iter().filter(live);
        let counted = live.filter(|entry| (entry.available_at() <= now) == is_available);
        counted.map(|entry| entry.points).sum()
    };
    Balance { available: sum(true), pending: sum(false), held: Points(0) }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[-0-9.eE]{0,20}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members: BTreeMap<_, _>| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), into);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                pointers(member, &format!("{at}/{key}"), into);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_number_and_order_of_deliveries_gives_identical_items(
        (orders, deliveries) in deliveries(),
    ) {
        let once = delivered(&orders, 0..orders.len());
        let shuffled = delivered(&orders, deliveries);
        prop_assert_eq!(shuffled.items().bytes(), once.items().bytes());
    }

    #[test]
    fn a_balance_is_the_sum_of_its_entries_at_any_time(
        (orders, deliveries) in deliveries(),
        after_ms in 0..1_600 * DAY_MS,
    ) {
        let now = Time(START + after_ms);
        let table = delivered(&orders, deliveries);
        let items = table.items();
        for customer in ["1", "2", "3"] {
            let entries: Vec<&LedgerEntry> = items
                .entries
                .iter()
                .filter(|((owner, _), _)| owner == customer)
                .map(|(_, entry)| entry)
                .collect();
            let standing = table.standing(customer, now);
            prop_assert_eq!(standing.balance, balance_of(&entries, now));
            let causes = orders.iter().filter(|order| {
                order.customer.is_some_and(|id| id.to_string() == customer)
            });
            prop_assert_eq!(standing.version, causes.count() as u64);
        }
    }

    #[test]
    fn nothing_shown_is_taken_back_by_a_slower_clock(
        orders in orders(),
        clocks in proptest::collection::vec(0..1_600 * DAY_MS, 2..12),
    ) {
        let table = delivered(&orders, 0..orders.len());
        let items = table.items();
        let account = items.accounts.get("1").cloned().unwrap_or_else(|| Account::empty("1"));
        let mut seen = Time(0);
        let mut furthest = Time(0);
        for clock in clocks {
            let clock = Time(START + clock);
            let standing = Standing::of(&account, &program(), Reading { clock, seen });
            prop_assert!(standing.moment >= seen);
            prop_assert!(standing.moment <= clock.max(seen));
            seen = standing.moment;
            furthest = furthest.max(clock);
            let fastest = Reading { clock: furthest, seen: Time(0) };
            let fastest = Standing::of(&account, &program(), fastest);
            prop_assert_eq!(standing, fastest);
        }
    }

    #[test]
    fn equal_states_are_equal_however_late_they_are_read(
        orders in orders(),
        after_ms in 0..1_600 * DAY_MS,
    ) {
        let table = delivered(&orders, 0..orders.len());
        let read = table.standing("1", Time(START + after_ms));
        let account = table.items().accounts.get("1").cloned();
        let account = account.unwrap_or_else(|| Account::empty("1"));
        let again = Reading { clock: Time(0), seen: read.moment };
        prop_assert_eq!(Standing::of(&account, &program(), again), read);
    }

    #[test]
    fn no_json_makes_a_reader_panic(document in json_value()) {
        let text = document.to_string();
        let _ = Webhook::parse(&text);
        let _ = Program::parse(&text);
        let _ = PaidOrder::from_payload(&to_raw_value(&document).unwrap());
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>()) {
        let _ = Webhook::parse(&text);
        let _ = Program::parse(&text);
    }

    #[test]
    fn no_change_to_a_real_order_makes_the_consumer_panic(
        at in any::<prop::sample::Index>(),
        value in json_value(),
    ) {
        let mut payload: Value = serde_json::from_str(ORDERS_PAID).unwrap();
        let mut all = Vec::new();
        pointers(&payload, "", &mut all);
        *payload.pointer_mut(&all[at.index(all.len())]).unwrap() = value;
        let table = Table::with(program());
        let before = table.items();
        match table.pay(&payload) {
            Ok(_) => prop_assert_eq!(table.items().orders.len(), 1),
            Err(error) => {
                prop_assert!(!error.is_retryable());
                prop_assert_eq!(table.items(), before);
            }
        }
    }

    #[test]
    fn any_decimal_is_the_same_as_text_and_as_number(cents in 0..1_000_000_000_000u64) {
        let written = format!("{}.{:02}", cents / 100, cents % 100);
        let order = |price: &str| {
            let detail = format!(
                r#"{{"metadata":{{"shopify-topic":"orders/paid","shopify-shop-domain":"{SHOP}"}},
                "payload":{{"id":1,"currency":"EUR","processed_at":"2026-11-20T17:04:09Z",
                "line_items":[{{"id":1,"quantity":1,"price":{price}}}]}}}}"#
            );
            PaidOrder::from_payload(Webhook::parse(&detail).unwrap().payload).unwrap()
        };
        let as_number = order(&written);
        prop_assert_eq!(as_number.paid.lines[0].amount.0.cast_unsigned(), cents);
        prop_assert_eq!(order(&format!("\"{written}\"")), as_number);
    }
}
