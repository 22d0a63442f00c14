//! Around midnight, when clocks a few seconds apart disagree about the day: one version of an
//! account reads the same for all of them.

use domain_core::bookmark::Bookmark;
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::resource::Rejection;
use domain_core::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Time};
use domain_loyalty::{
    Account, Addition, Cause, Day, EntryKind, Expiring, FACT_LEAD_MS_MAX, LedgerEntry,
    LoyaltyRejection, Points, Program, Reading, Standing, Terms,
};
use proptest::prelude::*;
use serde_json::json;

use super::redeeming::{request, reward_request, rewarding, try_redeem};
use super::world::{Table, changed, program, program_document, time};

/// How far apart the clocks of two instances may be.
const CLOCKS_APART_MS: u64 = 5 * SECOND_MS;
/// The midnight that the properties are about.
const MIDNIGHT: Time = Time(20_779 * DAY_MS);

/// An entry of a history; its id follows from its place.
#[derive(Debug, Clone, Copy)]
struct Movement {
    kind: EntryKind,
    at: Time,
    points: i64,
    terms: Terms,
}

/// Points given at a time, to be used at once.
fn gift(at: Time, points: i64, expires_on: Option<Day>) -> Movement {
    Movement {
        kind: EntryKind::Adjust,
        at,
        points,
        terms: Terms { expires_on, ..Terms::without_expiry(at) },
    }
}

/// Points held for a redemption requested at a time.
fn hold(at: Time, points: i64) -> Movement {
    Movement { kind: EntryKind::Hold, at, points: -points, terms: Terms::without_expiry(at) }
}

fn account(movements: &[Movement]) -> Account {
    let entry = |(number, movement): (usize, &Movement)| {
        let Movement { kind, at, points, terms } = *movement;
        let cause = Cause::adjustment(CommandId::of_key("midnight", &number.to_string()));
        LedgerEntry {
            id: LedgerEntry::id_of(kind, &cause),
            kind,
            points: Points(points),
            spend: Money::ZERO,
            at,
            terms,
            cause,
            program_version: 1,
            failures: Vec::new(),
        }
    };
    movements.iter().enumerate().map(entry).fold(Account::empty("1001"), |account, entry| {
        let put = [entry];
        let (customer, at) = (&*account.customer.clone(), Some(put[0].at));
        let added = Addition { customer, causes: 1, at, gone: &[], put: &put };
        account.with(added).unwrap()
    })
}

fn read(account: &Account, program: &Program, clock: Time) -> Standing {
    Standing::of(account, program, Reading { clock, seen: Time(0) })
}

/// A program that retains a tier for three days and counts the points of four.
fn keeping() -> Program {
    let document = changed(&program_document(), "/tier_keep_days", json!(3));
    Program::parse(&changed(&document, "/window_days", json!(4)).to_string()).unwrap()
}

#[test]
fn points_given_after_midnight_never_pay_for_points_spent_before_it() {
    let evening = time("2026-11-21T20:00:00Z");
    let account = account(&[
        gift(evening, 60, None),
        hold(time("2026-11-21T22:00:00Z"), 44),
        gift(time("2026-11-22T00:00:01Z"), 90, Some(Day::of(evening).plus(3))),
    ]);
    for clock in ["2026-11-21T23:59:57Z", "2026-11-22T00:00:02Z"] {
        let standing = read(&account, &program(), time(clock));
        assert_eq!(standing.balance.available, Points(106), "at {clock}");
        let at = time("2026-11-24T00:00:00Z");
        assert_eq!(standing.expiring, [Expiring { points: Points(90), at }], "at {clock}");
    }
}

#[test]
fn a_retained_tier_is_shown_by_a_clock_of_the_day_before_too() {
    let (paid_at, refunded_at) = (time("2026-11-21T20:00:00Z"), time("2026-11-22T00:00:01Z"));
    let terms = Terms::without_expiry(paid_at);
    let account = account(&[
        Movement { kind: EntryKind::Earn, at: paid_at, points: 600, terms },
        Movement { kind: EntryKind::Reverse, at: refunded_at, points: -600, terms },
    ]);
    for clock in ["2026-11-21T23:59:57Z", "2026-11-22T00:00:02Z"] {
        assert_eq!(read(&account, &keeping(), time(clock)).tier.id, "silver", "at {clock}");
    }
}

