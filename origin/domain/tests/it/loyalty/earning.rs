//! What an order is worth.

use origin_domain::loyalty::{
    Cause, EarningError, EntryKind, Figures, LedgerEntry, OrderFacts, OrderItem, Paid, PaidLine,
    Points, ProgramVersion, Reckoning, order_entries,
};
use origin_domain::money::Money;
use origin_domain::time::Time;

use super::world::{program, time};

fn version() -> ProgramVersion {
    ProgramVersion { version: 3, active_from: Time(0), program: program() }
}

fn bought(cents: &[i64]) -> OrderFacts {
    let line = |(index, cents): (usize, &i64)| PaidLine {
        id: (index + 1).to_string(),
        quantity: 1,
        amount: Money(*cents),
        is_gift_card: false,
    };
    OrderFacts {
        customer: Some("1001".into()),
        paid: Some(Paid {
            at: time("2026-11-20T17:04:09Z"),
            currency: "EUR".into(),
            is_test: false,
            lines: cents.iter().enumerate().map(line).collect(),
        }),
        ..OrderItem::of("820982911946154508").facts
    }
}

fn entries(facts: &OrderFacts, version: &ProgramVersion) -> Result<Vec<LedgerEntry>, EarningError> {
    let Some(paid) = &facts.paid else { return Ok(vec![]) };
    let reckoning = Reckoning {
        program_version: version.version,
        terms: version.program.terms(paid.at),
        earned: version.program.earned(paid, &Figures::default())?,
    };
    Ok(order_entries(facts, &reckoning))
}

fn points(facts: &OrderFacts, version: &ProgramVersion) -> i64 {
    entries(facts, version).unwrap().iter().map(|entry| entry.points.0).sum()
}

#[test]
fn an_order_earns_one_entry_with_all_that_is_known_of_it() {
    let entries = entries(&bought(&[84_433, 116_910]), &version()).unwrap();
    let [entry] = &entries[..] else { panic!("one entry, not {entries:?}") };
    assert_eq!(entry.points, Points(2_013));
    assert_eq!(entry.kind, EntryKind::Earn);
    assert_eq!(entry.id, "earn/order/820982911946154508");
    assert_eq!(entry.cause, Cause::order("820982911946154508"));
    assert_eq!(entry.program_version, 3);
    assert_eq!(entry.at, time("2026-11-20T17:04:09Z"));
    assert_eq!(entry.available_at(), time("2026-12-05T00:00:00Z"));
    assert_eq!(entry.expires_at(), Some(time("2027-12-05T00:00:00Z")));
}

#[test]
fn an_order_is_rounded_down_once_not_line_by_line() {
    assert_eq!(points(&bought(&[150, 150]), &version()), 3);
    assert_eq!(points(&bought(&[99]), &version()), 0);
    assert_eq!(points(&bought(&[100]), &version()), 1);
}

#[test]
fn any_ratio_of_whole_numbers_earns_exactly() {
    let mut version = version();
    version.program.earning.points = 3;
    version.program.earning.per_amount = Money(200);
    assert_eq!(points(&bought(&[66]), &version), 0);
    assert_eq!(points(&bought(&[67]), &version), 1);
    assert_eq!(points(&bought(&[1_000]), &version), 15);
}

#[test]
fn gift_cards_and_test_orders_earn_only_if_the_programme_says_so() {
    let mut facts = bought(&[5_000, 1_000]);
    facts.paid.as_mut().unwrap().lines[0].is_gift_card = true;
    let mut version = version();
    assert_eq!(points(&facts, &version), 10);
    version.program.earning.gift_cards = true;
    assert_eq!(points(&facts, &version), 60);
    facts.paid.as_mut().unwrap().is_test = true;
    assert_eq!(points(&facts, &version), 0);
    version.program.earning.test_orders = true;
    assert_eq!(points(&facts, &version), 60);
}

#[test]
fn guests_and_orders_not_known_to_be_paid_earn_nothing() {
    let mut guest = bought(&[5_000]);
    guest.customer = None;
    assert_eq!(entries(&guest, &version()), Ok(vec![]));
    let mut unpaid = bought(&[5_000]);
    unpaid.paid = None;
    assert_eq!(entries(&unpaid, &version()), Ok(vec![]));
}

#[test]
fn an_order_that_earns_nothing_leaves_no_entry() {
    assert_eq!(entries(&bought(&[]), &version()), Ok(vec![]));
    assert_eq!(entries(&bought(&[0]), &version()), Ok(vec![]));
}

#[test]
fn without_a_pending_period_points_count_at_once() {
    let mut version = version();
    version.program.pending_days = 0;
    let entry: LedgerEntry = entries(&bought(&[100]), &version).unwrap().remove(0);
    assert_eq!(entry.available_at(), entry.at);
    assert_eq!(entry.expires_at(), Some(time("2027-11-21T00:00:00Z")));
    version.program.expiry_days = None;
    let entry: LedgerEntry = entries(&bought(&[100]), &version).unwrap().remove(0);
    assert_eq!(entry.expires_at(), None);
}

#[test]
fn an_order_in_another_currency_is_refused_not_converted() {
    let mut facts = bought(&[100]);
    facts.paid.as_mut().unwrap().currency = "CHF".into();
    let error = EarningError::OtherCurrency { order: "CHF".into(), program: "EUR".into() };
    assert_eq!(entries(&facts, &version()), Err(error));
}

#[test]
fn more_points_than_an_account_can_add_up_are_refused() {
    assert_eq!(points(&bought(&[99_999_999_999_999]), &version()), 999_999_999_999);
    assert_eq!(points(&bought(&[100_000_000_000_000]), &version()), 1_000_000_000_000);
    let error = Err(EarningError::TooManyPoints);
    assert_eq!(entries(&bought(&[100_000_000_000_100]), &version()), error);
    assert_eq!(entries(&bought(&[i64::MAX, i64::MAX]), &version()), error);
}
