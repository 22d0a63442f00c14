//! A guest logs in: what two instances, each with a cache of its own, make of the merge while
//! commands are on their way and the world fails between any two steps.

mod stage;

use std::sync::atomic::Ordering;

use origin_adapters::memory::MemoryCarts;
use origin_domain::bookmark::{Bookmark, PENDING_MAX};
use origin_domain::cart::{
    Absorbed, Action, COMMANDS_MAX, CartCommand, CartEvent, IDLE_MS_MAX, LINES_MAX, Limit,
    MergeIntent, MergedInto, Refusal, Reissue, absorb, cart_of, reissue,
};
use origin_domain::id::CommandId;
use origin_domain::time::{DAY_MS, HOUR_MS, Time};

use stage::{GUEST, NOON, Stage, bookmark, elsewhere, nothing, offer, shown};

#[tokio::test]
async fn the_answer_shows_both_carts_while_nothing_of_them_is_absorbed() {
    let stage = Stage::open();
    let instance = stage.instance();
    let guests = bookmark(&stage.add(&instance, GUEST, 1, &nothing()).await);
    let own = bookmark(&stage.add(&instance, &cart_of("1001"), 2, &nothing()).await);
    let merged = stage.merge(&instance, &guests, &own).await;
    assert_eq!(shown(&merged), [1, 2]);
    let kept = bookmark(&merged);
    assert_eq!((kept.floor, kept.pending.len()), (1, 2), "the merge is in the table, no more");
    // The merge itself is known when it comes, and each command finds its place.
    let delivered = stage.deliver().await;
    assert_eq!(delivered, [Absorbed::Changed, Absorbed::Changed, Absorbed::Known]);
    let again = stage.merge(&instance, &nothing(), &kept).await;
    assert_eq!((shown(&again), bookmark(&again).pending.len()), (vec![1, 2], 0));
}

#[tokio::test]
async fn every_request_for_a_merged_cart_names_the_other() {
    let stage = Stage::open();
    let (instance, other) = (stage.instance(), stage.instance());
    stage.merge(&instance, &nothing(), &nothing()).await.unwrap();
    let own = cart_of("1001");
    for instance in [&instance, &other] {
        assert_eq!(stage.read(instance, GUEST).await, Err(MergedInto(own.clone())));
        let refused = stage.add(instance, GUEST, 1, &nothing()).await;
        assert_eq!(refused.unwrap_err(), elsewhere(&own));
    }
    assert_eq!(stage.deliver().await, [Absorbed::Known], "the merge, and nothing else");
}

#[tokio::test]
async fn a_consumer_that_is_quicker_than_the_request_changes_nothing() {
    let stage = Stage::open();
    let instance = stage.instance();
    let guests = bookmark(&stage.add(&instance, GUEST, 1, &nothing()).await);
    stage.is_bus_quick.store(true, Ordering::SeqCst);
    let merged = stage.merge(&instance, &guests, &nothing()).await;
    assert_eq!((shown(&merged), bookmark(&merged).pending.len()), (vec![1], 0));
    // The instance had kept the guest's cart as it was, and keeps it no more.
    let refused = stage.add(&instance, GUEST, 2, &nothing()).await;
    assert_eq!(refused.unwrap_err(), elsewhere(&cart_of("1001")));
}

#[tokio::test]
async fn an_instance_that_kept_the_guests_cart_takes_a_command_and_it_is_not_lost() {
    let stage = Stage::open();
    let (slow, quick) = (stage.instance(), stage.instance());
    let first = stage.add(&slow, GUEST, 1, &nothing()).await;
    stage.deliver().await;
    stage.pass_ms(HOUR_MS);
    assert_eq!(stage.read(&slow, GUEST).await, Ok(vec![1]));
    let merged = stage.merge(&quick, &nothing(), &nothing()).await;
    assert_eq!(shown(&merged), [1]);
    // Another tab of the guest, on an instance that has not heard.
    let second = stage.add(&slow, GUEST, 2, &Bookmark { floor: 1, ..nothing() }).await;
    assert_eq!(shown(&second), [1, 2]);
    // That tab hears of the merge, merges too, and sees its own at once.
    let joined = stage.merge(&quick, &bookmark(&second), &nothing()).await;
    assert_eq!(shown(&joined), [1, 2]);
    assert_eq!(stage.deliver().await, [Absorbed::Known, Absorbed::Changed]);
    let settled = stage.merge(&quick, &bookmark(&first), &bookmark(&joined)).await;
    assert_eq!((shown(&settled), bookmark(&settled).pending.len()), (vec![1, 2], 0));
}

