//! Absorbing webhooks that arrive twice, at once, or from another shop.

use domain_core::money::Money;
use domain_core::port::{CONFLICT_ROUNDS_MAX, PortError};
use domain_loyalty::{
    AbsorbError, Account, Cause, Day, EarningError, LOTS_MAX, LedgerReader as _, Lot, Outcome,
    POINTS_MAX, Points, SPENT_DAYS_MAX, Spent, Terms,
};
use serde_json::json;

use super::world::{Items, Meanwhile, Table, earning, now, order, program, time, version, webhook};

const AT: &str = "2026-11-20T17:04:09Z";

fn applied(order: u64, customer: Option<&str>, points: i64) -> Outcome {
    Outcome::Applied {
        cause: Cause::order(&order.to_string()),
        customer: customer.map(str::to_owned),
        points: Points(points),
    }
}

#[test]
fn an_order_delivered_twice_brings_its_points_once() {
    let table = Table::with(program());
    let payload = order(41, Some(1001), AT, "129.90");
    assert_eq!(table.pay(&payload), Ok(applied(41, Some("1001"), 129)));
    let items = table.items();
    assert_eq!(table.pay(&payload), Ok(Outcome::Known { cause: Cause::order("41") }));
    assert_eq!(table.items(), items);
    let account = &items.accounts["1001"];
    assert_eq!((account.version, account.newest), (1, Some(time(AT))));
    assert_eq!(account.lots.len(), 1);
    assert_eq!(account.lots[0].points, Points(129));
}

#[test]
fn a_guests_order_is_stored_without_points() {
    let table = Table::with(program());
    assert_eq!(table.pay(&order(41, None, AT, "129.90")), Ok(applied(41, None, 0)));
    let items = table.items();
    assert_eq!((items.orders.len(), items.accounts.len(), items.entries.len()), (1, 0, 0));
    assert_eq!(items.orders["41"].version, 1);
}

#[test]
fn an_order_worth_nothing_still_counts_as_a_cause() {
    let table = Table::with(program());
    assert_eq!(table.pay(&order(41, Some(1001), AT, "0.00")), Ok(applied(41, Some("1001"), 0)));
    let account = &table.items().accounts["1001"];
    assert_eq!((account.version, account.lots.len()), (1, 0));
}

#[test]
fn an_order_too_small_for_a_point_still_counts_as_money_spent() {
    let table = Table::with(program());
    assert_eq!(table.pay(&order(41, Some(1001), AT, "0.99")), Ok(applied(41, Some("1001"), 0)));
    let lot = table.items().accounts["1001"].lots[0];
    assert_eq!((lot.points, lot.spend), (Points(0), Money(99)));
}

#[test]
fn orders_of_one_day_share_a_lot() {
    let table = Table::with(program());
    table.pay(&order(41, Some(1001), "2026-11-20T00:00:00.001Z", "10.00")).unwrap();
    table.pay(&order(51, Some(1001), "2026-11-20T23:59:59Z", "5.00")).unwrap();
    table.pay(&order(61, Some(1001), "2026-11-21T00:00:01Z", "3.00")).unwrap();
    let account = &table.items().accounts["1001"];
    let points: Vec<i64> = account.lots.iter().map(|lot| lot.points.0).collect();
    assert_eq!((account.version, points), (3, vec![15, 3]));
}

#[test]
fn an_order_counts_under_the_program_of_its_own_time() {
    let mut table = Table::with(program());
    let double = earning("/rules/0/points", json!("line.amount * 2"));
    let active_from = time("2026-11-20T12:00:00Z");
    table.programs.push(version(2, active_from, double));
    table.pay(&order(41, Some(1001), "2026-11-20T12:00:00Z", "10.00")).unwrap();
    table.pay(&order(51, Some(1001), "2026-11-20T11:59:59Z", "10.00")).unwrap();
    let items = table.items();
    let counted: Vec<(u64, i64)> =
        items.entries.values().map(|entry| (entry.program_version, entry.points.0)).collect();
    assert_eq!(counted, [(1, 10), (2, 20)]);
}

