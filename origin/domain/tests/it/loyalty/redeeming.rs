//! Redemptions: points are held at once, spent once, and never more than there are.

use std::sync::atomic::Ordering;

use origin_domain::bookmark::Bookmark;
use origin_domain::event::{Event, Kind};
use origin_domain::idempotency::{Fingerprint, RETRY_WINDOW_MS};
use origin_domain::loyalty::{
    AcceptedRedemption, Accounts as _, Counter, Delivery, EntryPage, Fate, LedgerReader as _,
    LoyaltyRefusal, Points, Program, ProgramVersion, Reading, Redemption, Request, Standing, State,
    Wanting, view,
};
use origin_domain::port::Consistency;
use origin_domain::privacy::erase_customer;
use origin_domain::time::{DAY_MS, SECOND_MS, Time};
use serde_json::json;

use super::world::{
    Items, Table, cancellation, changed, now, order, program_document, time, webhook,
};

pub(super) const MINUTE_MS: u64 = 60 * SECOND_MS;
const PAID_AT: &str = "2026-11-01T10:00:00Z";

/// When the points of an order paid at [`PAID_AT`] can be redeemed.
pub(super) fn noon() -> Time {
    time("2026-11-20T12:00:00Z")
}

/// A bell costs 250, a lock 100.
fn rewarding() -> Program {
    let rewards = json!([
        {"id": "bell", "title": "A bell", "points": 250},
        {"id": "lock", "title": "A lock", "points": 100},
    ]);
    Program::parse(&changed(&program_document(), "/rewards", rewards).to_string()).unwrap()
}

/// Customer 1001 with so many points to redeem.
pub(super) fn shop(euros: &str) -> Table {
    let table = Table::with(rewarding());
    table.pay(&order(41, Some(1001), PAID_AT, euros)).unwrap();
    table
}

fn version(table: &Table) -> ProgramVersion {
    table.programs.last().unwrap().clone()
}

fn request(key: &str, bookmark: &Bookmark, clock: Time) -> Request {
    Request {
        customer: "1001".into(),
        key: format!("{key:0>16}"),
        fingerprint: Fingerprint::of("POST", "/v1/loyalty/redemptions", key.as_bytes()),
        bookmark: bookmark.clone(),
        now: clock,
    }
}

fn wanting(reward: &str) -> Wanting {
    let points = if reward == "bell" { 250 } else { 100 };
    Wanting { reward: reward.into(), points: Points(points) }
}

fn ask(
    table: &Table,
    request: &Request,
    wanting: &Wanting,
) -> Result<AcceptedRedemption, LoyaltyRefusal> {
    let counter = Counter { accounts: table, log: table, events: table };
    now(counter.redeem(request, wanting, &version(table)))
}

pub(super) fn redeem(table: &Table, reward: &str, key: &str, clock: Time) -> AcceptedRedemption {
    ask(table, &request(key, &Bookmark::default(), clock), &wanting(reward)).unwrap()
}

/// The events published since the last time.
pub(super) fn published(table: &Table) -> Vec<Event> {
    std::mem::take(&mut *table.published.lock().unwrap())
}

/// Delivers everything that is published, and what comes of it, at a clock.
pub(super) fn settle_down(table: &Table, clock: Time) -> Vec<Kind> {
    let mut kinds = Vec::new();
    loop {
        let events = published(table);
        if events.is_empty() {
            return kinds;
        }
        for event in events {
            kinds.push(event.kind);
            table.absorb(&event, Delivery::Live, clock).unwrap();
        }
    }
}

pub(super) fn standing(table: &Table, clock: Time) -> (i64, i64, i64) {
    let balance = table.standing("1001", clock).balance;
    (balance.available.0, balance.pending.0, balance.held.0)
}

pub(super) fn state(table: &Table, asked: &AcceptedRedemption) -> State {
    table.items().redemptions[&asked.redemption.id].redemption.state
}

fn ledger(items: &Items) -> Vec<(&'static str, i64)> {
    items.entries.values().map(|entry| (entry.kind.name(), entry.points.0)).collect()
}