#[tokio::test]
async fn a_crash_between_publishing_and_applying_is_finished_by_the_consumer() {
    let stage = Stage::open();
    let instance = stage.instance();
    let guests = bookmark(&stage.add(&instance, GUEST, 1, &nothing()).await);
    stage.is_table_full.store(true, Ordering::SeqCst);
    let failed = stage.merge(&instance, &guests, &nothing()).await;
    assert!(matches!(failed, Err(Refusal::Port(_))), "{failed:?}");
    assert_eq!(stage.deliver().await, [Absorbed::Changed, Absorbed::Changed]);
    let own = cart_of("1001");
    assert_eq!(stage.read(&stage.instance(), GUEST).await, Err(MergedInto(own.clone())));
    assert_eq!(stage.read(&stage.instance(), &own).await, Ok(vec![1]));
    // The client repeats it: nothing is left to be written.
    let again = stage.merge(&instance, &guests, &nothing()).await;
    assert_eq!((shown(&again), again.unwrap().replayed), (vec![1], true));
    assert_eq!(stage.published(), 0);
}

#[tokio::test]
async fn a_crash_between_record_and_publishing_leaves_the_guests_cart_and_is_made_good() {
    let stage = Stage::open();
    let instance = stage.instance();
    stage.add(&instance, GUEST, 1, &nothing()).await.unwrap();
    stage.deliver().await;
    stage.is_bus_gone.store(true, Ordering::SeqCst);
    stage.merge(&instance, &nothing(), &nothing()).await.unwrap_err();
    stage.is_bus_gone.store(false, Ordering::SeqCst);
    stage.pass_ms(HOUR_MS);
    let second = stage.add(&instance, GUEST, 2, &Bookmark { floor: 1, ..nothing() }).await;
    assert_eq!(shown(&second), [1, 2], "it is still the guest's");
    stage.deliver().await;
    // Much later: a merge has no window but the carts' own. It keeps its time, and what the guest
    // put in since comes after it.
    stage.pass_ms(40 * HOUR_MS);
    let merged = stage.merge(&instance, &bookmark(&second), &nothing()).await;
    assert_eq!((shown(&merged), merged.unwrap().replayed), (vec![1, 2], true));
    assert_eq!(stage.deliver().await, [Absorbed::Known]);
}

#[tokio::test]
async fn a_merge_that_was_never_published_and_is_too_late_for_the_carts_is_refused() {
    let stage = Stage::open();
    let instance = stage.instance();
    stage.is_bus_gone.store(true, Ordering::SeqCst);
    stage.merge(&instance, &nothing(), &nothing()).await.unwrap_err();
    stage.is_bus_gone.store(false, Ordering::SeqCst);
    stage.pass_ms(3 * DAY_MS);
    stage.add(&instance, GUEST, 1, &nothing()).await.unwrap();
    stage.deliver().await;
    let refused = stage.merge(&instance, &nothing(), &nothing()).await;
    assert_eq!(refused.unwrap_err(), Refusal::Expired);
    assert_eq!(stage.published(), 0);
    assert_eq!(stage.read(&stage.instance(), GUEST).await, Ok(vec![1]), "nothing is lost");
}

#[tokio::test]
async fn of_two_customers_with_one_guests_token_the_first_has_the_cart() {
    let stage = Stage::open();
    let instance = stage.instance();
    let theirs = MergeIntent {
        cart: cart_of("1002"),
        guest: GUEST.to_owned(),
        bookmark: nothing(),
        guest_bookmark: nothing(),
        now: stage.now(),
    };
    // Recorded for the first, but not yet applied.
    stage.is_table_full.store(true, Ordering::SeqCst);
    stage.merge(&instance, &nothing(), &nothing()).await.unwrap_err();
    stage.is_table_full.store(false, Ordering::SeqCst);
    let refused = instance.merge(&theirs).await;
    assert_eq!(refused.unwrap_err(), elsewhere(&cart_of("1001")));
    // And applied.
    stage.merge(&instance, &nothing(), &nothing()).await.unwrap();
    let refused = instance.merge(&theirs).await;
    assert_eq!(refused.unwrap_err(), elsewhere(&cart_of("1001")));
}

#[tokio::test]
async fn a_lost_answer_to_a_guests_command_is_found_again_after_the_merge() {
    let stage = Stage::open();
    let instance = stage.instance();
    // Accepted, and the answer is lost on its way.
    stage.add(&instance, GUEST, 1, &nothing()).await.unwrap();
    let merged = stage.merge(&instance, &nothing(), &nothing()).await;
    assert!(shown(&merged).is_empty(), "this client does not know that it was accepted");
    let Err(Refusal::Merged { accepted: Some(known), .. }) =
        stage.add(&instance, GUEST, 1, &nothing()).await
    else {
        panic!("the command was accepted before");
    };
    let again = stage.merge(&instance, &known, &bookmark(&merged)).await;
    assert_eq!(shown(&again), [1]);
    stage.deliver().await;
    assert_eq!(stage.read(&stage.instance(), &cart_of("1001")).await, Ok(vec![1]), "once");
}

#[tokio::test]
async fn a_guests_cart_of_a_month_ago_stays_over() {
    let stage = Stage::open();
    let instance = stage.instance();
    stage.add(&instance, GUEST, 1, &nothing()).await.unwrap();
    stage.deliver().await;
    stage.pass_ms(IDLE_MS_MAX + HOUR_MS);
    assert_eq!(stage.read(&instance, GUEST).await, Ok(vec![]));
    let merged = stage.merge(&instance, &nothing(), &nothing()).await;
    assert_eq!((shown(&merged), merged.unwrap().answer.version), (vec![], 1));
}

