//! The standing of a customer, by the clock.

use domain_core::money::Money;
use domain_core::time::Time;
use domain_loyalty::{
    Account, Addition, Balance, Day, EXPIRING_MAX, Expiring, Figures, NextTier, OrderEarning,
    OrderFacts, OrderItem, Paid, PaidLine, Points, Program, Reading, Standing, Tier, order_entries,
};

use super::world::{program, time};

/// An account that earned so many points at these times.
fn account(program: &Program, earned: &[(&str, i64)]) -> Account {
    let absorb = |account: Account, (at, points): &(&str, i64)| {
        let line = PaidLine {
            id: "1".into(),
            quantity: 1,
            amount: Money(points * 100),
            ..PaidLine::default()
        };
        let at = time(at);
        let paid = Paid { at, currency: "EUR".into(), lines: vec![line], ..Paid::default() };
        let earned = program.earned(&paid, &Figures::default()).unwrap();
        let earning = OrderEarning { program_version: 1, terms: program.terms(at), earned };
        let facts = OrderFacts {
            customer: Some("1001".into()),
            paid: Some(paid),
            ..OrderItem::of("1").facts
        };
        let put = order_entries(&facts, &earning);
        let at = Some(at);
        account.with(Addition { customer: "1001", causes: 1, at, gone: &[], put: &put }).unwrap()
    };
    earned.iter().fold(Account::empty("1001"), absorb)
}

fn at(clock: &str) -> Reading {
    Reading { clock: time(clock), seen: Time(0) }
}

fn balance(available: i64, pending: i64) -> Balance {
    Balance { available: Points(available), pending: Points(pending), held: Points(0) }
}

fn tier(program: &Program, id: &str) -> Tier {
    program.tiers().find(|tier| tier.id == id).unwrap().clone()
}

#[test]
fn a_new_customer_has_no_points_and_the_base_tier() {
    let standing = Standing::of(&Account::empty("1001"), &program(), at("2026-11-21T00:00:00Z"));
    let expected = Standing {
        version: 0,
        balance: Balance::default(),
        tier: tier(&program(), "bronze"),
        next_tier: Some(NextTier { id: "silver".into(), title: "Silver".into(), remaining: 500 }),
        expiring: vec![],
        moment: Time(0),
        as_of: None,
    };
    assert_eq!(standing, expected);
}

#[test]
fn points_become_available_and_expire_at_midnight() {
    let account = account(&program(), &[("2026-01-10T15:00:00Z", 600)]);
    let standing = |clock| Standing::of(&account, &program(), at(clock));
    assert_eq!(standing("2026-01-24T23:59:59.999Z").balance, balance(0, 600));
    assert_eq!(standing("2026-01-25T00:00:00Z").balance, balance(600, 0));
    assert_eq!(standing("2027-01-24T23:59:59.999Z").balance, balance(600, 0));
    assert_eq!(standing("2027-01-25T00:00:00Z").balance, balance(0, 0));
}

#[test]
fn a_moment_is_the_latest_change_that_has_happened() {
    let account = account(&program(), &[("2026-01-10T15:00:00Z", 600)]);
    let moments = |clock| {
        let standing = Standing::of(&account, &program(), at(clock));
        (standing.moment, standing.as_of.unwrap())
    };
    let earned = time("2026-01-10T15:00:00Z");
    assert_eq!(moments("2026-01-24T23:59:59Z"), (Time(0), earned));
    let available = time("2026-01-25T00:00:00Z");
    assert_eq!(moments("2026-01-25T00:00:00Z"), (available, available));
    assert_eq!(moments("2026-12-01T00:00:00Z"), (available, available));
    let left_the_window = time("2027-01-10T00:00:00Z");
    assert_eq!(moments("2027-01-24T00:00:00Z"), (left_the_window, left_the_window));
    let expired = time("2027-01-25T00:00:00Z");
    assert_eq!(moments("2030-01-01T00:00:00Z"), (expired, expired));
}