#[test]
fn points_are_held_in_the_answer_and_spent_when_the_consumers_have_run() {
    let table = shop("600.00");
    let asked = redeem(&table, "bell", "one", noon());
    assert_eq!(asked.redemption.state, State::Requested);
    let reading = Reading { clock: noon(), seen: Time(0) };
    let seen = Standing::of(&asked.view.account, &rewarding(), reading);
    assert_eq!((seen.balance.available, seen.balance.held), (Points(350), Points(250)));
    assert_eq!((seen.version, asked.view.bookmark.floor), (1, 1), "nothing is absorbed yet");
    assert_eq!(asked.view.bookmark.pending.len(), 1);
    assert_eq!(standing(&table, noon()), (600, 0, 0), "to others nothing has happened");
    let kinds = settle_down(&table, noon());
    let expected = [Kind::LoyaltyCommanded, Kind::RedemptionHeld, Kind::RedemptionSettled];
    assert_eq!(kinds, expected);
    assert_eq!(standing(&table, noon()), (350, 0, 0));
    assert_eq!(ledger(&table.items()), [("earn", 600), ("hold", -250), ("settle", 0)]);
    assert_eq!(table.items().accounts["1001"].version, 3, "order, decision, end");
    let account = now(table.account("1001", Consistency::Strong)).unwrap().unwrap();
    assert!(account.has_absorbed(asked.redemption.id, asked.redemption.time));
    assert_eq!(table.codes.lock().unwrap().len(), 1);
}

#[test]
fn the_decision_takes_the_place_of_what_was_pending() {
    let table = shop("600.00");
    let asked = redeem(&table, "bell", "one", noon());
    let commanded = published(&table);
    table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
    let read = now((&table).read("1001", 1, &[])).unwrap();
    let seen = view("1001", &read, &asked.view.bookmark, noon());
    assert_eq!(seen.pending, []);
    assert_eq!((seen.bookmark.floor, seen.bookmark.pending.len()), (2, 0));
    assert_eq!(seen.redemption(asked.redemption.id).unwrap().state, State::Held);
}

#[test]
fn whoever_is_second_is_rejected_and_loses_nothing() {
    let table = shop("300.00");
    let phone = redeem(&table, "bell", "phone", noon());
    let laptop = redeem(&table, "bell", "laptop", noon());
    let kinds = settle_down(&table, noon());
    assert!(kinds.contains(&Kind::RedemptionRejected), "{kinds:?}");
    assert!(matches!(state(&table, &phone), State::Settled { .. }));
    assert_eq!(state(&table, &laptop), State::Rejected);
    assert_eq!(standing(&table, noon()), (50, 0, 0));
}

#[test]
fn two_devices_at_once_never_spend_more_than_there_is() {
    let table = shop("300.00");
    let (phone, laptop) =
        (redeem(&table, "bell", "phone", noon()), redeem(&table, "bell", "laptop", noon()));
    let commanded = published(&table);
    let rival = commanded[1].clone();
    table.meanwhile.lock().unwrap().push(Box::new(move |items| {
        let other = Table::with(rewarding());
        *other.items.lock().unwrap() = items.clone();
        other.absorb(&rival, Delivery::Live, noon()).unwrap();
        *items = other.items();
    }));
    table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
    assert_eq!(state(&table, &laptop), State::Held);
    assert_eq!(state(&table, &phone), State::Rejected);
    assert_eq!(standing(&table, noon()), (50, 0, 250));
}

