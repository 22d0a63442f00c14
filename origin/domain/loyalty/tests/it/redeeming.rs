//! Redemptions: points are held at once, spent once, and never more than the account has.

use std::sync::atomic::Ordering;

use domain_core::bookmark::Bookmark;
use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, RETRY_WINDOW_MS};
use domain_core::port::Consistency;
use domain_core::resource::{CommandRequest, Commands, Rejection, Resource as _, Source as _};
use domain_core::time::{DAY_MS, SECOND_MS, Time};
use domain_loyalty::{
    AcceptedRedemption, Delivery, EntryPage, Fate, LedgerReader as _, LoyaltyRejection, Points,
    PoolSlot, Program, ProgramVersion, REDEMPTIONS_MAX, Reading, Redemption, RewardRequest,
    Standing, State,
};
use domain_privacy::erase_customer;
use serde_json::json;

use super::world::{
    Items, Meanwhile, Table, cancellation, changed, now, order, pool_id, program_document, time,
    webhook,
};

pub(super) const MINUTE_MS: u64 = 60 * SECOND_MS;
const PAID_AT: &str = "2026-11-01T10:00:00Z";

/// When the points of an order paid at [`PAID_AT`] can be redeemed.
pub(super) fn noon() -> Time {
    time("2026-11-20T12:00:00Z")
}

/// A bell costs 250, a lock 100.
pub(super) fn rewarding() -> Program {
    let rewards = json!([
        {"id": "bell", "title": "A bell", "points": 250},
        {"id": "lock", "title": "A lock", "points": 100},
    ]);
    Program::parse(&changed(&program_document(), "/rewards", rewards).to_string()).unwrap()
}

/// A shop whose customer 1001 has one point to redeem per euro.
pub(super) fn shop(euros: &str) -> Table {
    let table = Table::with(rewarding());
    table.pay(&order(41, Some(1001), PAID_AT, euros)).unwrap();
    table
}

fn version(table: &Table) -> ProgramVersion {
    table.programs.last().unwrap().clone()
}

pub(super) fn request(key: &str, bookmark: &Bookmark, clock: Time) -> CommandRequest {
    CommandRequest {
        resource: "1001".into(),
        key: format!("{key:0>16}"),
        fingerprint: Fingerprint::of("POST", "/v1/loyalty/redemptions", key.as_bytes()),
        bookmark: bookmark.clone(),
        now: clock,
    }
}

pub(super) fn reward_request(reward: &str) -> RewardRequest {
    let points = if reward == "bell" { 250 } else { 100 };
    RewardRequest { reward: reward.into(), points: Points(points) }
}

pub(super) fn try_redeem(
    table: &Table,
    request: &CommandRequest,
    reward: &RewardRequest,
) -> Result<AcceptedRedemption, Rejection<LoyaltyRejection>> {
    let commands = Commands { reader: table, log: table, events: table };
    now(domain_loyalty::redeem(&commands, request, reward, &version(table)))
}

pub(super) fn redeem(table: &Table, reward: &str, key: &str, clock: Time) -> AcceptedRedemption {
    try_redeem(table, &request(key, &Bookmark::default(), clock), &reward_request(reward)).unwrap()
}

/// The events published since the last call.
pub(super) fn published(table: &Table) -> Vec<Event> {
    std::mem::take(&mut *table.published.lock().unwrap())
}

/// Delivers all published events, and those that follow from them, at a clock.
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

pub(super) fn state(table: &Table, accepted: &AcceptedRedemption) -> State {
    table.items().redemptions[&accepted.redemption.id].redemption.state
}

fn ledger(items: &Items) -> Vec<(&'static str, i64)> {
    items.entries.values().map(|entry| (entry.kind.name(), entry.points.0)).collect()
}