#[test]
fn a_clock_that_is_behind_takes_nothing_back() {
    let account = account(&program(), &[("2026-01-10T15:00:00Z", 600)]);
    let ahead = Standing::of(&account, &program(), at("2026-01-25T00:00:04Z"));
    let behind = Reading { clock: time("2026-01-24T23:59:58Z"), seen: ahead.moment };
    assert_eq!(Standing::of(&account, &program(), behind), ahead);
}

#[test]
fn a_moment_shown_once_stays_even_without_an_event_at_it() {
    let seen = time("2026-02-01T00:00:00Z");
    let reading = Reading { clock: time("2026-01-11T00:00:00Z"), seen };
    let standing = Standing::of(&Account::empty("1001"), &program(), reading);
    assert_eq!((standing.moment, standing.as_of), (seen, Some(seen)));
}

#[test]
fn tiers_are_reached_by_what_was_earned_within_the_window() {
    let earned =
        [("2026-01-10T15:00:00Z", 600), ("2026-06-01T00:00:00Z", 899), ("2026-06-02T00:00:00Z", 1)];
    let account = account(&program(), &earned);
    let standing = |clock| {
        let standing = Standing::of(&account, &program(), at(clock));
        (standing.tier.id, standing.next_tier.map(|next| (next.id, next.remaining)))
    };
    let next = |id: &str, remaining| Some((id.to_owned(), remaining));
    assert_eq!(standing("2026-06-02T00:00:00Z"), ("gold".into(), None));
    assert_eq!(standing("2027-01-09T23:59:59Z"), ("gold".into(), None));
    assert_eq!(standing("2027-01-10T00:00:00Z"), ("silver".into(), next("gold", 600)));
    assert_eq!(standing("2027-06-01T00:00:00Z"), ("bronze".into(), next("silver", 499)));
    assert_eq!(standing("2027-06-02T00:00:00Z"), ("bronze".into(), next("silver", 500)));
}

#[test]
fn expiring_points_are_listed_soonest_first_by_day() {
    let earned = [
        ("2026-03-01T15:00:00Z", 30),
        ("2026-01-10T15:00:00Z", 10),
        ("2026-01-10T18:00:00Z", 5),
        ("2026-12-31T15:00:00Z", 70),
    ];
    let account = account(&program(), &earned);
    let standing = Standing::of(&account, &program(), at("2027-01-01T00:00:00Z"));
    let expiring = |points, at| Expiring { points: Points(points), at: time(at) };
    assert_eq!(
        standing.expiring,
        [
            expiring(15, "2027-01-25T00:00:00Z"),
            expiring(30, "2027-03-16T00:00:00Z"),
            expiring(70, "2028-01-15T00:00:00Z"),
        ]
    );
    let standing = Standing::of(&account, &program(), at("2027-01-25T00:00:00Z"));
    assert_eq!(standing.expiring[0], expiring(30, "2027-03-16T00:00:00Z"));
}

#[test]
fn only_the_next_expiries_are_listed() {
    let program = program();
    let days: Vec<String> =
        (1..=20).map(|day| Day(20_000 + day).start().plus_ms(1).to_rfc3339()).collect();
    let earned: Vec<(&str, i64)> = days.iter().map(|day| (day.as_str(), 2)).collect();
    let standing = Standing::of(
        &account(&program, &earned),
        &program,
        Reading { clock: Day(20_030).start(), seen: Time(0) },
    );
    assert_eq!(standing.expiring.len(), EXPIRING_MAX);
    assert_eq!(standing.balance, balance(30, 10));
}

#[test]
fn points_without_end_never_expire() {
    let mut program = program();
    program.expiry_days = None;
    let account = account(&program, &[("2026-01-10T15:00:00Z", 600)]);
    let standing = Standing::of(&account, &program, at("2096-01-25T00:00:00Z"));
    assert_eq!((standing.balance, standing.expiring), (balance(600, 0), vec![]));
}

#[test]
fn a_new_program_does_not_change_the_terms_of_earned_points() {
    let account = account(&program(), &[("2026-01-10T15:00:00Z", 600)]);
    let mut stingy = program();
    (stingy.pending_days, stingy.expiry_days) = (100, Some(1));
    let standing = Standing::of(&account, &stingy, at("2026-12-25T00:00:00Z"));
    assert_eq!(standing.balance, balance(600, 0));
}
