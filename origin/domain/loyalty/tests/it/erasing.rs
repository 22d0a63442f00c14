//! An erased customer stays erased, even if older events arrive late.

use domain_core::port::{PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{
    LedgerStore as _, LoadRequest, LoadedLedger, OrderFact, Outcome, Points, decide,
};
use domain_privacy::{Erased, erase_customer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::world::{Table, now, order, program, refund, time, webhook};

const CUSTOMER: &str = "1001";

fn paid(id: u64, at: &str) -> Value {
    order(id, Some(1001), at, "100.00")
}

fn refund_webhook(of: u64, at: &str) -> String {
    webhook("refunds/create", &refund(of * 10, of, at, &[(of + 1, 1)]))
}

fn erase(table: &Table, at: &str) -> Result<Erased, PortError> {
    now(erase_customer(table, CUSTOMER, &[], time(at)))
}

fn total(table: &Table) -> i64 {
    let entries = table.items().entries.into_values();
    entries.map(|entry| entry.points).sum::<Points>().0
}

/// The points of all lots of the account.
fn held(table: &Table) -> i64 {
    let account = &table.items().accounts[CUSTOMER];
    account.lots.iter().map(|lot| lot.points.0).sum()
}

#[test]
fn everything_up_to_the_demand_is_erased_and_nothing_after_it() {
    let table = Table::with(program());
    table.pay(&paid(1, "2026-10-01T08:00:00Z")).unwrap();
    table.pay(&paid(2, "2026-11-01T08:00:00Z")).unwrap();
    table.deliver(&refund_webhook(2, "2026-11-02T08:00:00Z")).unwrap();
    table.pay(&paid(3, "2026-11-20T08:00:00Z")).unwrap();
    let newest = table.items().entries.into_values().next_back().unwrap();
    let erased = erase(&table, "2026-11-10T00:00:00Z").unwrap();
    assert_eq!(erased.orders, 2);
    let items = table.items();
    assert_eq!(items.entries.into_values().collect::<Vec<_>>(), [newest]);
    assert_eq!(held(&table), total(&table));
    for (id, customer) in [("1", None), ("2", None), ("3", Some(CUSTOMER))] {
        assert_eq!(items.orders[id].facts.customer.as_deref(), customer, "order {id}");
    }
    assert!(items.orders["1"].entries.is_empty() && items.orders["1"].earning.is_none());
}

#[test]
fn an_order_older_than_the_erasure_stays_out_and_a_newer_one_counts() {
    let table = Table::with(program());
    erase(&table, "2026-11-10T00:00:00Z").unwrap();
    let late = table.pay(&paid(1, "2026-11-09T23:59:59Z")).unwrap();
    assert!(matches!(late, Outcome::Erased { .. }), "{late:?}");
    assert!(table.items().orders.is_empty() && table.items().entries.is_empty());
    let new = table.pay(&paid(2, "2026-11-10T00:00:01Z")).unwrap();
    assert!(matches!(new, Outcome::Applied { .. }), "{new:?}");
    assert_eq!(held(&table), total(&table));
    assert!(total(&table) > 0);
}

#[test]
fn a_refund_of_an_erased_order_moves_no_points() {
    let table = Table::with(program());
    table.pay(&paid(1, "2026-11-01T08:00:00Z")).unwrap();
    erase(&table, "2026-11-10T00:00:00Z").unwrap();
    let version = table.items().accounts[CUSTOMER].version;
    table.deliver(&refund_webhook(1, "2026-11-12T08:00:00Z")).unwrap();
    assert!(table.items().entries.is_empty());
    assert_eq!(table.items().accounts[CUSTOMER].version, version);
}

#[test]
fn a_refund_that_read_its_order_before_the_erasure_and_the_account_after_it_is_decided_again() {
    let table = Table::with(program());
    table.pay(&paid(1, "2026-11-01T08:00:00Z")).unwrap();
    let request = LoadRequest { order: Some("1"), ..LoadRequest::default() };
    let order = now(table.load(request)).unwrap().order;
    erase(&table, "2026-11-10T00:00:00Z").unwrap();
    // The items of one batch are read at different times.
    let request = LoadRequest { customer: Some(CUSTOMER), ..LoadRequest::default() };
    let loaded = LoadedLedger { order, ..now(table.load(request)).unwrap() };
    let payload =
        RawValue::from_string(refund(10, 1, "2026-11-12T08:00:00Z", &[(2, 1)]).to_string());
    let fact = OrderFact::read("refunds/create", &payload.unwrap()).unwrap().unwrap();
    let change = decide(loaded, &fact, None).unwrap().unwrap();
    assert_eq!(now(table.commit(&change)), Ok(Written::Conflict));
}

#[test]
fn an_order_absorbed_during_the_erasure_of_its_customer_is_dropped() {
    let table = Table::with(program());
    table.pay(&paid(1, "2026-11-01T08:00:00Z")).unwrap();
    let other = Table::with(program());
    other.pay(&paid(1, "2026-11-01T08:00:00Z")).unwrap();
    erase(&other, "2026-11-10T00:00:00Z").unwrap();
    // The erasure happens between the consumer's read and its write.
    let erased = other.items();
    table.meanwhile.lock().unwrap().push(Box::new(move |items| *items = erased));
    let late = table.pay(&paid(2, "2026-11-02T08:00:00Z")).unwrap();
    assert!(matches!(late, Outcome::Erased { .. }), "{late:?}");
    assert!(table.items().entries.is_empty());
}

#[test]
fn erasing_twice_erases_once_and_a_later_demand_erases_more() {
    let table = Table::with(program());
    for (id, at) in [(1, "2026-10-01T08:00:00Z"), (2, "2026-11-20T08:00:00Z")] {
        table.pay(&paid(id, at)).unwrap();
    }
    assert_eq!(erase(&table, "2026-11-10T00:00:00Z").unwrap().orders, 1);
    let items = table.items();
    assert_eq!(erase(&table, "2026-11-10T00:00:00Z").unwrap(), Erased::default());
    assert_eq!(erase(&table, "2026-10-15T00:00:00Z").unwrap(), Erased::default());
    assert_eq!(table.items(), items);
    assert_eq!(erase(&table, "2026-12-01T00:00:00Z").unwrap().orders, 1);
    assert!(table.items().entries.is_empty());
    assert_eq!(held(&table), 0);
    assert_eq!(table.items().accounts[CUSTOMER].erased_at, Some(time("2026-12-01T00:00:00Z")));
}

#[test]
fn a_ledger_of_many_pages_is_erased_to_its_end() {
    let table = Table::with(program());
    for id in 1..=130 {
        let at = Time(time("2026-01-01T00:00:00Z").0 + id * 3_600_000).to_rfc3339();
        table.pay(&paid(id, &at)).unwrap();
    }
    let erased = erase(&table, "2026-11-10T00:00:00Z").unwrap();
    assert_eq!(erased, Erased { entries: 130, orders: 130 });
    assert_eq!((table.items().entries.len(), held(&table)), (0, 0));
}
