//! A guest logs in: two instances, each with its own cache, merge the carts while commands are
//! pending and table or bus fail between any two steps.

mod fixture;

use std::sync::atomic::Ordering;

use domain_cart::{
    Absorbed, Action, COMMANDS_MAX, CartCommand, CartEvent, CartRejection, IDLE_MS_MAX, LINES_MAX,
    Limit, MergeRequest, Reissue, absorb, cart_of, reissue,
};
use domain_core::bookmark::{Bookmark, PENDING_MAX};
use domain_core::id::CommandId;
use domain_core::resource::{MergedInto, Rejection};
use domain_core::time::{DAY_MS, HOUR_MS, Time};
use origin_adapters::CartRepository;

use fixture::{Fixture, GUEST, NOON, answered, bookmark, merged_into, no_bookmark, offer};

#[tokio::test]
async fn the_answer_contains_both_carts_while_no_command_of_them_is_absorbed() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    let guests = bookmark(&fixture.add(&instance, GUEST, 1, &no_bookmark()).await);
    let own = bookmark(&fixture.add(&instance, &cart_of("1001"), 2, &no_bookmark()).await);
    let merged = fixture.merge(&instance, &guests, &own).await;
    assert_eq!(answered(&merged), [1, 2]);
    let after = bookmark(&merged);
    assert_eq!((after.floor, after.pending.len()), (1, 2), "only the merge is in the table");
    // The consumer recognises the merge, and applies each command.
    let delivered = fixture.deliver().await;
    assert_eq!(delivered, [Absorbed::Changed, Absorbed::Changed, Absorbed::Known]);
    let again = fixture.merge(&instance, &no_bookmark(), &after).await;
    assert_eq!((answered(&again), bookmark(&again).pending.len()), (vec![1, 2], 0));
}

#[tokio::test]
async fn every_request_for_a_merged_cart_returns_the_other_cart() {
    let fixture = Fixture::open();
    let (instance, other) = (fixture.instance(), fixture.instance());
    fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await.unwrap();
    let own = cart_of("1001");
    for instance in [&instance, &other] {
        assert_eq!(fixture.read(instance, GUEST).await, Err(MergedInto(own.clone())));
        let result = fixture.add(instance, GUEST, 1, &no_bookmark()).await;
        assert_eq!(result.unwrap_err(), merged_into(&own));
    }
    assert_eq!(fixture.deliver().await, [Absorbed::Known], "only the merge was published");
}

#[tokio::test]
async fn a_consumer_faster_than_the_request_changes_nothing() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    let guests = bookmark(&fixture.add(&instance, GUEST, 1, &no_bookmark()).await);
    fixture.is_bus_immediate.store(true, Ordering::SeqCst);
    let merged = fixture.merge(&instance, &guests, &no_bookmark()).await;
    assert_eq!((answered(&merged), bookmark(&merged).pending.len()), (vec![1], 0));
    // The instance had cached the guest's cart; the merge replaced the cached item.
    let result = fixture.add(&instance, GUEST, 2, &no_bookmark()).await;
    assert_eq!(result.unwrap_err(), merged_into(&cart_of("1001")));
}

#[tokio::test]
async fn a_command_accepted_by_an_instance_that_cached_the_guests_cart_is_not_lost() {
    let fixture = Fixture::open();
    let (slow, quick) = (fixture.instance(), fixture.instance());
    let first = fixture.add(&slow, GUEST, 1, &no_bookmark()).await;
    fixture.deliver().await;
    fixture.pass_ms(HOUR_MS);
    assert_eq!(fixture.read(&slow, GUEST).await, Ok(vec![1]));
    let merged = fixture.merge(&quick, &no_bookmark(), &no_bookmark()).await;
    assert_eq!(answered(&merged), [1]);
    // Another tab of the guest, on an instance that still caches the guest's cart.
    let second = fixture.add(&slow, GUEST, 2, &Bookmark { floor: 1, ..no_bookmark() }).await;
    assert_eq!(answered(&second), [1, 2]);
    // That tab repeats the merge and sees its own command at once.
    let joined = fixture.merge(&quick, &bookmark(&second), &no_bookmark()).await;
    assert_eq!(answered(&joined), [1, 2]);
    assert_eq!(fixture.deliver().await, [Absorbed::Known, Absorbed::Changed]);
    let settled = fixture.merge(&quick, &bookmark(&first), &bookmark(&joined)).await;
    assert_eq!((answered(&settled), bookmark(&settled).pending.len()), (vec![1, 2], 0));
}