#[test]
fn before_the_first_program_an_order_is_stored_and_earns_nothing() {
    let table = Table::default();
    assert_eq!(table.pay(&order(41, Some(1001), AT, "10.00")), Ok(applied(41, Some("1001"), 0)));
    assert_eq!(table.items().orders.len(), 1);
}

#[test]
fn a_webhook_that_moves_no_points_is_ignored_with_its_topic() {
    let table = Table::with(program());
    let outcome = table.deliver(&webhook("products/update", &json!({"id": 1})));
    assert_eq!(outcome, Ok(Outcome::Ignored { topic: "products/update".into() }));
    assert_eq!(table.items(), Items::default());
}

#[test]
fn another_shops_order_never_reaches_our_ledger() {
    let table = Table::with(program());
    let detail = webhook("orders/paid", &order(41, Some(1001), AT, "10.00"));
    let theirs = detail.replace("demo.myshopify.com", "other.myshopify.com");
    let error = table.deliver(&theirs).unwrap_err();
    assert_eq!(error, AbsorbError::OtherShop("other.myshopify.com".into()));
    assert!(!error.is_retryable());
    assert_eq!(table.items(), Items::default());
}

#[test]
fn an_uncountable_order_changes_nothing_and_is_not_retried() {
    let table = Table::with(program());
    let mut payload = order(41, Some(1001), AT, "10.00");
    payload["currency"] = json!("CHF");
    let error = table.pay(&payload).unwrap_err();
    let expected = EarningError::OtherCurrency { order: "CHF".into(), program: "EUR".into() };
    assert_eq!(error, AbsorbError::Earning(expected));
    assert!(!error.is_retryable());
    payload["line_items"] = json!(7);
    let error = table.pay(&payload).unwrap_err();
    assert_eq!(error.to_string(), "payload \"/line_items\" is not a list");
    assert!(!error.is_retryable());
    assert_eq!(table.items(), Items::default());
}

#[test]
fn an_order_past_the_bound_of_its_account_is_rejected_whole() {
    let table = Table::with(program());
    let lot = |day| {
        let (earned_on, later) = (Day(day), Some(Day(day + 365)));
        Lot {
            terms: Terms { earned_on, available_on: later, expires_on: later },
            on: earned_on,
            points: Points(POINTS_MAX),
            spend: Money(i64::MAX),
            orders: i64::MAX,
        }
    };
    let lots = (0..u32::try_from(LOTS_MAX).unwrap()).map(|day| lot(65_536 + day)).collect();
    let spent = |day| Spent { on: Day(65_536 + day), points: Points(POINTS_MAX) };
    let spent = (0..u32::try_from(SPENT_DAYS_MAX).unwrap()).map(spent).collect();
    let account = Account { version: 5_000, lots, spent, ..Account::empty("1001") };
    let stored = rmp_serde::to_vec_named(&account).unwrap();
    assert!(stored.len() < 400_000, "{} bytes", stored.len());
    table.items.lock().unwrap().accounts.insert("1001".into(), account);
    let before = table.items();
    let error = table.pay(&order(41, Some(1001), AT, "10.00")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the account has more than 2200 lots, 2200 days of spending, 32 merged customers or 400 redemptions"
    );
    assert_eq!(table.items(), before);
}

/// Another consumer's transaction that adds another order of the customer.
fn rival(order_id: u64) -> Meanwhile {
    Box::new(move |items| {
        let rival = Table::with(program());
        *rival.items.lock().unwrap() = items.clone();
        rival.pay(&order(order_id, Some(1001), AT, "1.00")).unwrap();
        *items = rival.items();
    })
}