#[test]
fn points_are_held_in_the_answer_and_spent_when_the_consumers_have_run() {
    let table = shop("600.00");
    let accepted = redeem(&table, "bell", "one", noon());
    assert_eq!(accepted.redemption.state, State::Requested);
    let reading = Reading { clock: noon(), seen: Time(0) };
    let own = Standing::of(&accepted.answer.view.account, &rewarding(), reading);
    assert_eq!((own.balance.available, own.balance.held), (Points(350), Points(250)));
    assert_eq!((own.version, accepted.answer.bookmark.floor), (1, 1), "nothing is absorbed yet");
    assert_eq!(accepted.answer.bookmark.pending.len(), 1);
    assert_eq!(standing(&table, noon()), (600, 0, 0), "other clients see no change");
    let kinds = settle_down(&table, noon());
    let expected = [Kind::LoyaltyCommanded, Kind::RedemptionHeld, Kind::RedemptionSettled];
    assert_eq!(kinds, expected);
    assert_eq!(standing(&table, noon()), (350, 0, 0));
    assert_eq!(ledger(&table.items()), [("earn", 600), ("hold", -250), ("settle", 0)]);
    assert_eq!(table.items().accounts["1001"].version, 3, "order, decision, end");
    let account = now(table.item("1001", Consistency::Strong)).unwrap().unwrap();
    assert!(account.knows(accepted.redemption.id));
}