#[test]
fn points_expired_by_the_newest_fact_are_not_shown_again_by_a_slow_clock() {
    let noon = time("2026-11-21T12:00:00Z");
    let account = account(&[
        gift(noon, 60, Some(Day::of(noon).plus(1))),
        gift(time("2026-11-22T00:00:01Z"), 5, None),
    ]);
    let slow = read(&account, &program(), time("2026-11-21T23:59:57Z"));
    assert_eq!(slow.balance.available, Points(5));
    assert_eq!(slow.moment, time("2026-11-22T00:00:00Z"));
}

#[test]
fn points_that_ended_by_the_newest_fact_are_not_redeemed_by_a_slow_clock() {
    let noon = time("2026-11-21T12:00:00Z");
    let account = account(&[
        gift(noon, 250, Some(Day::of(noon).plus(1))),
        gift(time("2026-11-22T00:00:01Z"), 5, None),
    ]);
    let table = Table::with(rewarding());
    table.items.lock().unwrap().accounts.insert("1001".to_owned(), account);
    let request = request("one", &Bookmark::default(), time("2026-11-21T23:59:57Z"));
    let rejected = try_redeem(&table, &request, &reward_request("bell"));
    assert_eq!(rejected, Err(Rejection::Check(LoyaltyRejection::Uncovered(Points(5)))));
}

#[test]
fn an_order_dated_next_year_does_not_end_the_points_of_today() {
    let noon = time("2026-11-21T12:00:00Z");
    let account = account(&[
        gift(noon, 60, Some(Day::of(noon).plus(30))),
        gift(time("2027-11-21T12:00:00Z"), 5, None),
    ]);
    assert_eq!(read(&account, &program(), noon).balance.available, Points(65));
}

#[test]
fn a_fact_sets_the_moment_if_it_is_at_most_a_minute_ahead_of_the_clock() {
    let account = account(&[gift(MIDNIGHT, 5, None)]);
    let moment_of = |clock: Time| Reading { clock, seen: Time(0) }.moment_of(&account);
    let furthest = MIDNIGHT.minus_ms(FACT_LEAD_MS_MAX);
    assert_eq!(FACT_LEAD_MS_MAX, MINUTE_MS);
    assert_eq!(moment_of(furthest), MIDNIGHT);
    assert_eq!(moment_of(furthest.minus_ms(1)), furthest.minus_ms(1));
    assert_eq!(moment_of(MIDNIGHT.plus_ms(1)), MIDNIGHT.plus_ms(1));
}

fn movement() -> impl Strategy<Value = Movement> {
    // Near one of three midnights, as often as not within the seconds that clocks differ by.
    let near = prop_oneof![0..2 * CLOCKS_APART_MS, 0..30 * HOUR_MS];
    let at = (0..3u64, near, any::<bool>()).prop_map(|(days, ms, is_before)| {
        let midnight = MIDNIGHT.plus_ms(days * DAY_MS);
        if is_before { midnight.minus_ms(ms + 1) } else { midnight.plus_ms(ms) }
    });
    let days = || proptest::option::of(1..4u32);
    (at, 0..4u8, 1..100i64, days(), days()).prop_map(|(at, kind, points, from, until)| {
        let starts_on = from.map_or(Day::of(at), |days| Day::of(at).plus(days));
        let terms = Terms {
            earned_on: Day::of(at),
            available_on: from.map(|_| starts_on),
            expires_on: until.map(|days| starts_on.plus(days)),
        };
        match kind {
            0 => gift(at, points, terms.expires_on),
            1 => hold(at, points),
            2 => Movement { kind: EntryKind::Earn, at, points, terms },
            _ => {
                // Taken back a day later than it was earned, if that was earned at all.
                let terms = Terms { earned_on: Day::of(at).minus(1), ..terms };
                Movement { kind: EntryKind::Reverse, at, points: -points, terms }
            }
        }
    })
}

proptest! {
    #[test]
    fn a_version_reads_the_same_for_every_clock_once_a_faster_one_was_shown(
        movements in proptest::collection::vec(movement(), 1..12),
        after_ms in prop_oneof![0..2 * CLOCKS_APART_MS, 0..4 * DAY_MS],
        slower_ms in 1..=CLOCKS_APART_MS,
    ) {
        let account = account(&movements);
        // No fact of an account is ahead of every clock.
        let newest = account.newest.unwrap();
        let fast = Time(newest.0 + after_ms);
        let faster = read(&account, &keeping(), fast);
        let slow = Reading { clock: fast.minus_ms(slower_ms), seen: faster.moment };
        prop_assert_eq!(Standing::of(&account, &keeping(), slow), faster);
    }
}