#[test]
fn a_lost_race_for_the_account_is_decided_again_and_loses_neither_order() {
    let table = Table::with(program());
    table.meanwhile.lock().unwrap().push(rival(51));
    assert_eq!(table.pay(&order(41, Some(1001), AT, "10.00")), Ok(applied(41, Some("1001"), 10)));
    let account = &table.items().accounts["1001"];
    assert_eq!((account.version, account.lots[0].points), (2, Points(11)));
}

#[test]
fn a_race_lost_against_the_same_order_counts_it_once() {
    let table = Table::with(program());
    table.meanwhile.lock().unwrap().push(rival(41));
    let outcome = table.pay(&order(41, Some(1001), AT, "1.00"));
    assert_eq!(outcome, Ok(Outcome::Known { cause: Cause::order("41") }));
    let account = &table.items().accounts["1001"];
    assert_eq!((account.version, account.lots[0].points), (1, Points(1)));
}

#[test]
fn losing_every_race_leaves_the_message_in_the_queue() {
    let table = Table::with(program());
    let rivals = (0..CONFLICT_ROUNDS_MAX).map(|round| rival(51 + u64::from(round)));
    table.meanwhile.lock().unwrap().extend(rivals);
    let error = table.pay(&order(41, Some(1001), AT, "10.00")).unwrap_err();
    assert!(matches!(error, AbsorbError::Port(PortError::Unavailable(_))));
    assert!(error.is_retryable());
    assert_eq!(table.items().accounts["1001"].version, u64::from(CONFLICT_ROUNDS_MAX));
    assert_eq!(table.pay(&order(41, Some(1001), AT, "10.00")), Ok(applied(41, Some("1001"), 10)));
}

#[test]
fn a_ledger_pages_newest_first_without_gap_or_repetition() {
    let table = Table::with(program());
    for (id, day) in [(31, 3), (11, 1), (41, 4), (22, 2), (21, 2)] {
        table.pay(&order(id, Some(1001), &format!("2026-11-0{day}T00:00:00Z"), "1.00")).unwrap();
    }
    table.pay(&order(99, Some(1002), AT, "1.00")).unwrap();
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = now(table.entries("1001", before.as_ref(), 2)).unwrap();
        pages.push(page.entries.into_iter().map(|entry| entry.cause.id).collect::<Vec<_>>());
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec!["41", "31"], vec!["22", "21"], vec!["11"]]);
}

#[test]
fn no_item_depends_on_the_time_of_delivery() {
    let table = Table::with(program());
    let detail = webhook("orders/paid", &order(41, Some(1001), AT, "10.00"));
    table.deliver(&detail).unwrap();
    let late = Table::with(program());
    let redelivered = detail
        .replace("2026-11-20T17:04:13.110521905Z", "2026-11-21T17:04:13Z")
        .replace("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", "another");
    assert_ne!(detail, redelivered);
    late.deliver(&redelivered).unwrap();
    assert_eq!(late.items().bytes(), table.items().bytes());
    assert_eq!(table.items().accounts["1001"].newest, Some(time(AT)));
}

/// Reading a balance reads no entries: every day is one lot.
#[test]
fn a_balance_of_ten_thousand_entries_is_one_small_item() {
    let table = Table::with(program());
    for id in 0..10_000u64 {
        let at = time("2026-01-01T00:00:00.001Z").plus_ms(id * 3_000_000).to_rfc3339();
        table.pay(&order(2 * id + 2, Some(1001), &at, "1.00")).unwrap();
    }
    let items = table.items();
    assert_eq!(items.entries.len(), 10_000);
    let account = &items.accounts["1001"];
    assert_eq!((account.version, account.lots.len()), (10_000, 348));
    let stored = rmp_serde::to_vec_named(account).unwrap();
    assert!(stored.len() < 45_000, "{} bytes", stored.len());
    let balance = table.standing("1001", time("2027-01-01T00:00:00Z")).balance;
    assert_eq!((balance.available, balance.pending), (Points(10_000), Points(0)));
}