#[tokio::test]
async fn the_consumer_completes_a_merge_after_a_crash_between_publishing_and_applying() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    let guests = bookmark(&fixture.add(&instance, GUEST, 1, &no_bookmark()).await);
    fixture.is_table_full.store(true, Ordering::SeqCst);
    let failed = fixture.merge(&instance, &guests, &no_bookmark()).await;
    assert!(matches!(failed, Err(Rejection::Port(_))), "{failed:?}");
    assert_eq!(fixture.deliver().await, [Absorbed::Changed, Absorbed::Changed]);
    let own = cart_of("1001");
    assert_eq!(fixture.read(&fixture.instance(), GUEST).await, Err(MergedInto(own.clone())));
    assert_eq!(fixture.read(&fixture.instance(), &own).await, Ok(vec![1]));
    // The client repeats the merge; nothing has to be written.
    let again = fixture.merge(&instance, &guests, &no_bookmark()).await;
    assert_eq!(answered(&again), [1]);
    assert_eq!(fixture.published(), 0);
}

#[tokio::test]
async fn after_a_crash_between_record_and_publishing_a_retry_completes_the_merge() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    fixture.add(&instance, GUEST, 1, &no_bookmark()).await.unwrap();
    fixture.deliver().await;
    fixture.is_bus_down.store(true, Ordering::SeqCst);
    fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await.unwrap_err();
    fixture.is_bus_down.store(false, Ordering::SeqCst);
    fixture.pass_ms(HOUR_MS);
    let second = fixture.add(&instance, GUEST, 2, &Bookmark { floor: 1, ..no_bookmark() }).await;
    assert_eq!(answered(&second), [1, 2], "the guest's cart is still separate");
    fixture.deliver().await;
    // Much later: only the carts' fold window limits a merge. It retains its time, and the guest's
    // later commands follow it.
    fixture.pass_ms(40 * HOUR_MS);
    let merged = fixture.merge(&instance, &bookmark(&second), &no_bookmark()).await;
    assert_eq!(answered(&merged), [1, 2]);
    assert_eq!(fixture.deliver().await, [Absorbed::Known]);
}

#[tokio::test]
async fn an_unpublished_merge_older_than_the_carts_window_is_rejected() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    fixture.is_bus_down.store(true, Ordering::SeqCst);
    fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await.unwrap_err();
    fixture.is_bus_down.store(false, Ordering::SeqCst);
    fixture.pass_ms(3 * DAY_MS);
    fixture.add(&instance, GUEST, 1, &no_bookmark()).await.unwrap();
    fixture.deliver().await;
    let result = fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await;
    assert_eq!(result.unwrap_err(), Rejection::Expired);
    assert_eq!(fixture.published(), 0);
    assert_eq!(fixture.read(&fixture.instance(), GUEST).await, Ok(vec![1]), "nothing is lost");
}

#[tokio::test]
async fn of_two_customers_with_one_guests_token_the_first_gets_the_cart() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    let other = MergeRequest {
        cart: cart_of("1002"),
        guest: GUEST.to_owned(),
        bookmark: no_bookmark(),
        guest_bookmark: no_bookmark(),
        now: fixture.now(),
    };
    // Recorded for the first, but not yet applied.
    fixture.is_table_full.store(true, Ordering::SeqCst);
    fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await.unwrap_err();
    fixture.is_table_full.store(false, Ordering::SeqCst);
    let result = domain_cart::merge(&instance, &other).await;
    assert_eq!(result.unwrap_err(), merged_into(&cart_of("1001")));
    // And applied.
    fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await.unwrap();
    let result = domain_cart::merge(&instance, &other).await;
    assert_eq!(result.unwrap_err(), merged_into(&cart_of("1001")));
}

#[tokio::test]
async fn a_guests_command_whose_answer_was_lost_is_recovered_after_the_merge() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    // Accepted, but the answer is lost.
    fixture.add(&instance, GUEST, 1, &no_bookmark()).await.unwrap();
    let merged = fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await;
    assert!(answered(&merged).is_empty(), "this client does not know that it was accepted");
    let Err(Rejection::Merged { accepted: Some(known), .. }) =
        fixture.add(&instance, GUEST, 1, &no_bookmark()).await
    else {
        panic!("the command was accepted before");
    };
    let again = fixture.merge(&instance, &known, &bookmark(&merged)).await;
    assert_eq!(answered(&again), [1]);
    fixture.deliver().await;
    assert_eq!(fixture.read(&fixture.instance(), &cart_of("1001")).await, Ok(vec![1]), "once");
}

#[tokio::test]
async fn an_expired_guests_cart_stays_empty_after_the_merge() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    fixture.add(&instance, GUEST, 1, &no_bookmark()).await.unwrap();
    fixture.deliver().await;
    fixture.pass_ms(IDLE_MS_MAX + HOUR_MS);
    assert_eq!(fixture.read(&instance, GUEST).await, Ok(vec![]));
    let merged = fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await;
    assert_eq!((answered(&merged), merged.unwrap().version), (vec![], 1));
}

