//! Codes of a pool: claimed by the transaction that settles a redemption, named by their slots.

use domain_core::event::{Event, Kind};
use domain_core::time::SECOND_MS;
use domain_loyalty::{
    AcceptedRedemption, CodeSeed, CodesRanLow, Delivery, LOW_WATER, PoolSlot, Program, RewardCode,
    State,
};
use serde_json::json;

use super::redeeming::{MINUTE_MS, noon, published, redeem, settle_down, standing, state};
use super::world::{Table, changed, order, program_document};

/// A shop with the app, whose pools have these slots ready. Customer 1001 has 600 points; a bell is 5 off
/// for 250 of them, a lock one for 100.
fn shop(ready: impl IntoIterator<Item = u32>) -> Table {
    let rewards = json!([
        {"id": "bell", "title": "5 off", "points": 250, "kind": "amount_off", "amount": 500},
        {"id": "lock", "title": "1 off", "points": 100, "kind": "amount_off", "amount": 100},
    ]);
    let document = changed(&program_document(), "/rewards", rewards);
    let table = Table::with(Program::parse(&document.to_string()).unwrap());
    *table.ready.lock().unwrap() = Some(ready.into_iter().collect());
    table.pay(&order(41, Some(1001), "2026-11-01T10:00:00Z", "600.00")).unwrap();
    table
}

fn plenty() -> std::ops::Range<u32> {
    1..251
}

fn slot(table: &Table, accepted: &AcceptedRedemption) -> Option<PoolSlot> {
    table.items().redemptions[&accepted.redemption.id].redemption.slot.clone()
}

/// The decision that a redemption is held, not yet delivered.
fn held(table: &Table) -> Event {
    let commanded = published(table).remove(0);
    table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    published(table).remove(0)
}

#[test]
fn a_settled_redemption_has_a_slot_that_no_other_can_have() {
    let table = shop(plenty());
    let accepted = [redeem(&table, "bell", "one", noon()), redeem(&table, "lock", "two", noon())];
    settle_down(&table, noon());
    let slots = accepted.each_ref().map(|one| slot(&table, one).unwrap());
    assert_eq!(slots.each_ref().map(|slot| slot.pool.reward()), ["bell", "lock"]);
    let items = table.items();
    for (slot, accepted) in slots.iter().zip(&accepted) {
        assert!(slot.pool.as_str().contains("/2026-11/"), "{}", slot.pool);
        assert_eq!(items.claims[slot], accepted.redemption.id);
        assert!(!table.ready.lock().unwrap().as_ref().unwrap().contains(&slot.slot));
    }
}

