//! The end of a hold: a code, the points released, or a timeout when it is due.

use std::sync::atomic::Ordering;

use domain_core::event::Kind;
use domain_core::time::{DAY_MS, SECOND_MS};
use domain_loyalty::{Delivery, Program, ProgramVersion, State};
use serde_json::json;

use super::redeeming::{MINUTE_MS, noon, published, redeem, settle_down, shop, standing, state};
use super::world::{changed, program_document};

#[test]
fn an_end_is_published_again_until_it_succeeds() {
    let table = shop("300.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let held = published(&table).remove(0);
    table.is_cut_off.store(true, Ordering::SeqCst);
    assert!(table.absorb(&held, Delivery::Live, noon()).unwrap_err().is_retryable());
    assert!(matches!(state(&table, &accepted), State::Settled { .. }));
    table.is_cut_off.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        table.absorb(&held, Delivery::Live, noon()).unwrap();
    }
    let ends = published(&table);
    assert_eq!((ends.len(), ends[0].kind), (2, Kind::RedemptionSettled));
    assert_eq!(ends[0], ends[1], "byte for byte");
}

#[test]
fn a_withdrawn_reward_gives_the_points_back() {
    let mut table = shop("300.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let document = changed(&program_document(), "/rewards", json!([]));
    let program = Program::parse(&document.to_string()).unwrap();
    table.programs.push(ProgramVersion {
        version: 2,
        activation: 2,
        active_from: noon(),
        program: program.into(),
    });
    let later = noon().plus_ms(SECOND_MS);
    let kinds = settle_down(&table, later);
    assert_eq!(kinds.last(), Some(&Kind::RedemptionReleased));
    assert_eq!(state(&table, &accepted), State::Released { at: later });
    assert_eq!(standing(&table, later), (300, 0, 0));
}

#[test]
fn an_unsettled_hold_ends_when_it_is_due() {
    let table = shop("300.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let until = accepted.redemption.until;
    assert_eq!(until, accepted.redemption.time.plus_ms(30 * MINUTE_MS));
    let much_later = noon().plus_ms(DAY_MS);
    assert_eq!(standing(&table, much_later), (50, 0, 250), "no clock alone gives points back");
    assert_eq!(settle_down(&table, until), [Kind::RedemptionHeld, Kind::RedemptionTimedOut]);
    assert_eq!(state(&table, &accepted), State::TimedOut { at: until });
    assert_eq!(standing(&table, until), (300, 0, 0));
}

#[test]
fn a_redemption_that_needs_overdue_points_times_their_hold_out_first() {
    let table = shop("300.00");
    let first = redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let held = published(&table).remove(0);
    let later = first.redemption.until;
    let second = redeem(&table, "bell", "two", later);
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, later).unwrap();
    let kinds: Vec<Kind> = table.published.lock().unwrap().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::RedemptionTimedOut, Kind::RedemptionHeld]);
    // The settlement was sent in time and is delivered late: it changes nothing.
    table.absorb(&held, Delivery::Live, noon()).unwrap();
    settle_down(&table, later);
    assert_eq!(state(&table, &first), State::TimedOut { at: later });
    assert!(matches!(state(&table, &second), State::Settled { .. }));
    assert_eq!(standing(&table, later), (50, 0, 0));
}

#[test]
fn an_overdue_hold_is_timed_out_once() {
    let table = shop("300.00");
    let first = redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let later = first.redemption.until;
    let mut events = Vec::new();
    for key in ["two", "three", "four"] {
        redeem(&table, "lock", key, later);
        events.push(table.published.lock().unwrap().pop().unwrap());
    }
    published(&table);
    for event in &events {
        table.absorb(event, Delivery::Live, later).unwrap();
    }
    let kinds: Vec<Kind> = published(&table).into_iter().map(|one| one.kind).collect();
    let held = Kind::RedemptionHeld;
    assert_eq!(kinds, [Kind::RedemptionTimedOut, held, held, held]);
    assert_eq!(standing(&table, later), (0, 0, 300));
}

/// The table of a restored backup, whose archive is being replayed: the hold is there, its published
/// settlement is not.
#[test]
fn a_settled_redemption_does_not_time_out_while_its_settlement_is_being_replayed() {
    let table = shop("300.00");
    let backup = table.items();
    let first = redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let held = published(&table).remove(0);
    table.absorb(&held, Delivery::Live, noon()).unwrap();
    let settled = published(&table).remove(0);
    *table.items.lock().unwrap() = backup;

    let later = first.redemption.until;
    table.absorb(&held, Delivery::Replayed, later).unwrap();
    redeem(&table, "bell", "two", later);
    let second = published(&table).remove(0);
    for waiting in [&second, &held] {
        let error = table.absorb(waiting, Delivery::DuringReplay, later).unwrap_err();
        assert!(error.is_retryable(), "it stays in its queue");
        let reason = "unavailable: no redemption is decided while the archive is replayed";
        assert_eq!(error.to_string(), reason);
    }
    assert_eq!((published(&table), state(&table, &first)), (vec![], State::Held));

    table.absorb(&settled, Delivery::Replayed, later).unwrap();
    table.absorb(&second, Delivery::Live, later).unwrap();
    assert_eq!(settle_down(&table, later), [Kind::RedemptionRejected], "the points are spent");
    assert_eq!(state(&table, &first), State::Settled { at: first.redemption.time });
}

#[test]
fn what_is_decided_already_is_finished_during_a_replay() {
    let table = shop("300.00");
    let accepted = redeem(&table, "bell", "one", noon());
    let commanded = published(&table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    let held = published(&table).remove(0);
    table.absorb(&held, Delivery::Live, noon()).unwrap();
    let settled = published(&table);
    for (event, expected) in [(&commanded, vec![held.clone()]), (&held, settled.clone())] {
        table.absorb(event, Delivery::DuringReplay, noon()).unwrap();
        assert_eq!(published(&table), expected, "published again, byte for byte");
    }
    table.absorb(&settled[0], Delivery::DuringReplay, noon()).unwrap();
    assert_eq!(state(&table, &accepted), State::Settled { at: accepted.redemption.time });
}
