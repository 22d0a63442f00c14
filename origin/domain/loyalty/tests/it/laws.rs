//! Properties of the ledger, for any deliveries in any order and any number.

use std::collections::{BTreeMap, BTreeSet};

use domain_core::time::{DAY_MS, HOUR_MS, Time};
use domain_loyalty::{
    Account, Balance, LedgerEntry, OrderFact, PaidOrder, Points, Program, Reading, Standing,
};
use domain_shopify::Webhook;
use proptest::prelude::*;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::goodwill::with_adjustment;
use super::world::{
    SHOP, Table, cancellation, changed, program, program_document, refund, webhook,
};

const START: u64 = 1_790_000_000_000;
const ORDER: u64 = 82_098_291_194_615_450;

const ORDERS_PAID: &str = include_str!("../../../../../infra/local/fixtures/orders-paid.json");

/// One order: customer (or a guest), time, lines, later changes in order of time, refunds with their
/// times, and the time of its cancellation.
#[derive(Debug, Clone)]
struct Order {
    customer: Option<u64>,
    after_ms: u64,
    lines: Vec<Line>,
    changes: Vec<Change>,
    refunds: Vec<Refund>,
    cancelled_after_ms: Option<u64>,
}

/// An order that was paid changes: lines are added, or a guest's order is given to a customer. It is
/// reported by `orders/updated`, paid or not, or by `orders/paid` again.
#[derive(Debug, Clone)]
struct Change {
    after_ms: u64,
    added: Vec<Line>,
    customer: Option<u64>,
    report: Report,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Unpaid,
    Updated,
    PaidAgain,
}

/// What a webhook reports of an order that changes.
struct Statement<'a> {
    after_ms: u64,
    report: Report,
    customer: Option<u64>,
    lines: Vec<&'a Line>,
}

#[derive(Debug, Clone)]
struct Refund {
    after_ms: u64,
    lines: Vec<(usize, u32)>,
    /// Cents beyond the price of the lines.
    goodwill: u32,
}

#[derive(Debug, Clone)]
struct Line {
    cents: u32,
    quantity: u32,
    gift_card: bool,
}

fn orders() -> impl Strategy<Value = Vec<Order>> {
    let line = (0..1_000_000u32, 1..4u32, proptest::bool::weighted(0.1));
    let line = line.prop_map(|(cents, quantity, gift_card)| Line { cents, quantity, gift_card });
    let added = proptest::collection::vec(line.clone(), 0..3);
    let report = prop_oneof![
        2 => Just(Report::Updated),
        1 => Just(Report::Unpaid),
        1 => Just(Report::PaidAgain),
    ];
    let change = (0..20 * DAY_MS, added, proptest::option::of(1u64..4), report);
    let change = change.prop_map(|(after_ms, added, customer, report)| Change {
        after_ms,
        added,
        customer,
        report,
    });
    let changes = proptest::collection::vec(change, 0..4).prop_map(|mut changes| {
        changes.sort_by_key(|change| change.after_ms);
        changes
    });
    let returned = proptest::collection::vec((0..6usize, 1..3u32), 0..4);
    let goodwill = prop_oneof![3 => Just(0), 1 => 0..3_000_000u32];
    let refund = (0..20 * DAY_MS, returned, goodwill);
    let refund =
        refund.prop_map(|(after_ms, lines, goodwill)| Refund { after_ms, lines, goodwill });
    let order = (
        proptest::option::weighted(0.7, 1u64..4),
        0..800 * DAY_MS,
        proptest::collection::vec(line, 0..4),
        changes,
        proptest::collection::vec(refund, 0..3),
        proptest::option::weighted(0.2, 0..20 * DAY_MS),
    );
    let order =
        order.prop_map(|(customer, after_ms, lines, changes, refunds, cancelled_after_ms)| Order {
            customer,
            after_ms,
            lines,
            changes,
            refunds,
            cancelled_after_ms,
        });
    proptest::collection::vec(order, 1..8)
}

/// Every report of the payment, the first one first. The first customer stays.
fn statements(order: &Order) -> Vec<Statement<'_>> {
    let (mut lines, mut customer): (Vec<&Line>, _) = (order.lines.iter().collect(), order.customer);
    let first = (0, Report::PaidAgain, customer, lines.clone());
    let later = order.changes.iter().map(|change| {
        lines.extend(&change.added);
        customer = customer.or(change.customer);
        (change.after_ms, change.report, customer, lines.clone())
    });
    let all = std::iter::once(first).chain(later);
    let all = all.map(|(after_ms, report, customer, lines)| Statement {
        after_ms,
        report,
        customer,
        lines,
    });
    all.collect()
}

/// The reports that count.
fn paid_statements(order: &Order) -> impl Iterator<Item = Statement<'_>> {
    statements(order).into_iter().filter(|statement| statement.report != Report::Unpaid)
}

/// The customer of an order after all its webhooks.
fn customer_of(order: &Order) -> Option<u64> {
    paid_statements(order).find_map(|statement| statement.customer)
}