#[test]
fn what_is_asked_for_must_be_offered_at_its_price_and_be_there() {
    let table = shop("240.00");
    let nothing = Bookmark::default();
    let refused = |reward: &str, points: i64| {
        let wanting = Wanting { reward: reward.into(), points: Points(points) };
        ask(&table, &request("one", &nothing, noon()), &wanting).unwrap_err()
    };
    assert_eq!(refused("horn", 10), LoyaltyRefusal::RewardUnknown);
    assert_eq!(refused("lock", 99), LoyaltyRefusal::OtherPrice(Points(100)));
    assert_eq!(refused("bell", 250), LoyaltyRefusal::Uncovered(Points(240)));
    assert_eq!(published(&table), []);
    let pending = time(PAID_AT).plus_ms(DAY_MS);
    let early = ask(&table, &request("one", &nothing, pending), &wanting("lock"));
    assert_eq!(early.unwrap_err(), LoyaltyRefusal::Uncovered(Points(0)), "not available yet");
}

#[test]
fn a_client_s_own_pending_redemptions_count_before_anybody_decides() {
    let table = shop("300.00");
    let first = redeem(&table, "bell", "one", noon());
    let again = request("two", &first.view.bookmark, noon());
    let refused = ask(&table, &again, &wanting("lock")).unwrap_err();
    assert_eq!(refused, LoyaltyRefusal::Uncovered(Points(50)));
}

#[test]
fn a_repeated_request_has_one_effect_and_another_content_is_a_conflict() {
    let table = shop("300.00");
    let asked = redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    let later = noon().plus_ms(MINUTE_MS);
    let again = redeem(&table, "bell", "one", later);
    assert_eq!(again.redemption.id, asked.redemption.id);
    assert!(matches!(again.redemption.state, State::Settled { .. }), "the present state");
    settle_down(&table, later);
    assert_eq!(standing(&table, later), (50, 0, 0));
    let mut other = request("one", &Bookmark::default(), later);
    other.fingerprint = Fingerprint::of("POST", "/v1/loyalty/redemptions", b"other");
    assert_eq!(ask(&table, &other, &wanting("bell")).unwrap_err(), LoyaltyRefusal::Conflict);
    let much_later = request("one", &Bookmark::default(), noon().plus_ms(RETRY_WINDOW_MS + 2));
    assert_eq!(ask(&table, &much_later, &wanting("bell")).unwrap_err(), LoyaltyRefusal::Expired);
}

#[test]
fn a_command_is_never_earlier_than_what_its_client_has_seen() {
    let table = shop("300.00");
    let seen = Bookmark { moment: noon().plus_ms(5 * SECOND_MS), ..Bookmark::default() };
    let asked = ask(&table, &request("one", &seen, noon()), &wanting("lock")).unwrap();
    assert_eq!(asked.redemption.time, seen.moment.plus_ms(1));
}

#[test]
fn a_redelivered_request_publishes_its_stored_decision_again() {
    let table = shop("300.00");
    redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.is_cut_off.store(true, Ordering::SeqCst);
    let error = table.absorb(&commanded, Delivery::Live, noon()).unwrap_err();
    assert!(error.is_retryable(), "decided, but not told: the message stays");
    assert_eq!(standing(&table, noon()), (50, 0, 250));
    table.is_cut_off.store(false, Ordering::SeqCst);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let told = published(&table);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    assert_eq!(published(&table), told, "byte for byte");
    assert_eq!(told[0].kind, Kind::RedemptionHeld);
    assert_eq!(standing(&table, noon()), (50, 0, 250));
}

#[test]
fn oldest_points_are_spent_first_and_what_is_spent_never_expires() {
    let table = Table::with(rewarding());
    table.pay(&order(41, Some(1001), "2026-01-01T10:00:00Z", "250.00")).unwrap();
    table.pay(&order(51, Some(1001), "2026-06-01T10:00:00Z", "250.00")).unwrap();
    redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    assert_eq!(standing(&table, noon()), (250, 0, 0));
    // The first order's points would have expired in January 2027.
    assert_eq!(standing(&table, time("2027-02-01T00:00:00Z")), (250, 0, 0));
    assert_eq!(standing(&table, time("2027-07-01T00:00:00Z")), (0, 0, 0));
}