#[test]
fn no_event_contains_the_code() {
    let table = shop(plenty());
    let accepted = redeem(&table, "bell", "one", noon());
    let mut events = Vec::new();
    loop {
        let new = published(&table);
        if new.is_empty() {
            break;
        }
        for event in new {
            table.absorb(&event, Delivery::Live, noon()).unwrap();
            events.push(event);
        }
    }
    let seed = CodeSeed::new([7; 16]);
    let code = RewardCode::in_pool(&seed, &slot(&table, &accepted).unwrap());
    let settled = events.iter().find(|event| event.kind == Kind::RedemptionSettled).unwrap();
    assert!(settled.detail.contains(r#""slot":{"pool":"bell/2026-11/"#), "{}", settled.detail);
    for event in &events {
        assert!(!event.detail.contains(&code.to_string()), "{}", event.detail);
    }
    assert_eq!(format!("{code:?} {seed:?}"), "RewardCode(..) CodeSeed(..)", "nor does a log");
}

#[test]
fn a_code_is_the_rewards_name_and_80_bits_in_crockfords_digits() {
    let table = shop(plenty());
    let accepted = redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    let slot = slot(&table, &accepted).unwrap();
    let code = RewardCode::in_pool(&CodeSeed::new([7; 16]), &slot).to_string();
    let (prefix, digits) = code.split_once('-').unwrap();
    assert_eq!((prefix, digits.len()), ("BELL", 16));
    let is_digit = |byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte);
    assert!(digits.bytes().all(is_digit), "{code}");
    let other = RewardCode::in_pool(&CodeSeed::new([8; 16]), &slot);
    assert_ne!(other.to_string(), code, "another shop's");
}

#[test]
fn an_empty_pool_leaves_the_redemption_pending_and_is_filled_at_once() {
    let table = shop([]);
    let accepted = redeem(&table, "bell", "one", noon());
    let held = held(&table);
    let error = table.absorb(&held, Delivery::Live, noon()).unwrap_err();
    assert_eq!(error.to_string(), "reward bell has no ready code");
    assert!(error.is_retryable(), "the message stays");
    assert_eq!((state(&table, &accepted), standing(&table, noon())), (State::Held, (350, 0, 250)));
    let [low] = published(&table).try_into().unwrap();
    assert_eq!(low.kind, Kind::CodesRanLow);
    let low: CodesRanLow = serde_json::from_str(&low.detail).unwrap();
    assert_eq!(low.reward.as_deref(), Some("bell"));
    assert_eq!(low.waiting.unwrap().to_event(), held, "it is published again once there are codes");

    *table.ready.lock().unwrap() = Some(plenty().collect());
    let later = noon().plus_ms(SECOND_MS);
    table.absorb(&held, Delivery::Live, later).unwrap();
    assert_eq!(state(&table, &accepted), State::Settled { at: later });
    assert_eq!(standing(&table, later), (350, 0, 0));
}

#[test]
fn without_a_code_in_time_the_points_come_back() {
    let table = shop([]);
    let accepted = redeem(&table, "bell", "one", noon());
    let held = held(&table);
    table.absorb(&held, Delivery::Live, noon()).unwrap_err();
    *table.ready.lock().unwrap() = Some(plenty().collect());
    let due = noon().plus_ms(31 * MINUTE_MS);
    table.absorb(&held, Delivery::Live, due).unwrap();
    assert_eq!(state(&table, &accepted), State::TimedOut { at: accepted.redemption.until });
    assert_eq!((standing(&table, due), slot(&table, &accepted)), ((600, 0, 0), None));
    assert!(table.items().claims.is_empty());
}

#[test]
fn a_claim_that_another_redemption_wins_takes_another_slot() {
    let table = shop([3, 5]);
    let (one, two) = (redeem(&table, "lock", "one", noon()), redeem(&table, "lock", "two", noon()));
    for commanded in published(&table) {
        table.absorb(&commanded, Delivery::Live, noon()).unwrap();
    }
    let [first, second] = published(&table).try_into().unwrap();
    let taken = {
        let other = shop([3, 5]);
        *other.items.lock().unwrap() = table.items();
        other.absorb(&second, Delivery::Live, noon()).unwrap();
        other.items()
    };
    // The other consumer commits between the read and the write of this one, which saw both slots.
    table.meanwhile.lock().unwrap().push(Box::new(move |items| *items = taken));
    table.absorb(&first, Delivery::Live, noon()).unwrap();
    table.absorb(&second, Delivery::Live, noon()).unwrap();
    let slots = [slot(&table, &one).unwrap().slot, slot(&table, &two).unwrap().slot];
    assert!(slots == [3, 5] || slots == [5, 3], "{slots:?}");
    assert_eq!(table.items().claims.len(), 2);
}

#[test]
fn a_pool_that_runs_low_is_filled_before_it_is_empty() {
    let low = u32::try_from(LOW_WATER).unwrap();
    for (ready, is_filled) in [(low, false), (low - 1, true)] {
        let table = shop(1..=ready);
        redeem(&table, "bell", "one", noon());
        let held = held(&table);
        table.absorb(&held, Delivery::Live, noon()).unwrap();
        let kinds: Vec<Kind> = published(&table).iter().map(|event| event.kind).collect();
        assert_eq!(kinds.contains(&Kind::CodesRanLow), is_filled, "{ready}");
        assert!(kinds.contains(&Kind::RedemptionSettled), "{kinds:?}");
    }
}

#[test]
fn a_reward_that_only_its_title_describes_needs_no_code_of_shopifys() {
    let table = Table { ready: Some([].into()).into(), ..super::redeeming::shop("600.00") };
    let accepted = redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    assert!(matches!(state(&table, &accepted), State::Settled { .. }));
    assert_eq!(slot(&table, &accepted), None);
}

#[test]
fn a_shop_that_never_had_the_app_gives_codes_that_only_it_recognises() {
    let table = shop(plenty());
    *table.ready.lock().unwrap() = None;
    let accepted = redeem(&table, "bell", "one", noon());
    settle_down(&table, noon());
    assert!(matches!(state(&table, &accepted), State::Settled { .. }));
    assert_eq!(slot(&table, &accepted), None);
}

#[test]
fn a_replay_claims_the_same_slots() {
    let table = shop(plenty());
    redeem(&table, "bell", "one", noon());
    let mut events = Vec::new();
    loop {
        let new = published(&table);
        if new.is_empty() {
            break;
        }
        for event in new {
            table.absorb(&event, Delivery::Live, noon()).unwrap();
            events.push(event);
        }
    }
    for backwards in [false, true] {
        let restored = shop(plenty());
        if backwards {
            events.reverse();
        }
        for event in &events {
            restored.absorb(event, Delivery::Replayed, noon()).unwrap();
        }
        assert_eq!(restored.items().claims, table.items().claims, "{backwards}");
        let ready = |table: &Table| table.ready.lock().unwrap().clone();
        assert_eq!(ready(&restored), ready(&table));
    }
}