/// The distinct facts of an order after all its webhooks.
fn facts_of(order: &Order) -> usize {
    let stated = |statement: Statement<'_>| (statement.customer.is_none(), statement.lines.len());
    let stated: BTreeSet<(bool, usize)> = paid_statements(order).map(stated).collect();
    stated.len() + order.refunds.len() + usize::from(order.cancelled_after_ms.is_some())
}

/// The webhooks of an order, each with its time.
fn webhooks(index: usize, order: &Order) -> Vec<(u64, String)> {
    let id = ORDER + index as u64;
    let at = |after: u64| Time(START + order.after_ms + after).to_rfc3339();
    let refunds: Vec<Value> = (1..)
        .zip(&order.refunds)
        .map(|(number, Refund { after_ms, lines, goodwill })| {
            let lines: Vec<_> = lines.iter().map(|(line, n)| (1_000 + *line as u64, *n)).collect();
            let refund = refund(10 * id + number, id, &at(*after_ms), &lines);
            let amount = format!("-{}.{:02}", goodwill / 100, goodwill % 100);
            if *goodwill == 0 { refund } else { with_adjustment(refund, &amount) }
        })
        .collect();
    let reported = |statement: &Statement<'_>| {
        let topic = match statement.report {
            Report::Unpaid | Report::Updated => "orders/updated",
            Report::PaidAgain => "orders/paid",
        };
        (order.after_ms + statement.after_ms, webhook(topic, &payload(id, order, statement)))
    };
    let mut webhooks: Vec<_> = statements(order).iter().map(reported).collect();
    for (Refund { after_ms, .. }, refund) in order.refunds.iter().zip(&refunds) {
        webhooks.push((order.after_ms + after_ms, webhook("refunds/create", refund)));
    }
    if let Some(after) = order.cancelled_after_ms {
        let cancelled = cancellation(id, &at(after), &refunds);
        webhooks.push((order.after_ms + after, webhook("orders/cancelled", &cancelled)));
    }
    webhooks
}

/// Orders, and deliveries of all their webhooks: each at least once and within 48 hours, so that no
/// webhook is overtaken by one more than 48 hours younger.
fn deliveries() -> impl Strategy<Value = (Vec<Order>, Vec<String>)> {
    orders().prop_flat_map(|orders| {
        let sent: Vec<_> =
            orders.iter().enumerate().flat_map(|(index, order)| webhooks(index, order)).collect();
        let first = proptest::collection::vec(0..48 * HOUR_MS, sent.len());
        let again = (any::<prop::sample::Index>(), 0..400 * DAY_MS);
        let again = proptest::collection::vec(again, 0..8);
        let deliveries = (first, again).prop_map(move |(first, again)| {
            let first = sent.iter().zip(first);
            let mut all: Vec<(u64, String)> =
                first.map(|((at, detail), late)| (at + late, detail.clone())).collect();
            for (index, later) in again {
                let (at, detail) = all[index.index(sent.len())].clone();
                all.push((at + later, detail));
            }
            all.sort();
            all.into_iter().map(|(_, detail)| detail).collect()
        });
        (Just(orders), deliveries)
    })
}

fn payload(id: u64, order: &Order, statement: &Statement<'_>) -> Value {
    let line = |(line, Line { cents, quantity, gift_card }): (usize, &&Line)| {
        json!({
            "id": 1_000 + line,
            "quantity": quantity,
            "price": format!("{}.{:02}", cents / 100, cents % 100),
            "gift_card": gift_card,
        })
    };
    json!({
        "id": id,
        "currency": "EUR",
        "processed_at": Time(START + order.after_ms).to_rfc3339(),
        "financial_status": if statement.report == Report::Unpaid { "partially_paid" } else { "paid" },
        "customer": statement.customer.map(|id| json!({"id": id})),
        "line_items": statement.lines.iter().enumerate().map(line).collect::<Vec<_>>(),
    })
}

/// A point for every cent, so that the causes alone give the exact points.
fn exact() -> Program {
    let document = changed(&program_document(), "/earning/rules/0/per", json!(1));
    Program::parse(&document.to_string()).unwrap()
}

fn delivered<'a>(details: impl IntoIterator<Item = &'a String>) -> Table {
    let table = Table::with(exact());
    for detail in details {
        table.deliver(detail).unwrap();
    }
    table
}

/// The webhooks in order of time, each once.
fn in_time(orders: &[Order]) -> Table {
    let all = orders.iter().enumerate().flat_map(|(index, order)| webhooks(index, order));
    let mut all: Vec<(u64, String)> = all.collect();
    all.sort();
    delivered(all.iter().map(|(_, detail)| detail))
}