#[test]
fn points_spent_and_then_given_back_are_paid_for_by_what_is_earned_next() {
    let table = shop("300.00");
    redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    let back = cancellation(41, "2026-11-21T00:00:00Z", &[]);
    table.deliver(&webhook("orders/cancelled", &back)).unwrap();
    let later = time("2026-11-22T00:00:00Z");
    assert_eq!(standing(&table, later), (-250, 0, 0), "a refund may; a redemption may not");
    let refused = ask(&table, &request("two", &Bookmark::default(), later), &wanting("lock"));
    assert_eq!(refused.unwrap_err(), LoyaltyRefusal::Uncovered(Points(-250)));
    table.pay(&order(51, Some(1001), "2026-11-22T00:00:00Z", "300.00")).unwrap();
    assert_eq!(standing(&table, time("2026-12-20T00:00:00Z")), (50, 0, 0));
}

#[test]
fn a_pending_hold_stands_in_the_ledger_where_it_will_stand() {
    let table = shop("300.00");
    let asked = redeem(&table, "bell", "one", noon());
    let page = |limit| {
        let page = now(table.entries("1001", None, limit)).unwrap();
        asked.view.page(page, None, limit)
    };
    let before: Vec<_> = page(10).entries.iter().map(|entry| entry.key()).collect();
    assert_eq!(page(1).entries.len(), 1);
    let rest = now(table.entries("1001", page(1).next.as_ref(), 1)).unwrap();
    let rest = asked.view.page(rest, page(1).next.as_ref(), 1);
    assert_eq!((rest.entries[0].kind.name(), rest.next), ("earn", None));
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let after = now(table.entries("1001", None, 10)).unwrap().entries;
    let after: Vec<_> = after.iter().map(|entry| entry.key()).collect();
    assert_eq!(before, after);
}

#[test]
fn a_hold_decided_between_the_page_and_the_account_is_on_the_page() {
    let table = shop("300.00");
    let asked = redeem(&table, "bell", "one", noon());
    let page = now(table.entries("1001", None, 10)).unwrap();
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let read = now((&table).read("1001", 0, &[])).unwrap();
    let seen = view("1001", &read, &asked.view.bookmark, noon());
    let kinds =
        |page: EntryPage| page.entries.iter().map(|one| one.kind.name()).collect::<Vec<_>>();
    assert_eq!(kinds(page.clone()), ["earn"]);
    assert_eq!(kinds(seen.page(page, None, 10)), ["hold", "earn"]);
    let later = now(table.entries("1001", None, 10)).unwrap();
    assert_eq!(kinds(seen.page(later, None, 10)), ["hold", "earn"]);
}

#[test]
fn a_redemption_is_small() {
    let table = shop("300.00");
    let long = Redemption {
        reward: "r".repeat(64),
        points: Points(i64::MAX),
        until: Time(u64::MAX),
        program_version: u64::MAX,
        state: State::Settled { at: Time(u64::MAX) },
        ..redeem(&table, "bell", "one", noon()).redemption
    };
    let stored = rmp_serde::to_vec_named(&long).unwrap();
    assert!(stored.len() < 220, "{} bytes", stored.len());
}

#[test]
fn a_redemption_older_than_the_erasure_of_its_customer_is_dropped_whenever_it_arrives() {
    let table = shop("600.00");
    let asked = redeem(&table, "bell", "one", noon());
    let commanded = published(&table);
    table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
    let held = published(&table);
    now(erase_customer(&table, "1001", &[], noon().plus_ms(MINUTE_MS))).unwrap();
    for event in commanded.iter().chain(&held) {
        let fate = table.absorb(event, Delivery::Live, noon().plus_ms(2 * MINUTE_MS));
        assert_eq!(fate, Ok(Fate::Erased), "whoever looks is told why");
    }
    let items = table.items();
    assert!(items.entries.is_empty() && items.accounts["1001"].redemptions.is_empty());
    assert_eq!(items.redemptions[&asked.redemption.id].customer, "");
    assert_eq!(standing(&table, noon().plus_ms(DAY_MS)), (0, 0, 0));
    assert!(table.codes.lock().unwrap().is_empty(), "nothing was settled");
}