#[test]
fn a_decision_replaces_the_pending_redemption() {
    let table = shop("600.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let commanded = published(&table);
    table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
    let read = now(table.batch("1001", &[])).unwrap();
    let client_view = read.answer(&accepted.answer.bookmark, noon()).unwrap();
    assert_eq!(client_view.view.pending, []);
    assert_eq!((client_view.bookmark.floor, client_view.bookmark.pending.len()), (2, 0));
    assert_eq!(client_view.view.redemption(accepted.redemption.id).unwrap().state, State::Held);
}

#[test]
fn the_second_redemption_is_rejected_and_takes_no_points() {
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
fn a_redemption_needs_an_offered_reward_its_price_and_enough_points() {
    let table = shop("240.00");
    let nothing = Bookmark::default();
    let rejection = |reward: &str, points: i64| {
        let reward = RewardRequest { reward: reward.into(), points: Points(points) };
        try_redeem(&table, &request("one", &nothing, noon()), &reward).unwrap_err()
    };
    assert_eq!(rejection("horn", 10), Rejection::Check(LoyaltyRejection::RewardUnknown));
    assert_eq!(rejection("lock", 99), Rejection::Check(LoyaltyRejection::OtherPrice(Points(100))));
    assert_eq!(rejection("bell", 250), Rejection::Check(LoyaltyRejection::Uncovered(Points(240))));
    assert_eq!(published(&table), []);
    let pending = time(PAID_AT).plus_ms(DAY_MS);
    let early = try_redeem(&table, &request("one", &nothing, pending), &reward_request("lock"));
    assert_eq!(
        early.unwrap_err(),
        Rejection::Check(LoyaltyRejection::Uncovered(Points(0))),
        "not available yet"
    );
}

#[test]
fn after_200_redemptions_the_next_waits_until_the_oldest_is_15_days_old() {
    let table = shop("300.00");
    let oldest = noon().minus_ms(3 * DAY_MS);
    let redemption = |nth: u64| Redemption {
        id: CommandId::of_key("loyalty/1001", &nth.to_string()),
        time: oldest.plus_ms(nth),
        reward: "lock".to_owned(),
        points: Points(100),
        until: oldest,
        program_version: 1,
        state: State::Rejected,
        slot: None,
    };
    let mut items = table.items.lock().unwrap();
    items.accounts.get_mut("1001").unwrap().redemptions =
        (0..REDEMPTIONS_MAX as u64).map(redemption).collect();
    drop(items);
    let request = request("next", &Bookmark::default(), noon());
    let rejected = try_redeem(&table, &request, &reward_request("lock")).unwrap_err();
    let wait_ms = 12 * DAY_MS;
    assert_eq!(rejected, Rejection::Check(LoyaltyRejection::TooMany { wait_ms }));
}

#[test]
fn a_clients_pending_redemptions_count_before_they_are_decided() {
    let table = shop("300.00");
    let first = redeem(&table, "bell", "one", noon());
    let again = request("two", &first.answer.bookmark, noon());
    let rejection = try_redeem(&table, &again, &reward_request("lock")).unwrap_err();
    assert_eq!(rejection, Rejection::Check(LoyaltyRejection::Uncovered(Points(50))));
}

#[test]
fn a_repeated_request_has_one_effect_and_another_content_is_a_conflict() {
    let table = shop("300.00");
    let accepted = redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    let later = noon().plus_ms(MINUTE_MS);
    let again = redeem(&table, "bell", "one", later);
    assert_eq!(again.redemption.id, accepted.redemption.id);
    assert!(matches!(again.redemption.state, State::Settled { .. }), "the present state");
    settle_down(&table, later);
    assert_eq!(standing(&table, later), (50, 0, 0));
    let mut other = request("one", &Bookmark::default(), later);
    other.fingerprint = Fingerprint::of("POST", "/v1/loyalty/redemptions", b"other");
    assert_eq!(
        try_redeem(&table, &other, &reward_request("bell")).unwrap_err(),
        Rejection::Conflict
    );
    let much_later = request("one", &Bookmark::default(), noon().plus_ms(RETRY_WINDOW_MS + 2));
    assert_eq!(
        try_redeem(&table, &much_later, &reward_request("bell")).unwrap_err(),
        Rejection::Expired
    );
}

#[test]
fn a_command_is_never_earlier_than_what_its_client_has_seen() {
    let table = shop("300.00");
    let bookmark = Bookmark { moment: noon().plus_ms(5 * SECOND_MS), ..Bookmark::default() };
    let accepted =
        try_redeem(&table, &request("one", &bookmark, noon()), &reward_request("lock")).unwrap();
    assert_eq!(accepted.redemption.time, bookmark.moment.plus_ms(1));
}

#[test]
fn a_redelivered_request_publishes_its_stored_decision_again() {
    let table = shop("300.00");
    redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.is_cut_off.store(true, Ordering::SeqCst);
    let error = table.absorb(&commanded, Delivery::Live, noon()).unwrap_err();
    assert!(error.is_retryable(), "decided, but not published: the message stays");
    assert_eq!(standing(&table, noon()), (50, 0, 250));
    table.is_cut_off.store(false, Ordering::SeqCst);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let events = published(&table);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    assert_eq!(published(&table), events, "byte for byte");
    assert_eq!(events[0].kind, Kind::RedemptionHeld);
    assert_eq!(standing(&table, noon()), (50, 0, 250));
}

#[test]
fn oldest_points_are_spent_first_and_spent_points_never_expire() {
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
fn points_spent_and_then_taken_back_are_paid_by_the_next_points_earned() {
    let table = shop("300.00");
    redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    let back = cancellation(41, "2026-11-21T00:00:00Z", &[]);
    table.deliver(&webhook("orders/cancelled", &back)).unwrap();
    let later = time("2026-11-22T00:00:00Z");
    assert_eq!(
        standing(&table, later),
        (-250, 0, 0),
        "a refund may overdraw; a redemption may not"
    );
    let result =
        try_redeem(&table, &request("two", &Bookmark::default(), later), &reward_request("lock"));
    assert_eq!(result.unwrap_err(), Rejection::Check(LoyaltyRejection::Uncovered(Points(-250))));
    table.pay(&order(51, Some(1001), "2026-11-22T00:00:00Z", "300.00")).unwrap();
    assert_eq!(standing(&table, time("2026-12-20T00:00:00Z")), (50, 0, 0));
}

#[test]
fn a_pending_hold_is_in_its_final_place_in_the_ledger() {
    let table = shop("300.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let page = |limit| {
        let page = now(table.entries("1001", None, limit)).unwrap();
        accepted.answer.view.page(page, None, limit, &accepted.answer.bookmark)
    };
    let before: Vec<_> = page(10).entries.iter().map(|entry| entry.key()).collect();
    assert_eq!(page(1).entries.len(), 1);
    let rest = now(table.entries("1001", page(1).next.as_ref(), 1)).unwrap();
    let rest = accepted.answer.view.page(rest, page(1).next.as_ref(), 1, &accepted.answer.bookmark);
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
    let accepted = redeem(&table, "bell", "one", noon());
    let page = now(table.entries("1001", None, 10)).unwrap();
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let read = now(table.batch("1001", &[])).unwrap();
    let sent = &accepted.answer.bookmark;
    let client_view = read.answer(sent, noon()).unwrap();
    let kinds =
        |page: EntryPage| page.entries.iter().map(|one| one.kind.name()).collect::<Vec<_>>();
    assert_eq!(kinds(page.clone()), ["earn"]);
    assert_eq!(kinds(client_view.view.page(page, None, 10, sent)), ["hold", "earn"]);
    let later = now(table.entries("1001", None, 10)).unwrap();
    assert_eq!(kinds(client_view.view.page(later, None, 10, sent)), ["hold", "earn"]);
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
        slot: Some(PoolSlot { pool: pool_id(64), slot: u32::MAX }),
        ..redeem(&table, "bell", "one", noon()).redemption
    };
    let stored = rmp_serde::to_vec_named(&long).unwrap();
    assert!(stored.len() < 340, "{} bytes", stored.len());
}

#[test]
fn a_redemption_older_than_the_erasure_of_its_customer_is_always_dropped() {
    let table = shop("600.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let commanded = published(&table);
    table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
    let held = published(&table);
    now(erase_customer(&table, "1001", &[], noon().plus_ms(MINUTE_MS))).unwrap();
    for event in commanded.iter().chain(&held) {
        let fate = table.absorb(event, Delivery::Live, noon().plus_ms(2 * MINUTE_MS));
        assert_eq!(fate, Ok(Fate::Erased), "the fate says why");
    }
    let items = table.items();
    assert!(items.entries.is_empty() && items.accounts["1001"].redemptions.is_empty());
    assert_eq!(items.redemptions[&accepted.redemption.id].customer, "");
    assert_eq!(standing(&table, noon().plus_ms(DAY_MS)), (0, 0, 0));
    assert!(published(&table).is_empty(), "nothing was settled");
    let sent = &accepted.answer.bookmark;
    let ids: Vec<_> = sent.pending.iter().map(|pending| pending.id).collect();
    let read = now(table.batch("1001", &ids)).unwrap();
    assert_eq!(read.records.len(), 1, "the record is still stored");
    let client_view = read.answer(sent, noon().plus_ms(2 * MINUTE_MS)).unwrap();
    assert_eq!((client_view.view.pending.len(), client_view.bookmark.pending.len()), (0, 0));
}

#[test]
fn the_points_of_an_erased_hold_do_not_come_back_when_it_ended_after_the_demand() {
    // The hold is settled, or has timed out.
    for ended_at in [noon().plus_ms(2 * MINUTE_MS), noon().plus_ms(2 * DAY_MS)] {
        let table = shop("600.00");
        redeem(&table, "bell", "one", noon());
        let commanded = published(&table);
        table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
        let held = published(&table);
        table.absorb(&held[0], Delivery::Live, ended_at).unwrap();
        now(erase_customer(&table, "1001", &[], noon().plus_ms(MINUTE_MS))).unwrap();
        let items = table.items();
        let account = &items.accounts["1001"];
        assert_eq!((items.entries.len(), account.lots.len(), account.spent.len()), (0, 0, 0));
        assert_eq!(standing(&table, noon().plus_ms(3 * DAY_MS)), (0, 0, 0));
    }
}

#[test]
fn an_erasure_that_is_delivered_twice_at_once_subtracts_each_entry_once() {
    let with_hold = || {
        let table = shop("600.00");
        redeem(&table, "bell", "one", noon());
        let commanded = published(&table);
        table.absorb(&commanded[0], Delivery::Live, noon()).unwrap();
        table
    };
    let erase = |table: &Table| {
        now(erase_customer(table, "1001", &[], noon().plus_ms(MINUTE_MS))).unwrap();
        table.items()
    };
    let erased = erase(&with_hold());
    assert_eq!(erased.accounts["1001"].lots, [], "nothing is left");
    // The other delivery ends after one of the reads of this one.
    for reads in 0..4 {
        let table = with_hold();
        let (other, mut hooks) = (erased.clone(), table.meanwhile.lock().unwrap());
        // The last one runs first.
        hooks.push(Box::new(move |items| *items = other));
        hooks.extend((0..reads).map(|_| Box::new(|_: &mut Items| ()) as Meanwhile));
        drop(hooks);
        let items = erase(&table);
        let account = &items.accounts["1001"];
        assert_eq!((items.entries.len(), account.lots.len(), account.spent.len()), (0, 0, 0));
    }
}