#[tokio::test]
async fn a_customers_own_cart_goes_into_no_other() {
    let stage = Stage::open();
    let intent = MergeIntent {
        cart: cart_of("1001"),
        guest: cart_of("1002"),
        bookmark: nothing(),
        guest_bookmark: nothing(),
        now: stage.now(),
    };
    let into_itself = MergeIntent { guest: cart_of("1001"), ..intent.clone() };
    for intent in [intent, into_itself] {
        assert_eq!(stage.instance().merge(&intent).await.unwrap_err(), Refusal::NotAGuest);
    }
}

#[tokio::test]
async fn a_merge_past_a_limit_writes_nothing_and_both_carts_stay() {
    let stage = Stage::open();
    let instance = stage.instance();
    let adds = |from: u64, count: usize| {
        (from..from + count as u64).map(|variant| Action::add(offer(variant), 1))
    };
    stage.fill(GUEST, adds(0, LINES_MAX)).await;
    stage.fill(&cart_of("1001"), adds(1_000, 1)).await;
    let refused = stage.merge(&instance, &nothing(), &nothing()).await;
    assert_eq!(refused.unwrap_err(), Refusal::Limit(Limit::Lines));
    assert_eq!(stage.published(), 0);
    assert_eq!(stage.read(&instance, GUEST).await.unwrap().len(), LINES_MAX);
    // With room for it, the same merge is a new one.
    let id = CommandId::of_key(GUEST, "room");
    let action = Action::Remove { line: offer(0).line_id() };
    let event =
        CartEvent { cart: GUEST.to_owned(), command: CartCommand { time: Time(NOON), id, action } };
    absorb(&MemoryCarts::new(&stage.tables), &event).await.unwrap();
    let merged = stage.merge(&instance, &nothing(), &nothing()).await;
    assert_eq!(shown(&merged).len(), LINES_MAX);
}

#[tokio::test]
async fn two_carts_changed_too_often_together_have_to_wait() {
    let stage = Stage::open();
    let sets =
        |count: usize| (0..count).map(|_| Action::Set { line: offer(1).line_id(), quantity: 1 });
    stage.fill(GUEST, sets(COMMANDS_MAX / 2)).await;
    stage.fill(&cart_of("1001"), sets(COMMANDS_MAX / 2)).await;
    let refused = stage.merge(&stage.instance(), &nothing(), &nothing()).await;
    assert_eq!(refused.unwrap_err(), Refusal::Limit(Limit::Commands));
    stage.pass_ms(3 * DAY_MS);
    stage.merge(&stage.instance(), &nothing(), &nothing()).await.unwrap();
}

#[tokio::test]
async fn more_than_a_bookmark_holds_waits_for_the_bus() {
    let stage = Stage::open();
    let instance = stage.instance();
    let (mut guests, mut own) = (nothing(), nothing());
    for variant in 0..=PENDING_MAX as u64 / 2 {
        guests = bookmark(&stage.add(&instance, GUEST, variant, &guests).await);
        own = bookmark(&stage.add(&instance, &cart_of("1001"), variant, &own).await);
    }
    let refused = stage.merge(&instance, &guests, &own).await;
    assert_eq!(refused.unwrap_err(), Refusal::Limit(Limit::Pending));
    stage.deliver().await;
    let merged = stage.merge(&instance, &guests, &own).await;
    assert_eq!(shown(&merged).len(), PENDING_MAX + 2);
}

#[tokio::test]
async fn a_merge_and_a_guests_command_that_came_too_late_are_issued_anew() {
    let stage = Stage::open();
    let (instance, carts) = (stage.instance(), MemoryCarts::new(&stage.tables));
    stage.pass_ms(3 * DAY_MS);
    stage.add(&instance, &cart_of("1001"), 1, &nothing()).await.unwrap();
    stage.add(&instance, GUEST, 2, &nothing()).await.unwrap();
    stage.deliver().await;
    let late = |cart: &str, action| {
        let id = CommandId::of_key(cart, "late");
        let command = CartCommand { time: Time(NOON), id, action };
        CartEvent { cart: cart.to_owned(), command }
    };
    let merge = late(&cart_of("1001"), Action::Merge { guest: GUEST.to_owned() });
    let add = late(GUEST, Action::add(offer(3), 1));
    for event in [merge, add] {
        assert_eq!(absorb(&carts, &event).await, Ok(Absorbed::TooLate));
        let Ok(Reissue::Anew(anew)) = reissue(&carts, &event, stage.now()).await else {
            panic!("{event:?}");
        };
        assert_eq!(anew.command.id, event.command.id);
        assert_eq!(absorb(&carts, &anew).await, Ok(Absorbed::Changed));
        assert_eq!(reissue(&carts, &anew, stage.now()).await, Ok(Reissue::AsItIs));
    }
    assert_eq!(stage.read(&stage.instance(), &cart_of("1001")).await, Ok(vec![1, 2, 3]));
}