#[tokio::test]
async fn a_customers_own_cart_is_never_merged_into_another() {
    let fixture = Fixture::open();
    let request = MergeRequest {
        cart: cart_of("1001"),
        guest: cart_of("1002"),
        bookmark: no_bookmark(),
        guest_bookmark: no_bookmark(),
        now: fixture.now(),
    };
    let into_itself = MergeRequest { guest: cart_of("1001"), ..request.clone() };
    for request in [request, into_itself] {
        assert_eq!(
            domain_cart::merge(&fixture.instance(), &request).await.unwrap_err(),
            Rejection::Check(CartRejection::NotAGuest)
        );
    }
}

#[tokio::test]
async fn a_merge_over_a_limit_writes_nothing_and_both_carts_remain() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    let adds = |from: u64, count: usize| {
        (from..from + count as u64).map(|variant| Action::add(offer(variant), 1))
    };
    fixture.fill(GUEST, adds(0, LINES_MAX)).await;
    fixture.fill(&cart_of("1001"), adds(1_000, 1)).await;
    let result = fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await;
    assert_eq!(result.unwrap_err(), Rejection::Check(CartRejection::Limit(Limit::Lines)));
    assert_eq!(fixture.published(), 0);
    assert_eq!(fixture.read(&instance, GUEST).await.unwrap().len(), LINES_MAX);
    // After a line is removed, the same merge succeeds.
    let id = CommandId::of_key(GUEST, "room");
    let action = Action::Remove { line: offer(0).line_id() };
    let event =
        CartEvent { cart: GUEST.to_owned(), command: CartCommand { time: Time(NOON), id, action } };
    absorb(&CartRepository::new(&fixture.tables), &event).await.unwrap();
    let merged = fixture.merge(&instance, &no_bookmark(), &no_bookmark()).await;
    assert_eq!(answered(&merged).len(), LINES_MAX);
}

#[tokio::test]
async fn a_merge_over_the_limit_of_commands_succeeds_later() {
    let fixture = Fixture::open();
    let sets =
        |count: usize| (0..count).map(|_| Action::Set { line: offer(1).line_id(), quantity: 1 });
    fixture.fill(GUEST, sets(COMMANDS_MAX / 2)).await;
    fixture.fill(&cart_of("1001"), sets(COMMANDS_MAX / 2)).await;
    let result = fixture.merge(&fixture.instance(), &no_bookmark(), &no_bookmark()).await;
    let Rejection::Check(CartRejection::Limit(Limit::Commands { wait_ms })) = result.unwrap_err()
    else {
        panic!("another rejection");
    };
    assert!((DAY_MS..=2 * DAY_MS).contains(&wait_ms), "{wait_ms}");
    fixture.pass_ms(wait_ms + DAY_MS);
    fixture.merge(&fixture.instance(), &no_bookmark(), &no_bookmark()).await.unwrap();
}

#[tokio::test]
async fn a_merge_with_too_many_pending_commands_succeeds_after_delivery() {
    let fixture = Fixture::open();
    let instance = fixture.instance();
    let (mut guests, mut own) = (no_bookmark(), no_bookmark());
    for variant in 0..=PENDING_MAX as u64 / 2 {
        guests = bookmark(&fixture.add(&instance, GUEST, variant, &guests).await);
        own = bookmark(&fixture.add(&instance, &cart_of("1001"), variant, &own).await);
    }
    let result = fixture.merge(&instance, &guests, &own).await;
    assert_eq!(result.unwrap_err(), Rejection::TooManyPending);
    fixture.deliver().await;
    let merged = fixture.merge(&instance, &guests, &own).await;
    assert_eq!(answered(&merged).len(), PENDING_MAX + 2);
}

#[tokio::test]
async fn a_late_merge_and_a_late_guests_command_are_reissued() {
    let fixture = Fixture::open();
    let (instance, carts) = (fixture.instance(), CartRepository::new(&fixture.tables));
    fixture.pass_ms(3 * DAY_MS);
    fixture.add(&instance, &cart_of("1001"), 1, &no_bookmark()).await.unwrap();
    fixture.add(&instance, GUEST, 2, &no_bookmark()).await.unwrap();
    fixture.deliver().await;
    let late = |cart: &str, action| {
        let id = CommandId::of_key(cart, "late");
        let command = CartCommand { time: Time(NOON), id, action };
        CartEvent { cart: cart.to_owned(), command }
    };
    let merge = late(&cart_of("1001"), Action::Merge { guest: GUEST.to_owned() });
    let add = late(GUEST, Action::add(offer(3), 1));
    for event in [merge, add] {
        assert_eq!(absorb(&carts, &event).await, Ok(Absorbed::TooLate));
        let Ok(Reissue::Restamped(restamped)) = reissue(&carts, &event, fixture.now()).await else {
            panic!("{event:?}");
        };
        assert_eq!(restamped.command.id, event.command.id);
        assert_eq!(absorb(&carts, &restamped).await, Ok(Absorbed::Changed));
        assert_eq!(reissue(&carts, &restamped, fixture.now()).await, Ok(Reissue::Unchanged));
    }
    assert_eq!(fixture.read(&fixture.instance(), &cart_of("1001")).await, Ok(vec![1, 2, 3]));
}