/// The points of an order after all its webhooks, from its causes alone.
fn points_of(order: &Order) -> i64 {
    if order.cancelled_after_ms.is_some() {
        return 0;
    }
    let (mut remaining, mut points) = (0, 0);
    let lines = paid_statements(order).last().expect("the first one counts").lines;
    for (index, line) in lines.into_iter().enumerate() {
        let all = order.refunds.iter().flat_map(|refund| &refund.lines);
        let returned: u32 = all.filter(|(of, _)| *of == index).map(|(_, n)| n).sum();
        let cents = i64::from(line.cents) * i64::from(line.quantity.saturating_sub(returned));
        remaining += cents;
        points += if line.gift_card { 0 } else { cents };
    }
    match order.refunds.iter().map(|refund| i64::from(refund.goodwill)).sum::<i64>() {
        0 => points,
        goodwill => points * (remaining - goodwill).max(0) / remaining.max(1),
    }
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

#[test]
fn the_histories_have_webhooks_of_every_topic_that_moves_points() {
    let refund = Refund { after_ms: 1, lines: Vec::new(), goodwill: 1 };
    let change = Change { after_ms: 1, added: Vec::new(), customer: None, report: Report::Updated };
    let order = Order {
        customer: Some(1),
        after_ms: 0,
        lines: Vec::new(),
        changes: vec![change],
        refunds: vec![refund],
        cancelled_after_ms: Some(2),
    };
    let webhooks = webhooks(0, &order);
    let topics = webhooks.iter().map(|(_, detail)| Webhook::parse(detail).unwrap().topic);
    let topics: BTreeSet<String> = topics.collect();
    assert_eq!(topics, OrderFact::topics().map(str::to_owned).collect());
}

proptest! {
    #[test]
    fn any_number_and_order_of_deliveries_gives_identical_items(
        (orders, deliveries) in deliveries(),
    ) {
        let shuffled = delivered(&deliveries);
        prop_assert_eq!(shuffled.items().bytes(), in_time(&orders).items().bytes());
    }

    #[test]
    fn a_ledger_is_the_sum_of_its_causes_and_a_balance_the_sum_of_its_entries(
        (orders, deliveries) in deliveries(),
        after_ms in 0..1_600 * DAY_MS,
    ) {
        let now = Time(START + after_ms);
        let table = delivered(&deliveries);
        let items = table.items();
        for customer in ["1", "2", "3"] {
            let entries: Vec<&LedgerEntry> = items
                .entries
                .iter()
                .filter(|((owner, _), _)| owner == customer)
                .map(|(_, entry)| entry)
                .collect();
            let mine = || orders.iter().enumerate().filter(|(_, order)| {
                customer_of(order).is_some_and(|id| id.to_string() == customer)
            });
            let earned: i64 = mine().map(|(_, order)| points_of(order)).sum();
            let sum: Points = entries.iter().map(|entry| entry.points).sum();
            prop_assert_eq!(sum, Points(earned));
            let standing = table.standing(customer, now);
            prop_assert_eq!(standing.balance, balance_of(&entries, now));
            let causes: usize = mine().map(|(_, order)| facts_of(order)).sum();
            prop_assert_eq!(standing.version, causes as u64);
        }
    }

    #[test]
    fn a_refund_never_gives_points_and_never_takes_more_than_its_order_had(
        (orders, deliveries) in deliveries(),
    ) {
        let items = delivered(&deliveries).items();
        for index in 0..orders.len() {
            let order = &items.orders[&(ORDER + index as u64).to_string()];
            let (mut points, mut spend) = (0, 0);
            for (at, entry) in order.entries.iter().enumerate() {
                prop_assert_eq!(entry.points.0 > 0 || entry.spend.0 > 0, at == 0);
                points += entry.points.0;
                spend += entry.spend.0;
                prop_assert!(points >= 0 && spend >= 0);
            }
        }
    }

    #[test]
    fn a_slower_clock_takes_nothing_shown_back(
        orders in orders(),
        clocks in proptest::collection::vec(0..1_600 * DAY_MS, 2..12),
    ) {
        let table = in_time(&orders);
        let items = table.items();
        let account = items.accounts.get("1").cloned().unwrap_or_else(|| Account::empty("1"));
        let mut seen = Time(0);
        let mut furthest = Time(0);
        for clock in clocks {
            let clock = Time(START + clock);
            let standing = Standing::of(&account, &exact(), Reading { clock, seen });
            prop_assert!(standing.moment >= seen);
            prop_assert!(standing.moment <= clock.max(seen));
            seen = standing.moment;
            furthest = furthest.max(clock);
            let fastest = Reading { clock: furthest, seen: Time(0) };
            let fastest = Standing::of(&account, &exact(), fastest);
            prop_assert_eq!(standing, fastest);
        }
    }

    #[test]
    fn equal_states_are_equal_however_late_they_are_read(
        orders in orders(),
        after_ms in 0..1_600 * DAY_MS,
    ) {
        let table = in_time(&orders);
        let read = table.standing("1", Time(START + after_ms));
        let account = table.items().accounts.get("1").cloned();
        let account = account.unwrap_or_else(|| Account::empty("1"));
        let again = Reading { clock: Time(0), seen: read.moment };
        prop_assert_eq!(Standing::of(&account, &exact(), again), read);
    }

    #[test]
    fn no_json_makes_a_reader_panic(document in json_value()) {
        let text = document.to_string();
        let _ = Webhook::parse(&text);
        let _ = Program::parse(&text);
        let raw = to_raw_value(&document).unwrap();
        for topic in OrderFact::topics() {
            let _ = OrderFact::read(topic, &raw);
        }
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
