//! [`Source`] of carts, and [`CartWriter`].

use domain_cart::{
    Absorbed, Action, Both, CartChange, CartCommand, CartEvent, CartItem, CartWriter, IDLE_MS_MAX,
    Merge, Merged, MergedItems, absorb,
};
use domain_core::bookmark::PENDING_MAX;
use domain_core::id::CommandId;
use domain_core::port::{Consistency, Written};
use domain_core::resource::{CommandLog, CommandRecord, Resource as _};
use domain_core::time::HOUR_MS;

use super::sample::{MORNING, absorbed, add, batch, id, record};

/// Carts and the log their pending commands are in.
pub(crate) trait Shop: CartWriter + CommandLog<CartEvent> + Clone + 'static {}

impl<T: CartWriter + CommandLog<CartEvent> + Clone + 'static> Shop for T {}

pub(crate) async fn a_cart_never_written_is_absent(shop: impl Shop) {
    for consistency in [Consistency::Eventual, Consistency::Strong] {
        assert_eq!(shop.item("a", consistency).await.unwrap(), None);
    }
    assert_eq!(shop.batch("a", &[]).await, Ok(batch("a", None, vec![])));
}

pub(crate) async fn a_cart_comes_back_as_it_was_stored(shop: impl Shop) {
    let old = MORNING.minus_ms(72 * HOUR_MS);
    let item = absorbed(None, &[add(old, "folded"), add(MORNING, "recent")]);
    assert_eq!((item.folded.len(), item.commands.len()), (1, 1));
    assert_eq!(shop.store("a", &item, None).await.unwrap(), Written::Done);
    assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(item.clone()));
    assert_eq!(shop.batch("a", &[]).await, Ok(batch("a", Some(item), vec![])));
    assert_eq!(shop.item("b", Consistency::Strong).await.unwrap(), None);
}

pub(crate) async fn a_write_based_on_an_older_cart_is_a_conflict(shop: impl Shop) {
    let first = absorbed(None, &[add(MORNING, "first")]);
    let second = absorbed(Some(&first), &[add(MORNING, "second")]);
    let third = absorbed(Some(&first), &[add(MORNING, "third")]);
    assert_eq!(shop.store("a", &second, Some(&first)).await.unwrap(), Written::Conflict);
    assert_eq!(shop.store("a", &first, None).await.unwrap(), Written::Done);
    assert_eq!(shop.store("a", &third, None).await.unwrap(), Written::Conflict);
    assert_eq!(shop.store("a", &second, Some(&first)).await.unwrap(), Written::Done);
    assert_eq!(shop.store("a", &third, Some(&first)).await.unwrap(), Written::Conflict);
    assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(second));
}

/// A version starts again with each life: both of these are version 1, replacing a version 1.
pub(crate) async fn of_two_first_commands_after_a_month_neither_is_lost(shop: impl Shop) {
    let before = absorbed(None, &[add(MORNING, "before")]);
    shop.store("a", &before, None).await.unwrap();
    let later = MORNING.plus_ms(IDLE_MS_MAX + HOUR_MS);
    let one = absorbed(Some(&before), &[add(later, "one")]);
    let other = absorbed(Some(&before), &[add(later.plus_ms(1), "other")]);
    assert_eq!((before.version, one.version, other.version), (1, 1, 1));
    assert_eq!(shop.store("a", &one, Some(&before)).await.unwrap(), Written::Done);
    assert_eq!(shop.store("a", &other, Some(&before)).await.unwrap(), Written::Conflict);
    assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(one));
}

pub(crate) async fn commands_absorbed_at_once_are_all_in_the_cart(shop: impl Shop) {
    let commands: Vec<CartCommand> =
        (0..6).map(|n| add(MORNING.plus_ms(n), &format!("key-{n}"))).collect();
    let running: Vec<_> = commands
        .iter()
        .map(|command| {
            let event = CartEvent { cart: "a".to_owned(), command: command.clone() };
            let shop = shop.clone();
            tokio::spawn(async move { absorb(&shop, &event).await.unwrap() })
        })
        .collect();
    for one in running {
        assert_eq!(one.await.unwrap(), Absorbed::Changed);
    }
    let item = shop.item("a", Consistency::Strong).await.unwrap();
    assert_eq!(item, Some(absorbed(None, &commands)));
}

pub(crate) async fn an_order_absorbed_before_its_add_ends_in_the_same_cart(shop: impl Shop) {
    let added = add(MORNING, "bought");
    let Action::Add { line, .. } = &added.action else { panic!("{added:?}") };
    let lines = [(*line, u32::MAX - 1)].into();
    let order = CartCommand {
        time: MORNING.plus_ms(1),
        id: CommandId::of_cause("cart/a", "order/18446744073709551615"),
        action: Action::Take { lines },
    };
    for command in [&order, &added, &order] {
        let event = CartEvent { cart: "a".to_owned(), command: command.clone() };
        absorb(&shop, &event).await.unwrap();
    }
    let item = shop.item("a", Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(item, absorbed(None, &[added, order]));
    assert_eq!(item.fold(&[]).lines.values().map(|line| line.quantity).collect::<Vec<_>>(), [1]);
}

/// The event that merges the cart `a` into `own`.
fn merge() -> CartEvent {
    let action = Action::Merge { guest: "a".to_owned() };
    let command = CartCommand { time: MORNING.plus_ms(10), id: id("merge"), action };
    CartEvent { cart: "own".to_owned(), command }
}

fn joined(guest: Option<&CartItem>, into: Option<&CartItem>) -> MergedItems {
    match Merge::of(&merge()).unwrap().apply(Both { guest, into }) {
        Merged::Changed(joined) => *joined,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn of_two_carts_that_merge_both_change_or_neither(shop: impl Shop) {
    let (guest, own) =
        (absorbed(None, &[add(MORNING, "one")]), absorbed(None, &[add(MORNING, "two")]));
    shop.store("a", &guest, None).await.unwrap();
    shop.store("own", &own, None).await.unwrap();
    let merged = joined(Some(&guest), Some(&own));
    let changes = |guest, own| {
        [
            CartChange { cart: "a", item: &merged.guest, seen: guest },
            CartChange { cart: "own", item: &merged.into, seen: own },
        ]
    };
    let newer = absorbed(Some(&own), &[add(MORNING, "three")]);
    let stale = [(Some(&guest), None), (None, Some(&own)), (Some(&guest), Some(&newer))];
    for (guest_seen, own_seen) in stale {
        let written = shop.store_both(changes(guest_seen, own_seen)).await;
        assert_eq!(written, Ok(Written::Conflict));
        assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(guest.clone()));
        assert_eq!(shop.item("own", Consistency::Strong).await.unwrap(), Some(own.clone()));
    }
    let written = shop.store_both(changes(Some(&guest), Some(&own))).await;
    assert_eq!(written, Ok(Written::Done));
    assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(merged.guest.clone()));
    assert_eq!(shop.item("own", Consistency::Strong).await.unwrap(), Some(merged.into.clone()));
    let again = shop.store_both(changes(Some(&guest), Some(&own))).await;
    assert_eq!(again, Ok(Written::Conflict));
}

pub(crate) async fn carts_never_written_merge(shop: impl Shop) {
    assert_eq!(absorb(&shop, &merge()).await, Ok(Absorbed::Changed));
    let merged = joined(None, None);
    assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(merged.guest));
    assert_eq!(shop.item("own", Consistency::Strong).await.unwrap(), Some(merged.into));
    assert_eq!(absorb(&shop, &merge()).await, Ok(Absorbed::Known));
}

/// Some commands of the guest come before the merge in the order, some after.
pub(crate) async fn merges_and_commands_absorbed_at_once_are_all_in_the_one_cart(shop: impl Shop) {
    let commands = |from: u64, name: &str| -> Vec<CartCommand> {
        (from..from + 3).map(|n| add(MORNING.plus_ms(n * 4), &format!("{name}-{n}"))).collect()
    };
    let (guests, owns) = (commands(1, "guest"), commands(1, "own"));
    let event = |cart: &str, command: &CartCommand| CartEvent {
        cart: cart.to_owned(),
        command: command.clone(),
    };
    let events = guests.iter().map(|command| event("a", command));
    let events = events.chain([merge(), merge()]);
    let events = events.chain(owns.iter().map(|command| event("own", command)));
    let running: Vec<_> = events
        .map(|event| {
            let shop = shop.clone();
            tokio::spawn(async move { absorb(&shop, &event).await.unwrap() })
        })
        .collect();
    let mut known = 0;
    for one in running {
        known += u32::from(one.await.unwrap() == Absorbed::Known);
    }
    assert_eq!(known, 1, "the second merge");
    let merged = joined(Some(&absorbed(None, &guests)), Some(&absorbed(None, &owns)));
    assert_eq!(shop.item("a", Consistency::Strong).await.unwrap(), Some(merged.guest));
    assert_eq!(shop.item("own", Consistency::Strong).await.unwrap(), Some(merged.into));
}

pub(crate) async fn a_command_to_a_merged_cart_goes_into_the_other(shop: impl Shop) {
    absorb(&shop, &merge()).await.unwrap();
    let late = CartEvent { cart: "a".to_owned(), command: add(MORNING, "late") };
    assert_eq!(absorb(&shop, &late).await, Ok(Absorbed::Changed));
    assert_eq!(absorb(&shop, &late).await, Ok(Absorbed::Known));
    let guest = absorbed(None, &[late.command]);
    let merged = joined(Some(&guest), None);
    assert_eq!(shop.item("own", Consistency::Strong).await.unwrap(), Some(merged.into));
    let theirs = CartEvent { cart: "another".to_owned(), ..merge() };
    assert_eq!(absorb(&shop, &theirs).await, Ok(Absorbed::Elsewhere("own".to_owned())));
}

pub(crate) async fn pending_commands_come_with_the_cart_as_far_as_recorded(shop: impl Shop) {
    let item = absorbed(None, &[add(MORNING, "absorbed")]);
    shop.store("a", &item, None).await.unwrap();
    let records = [record(MORNING, "one"), record(MORNING.plus_ms(1), "two")];
    for record in &records {
        shop.record(record).await.unwrap();
    }
    let ids = ["two", "never-sent", "one", "two"].map(id);
    let [one, two] = records;
    let expected = batch("a", Some(item), vec![two, one.clone()]);
    assert_eq!(shop.batch("a", &ids).await, Ok(expected));
    assert_eq!(shop.batch("b", &[id("one")]).await, Ok(batch("b", None, vec![one])));
}

pub(crate) async fn a_full_bookmark_is_one_read(shop: impl Shop) {
    let records: Vec<CommandRecord<CartEvent>> =
        (0..PENDING_MAX as u64).map(|n| record(MORNING.plus_ms(n), &format!("key-{n}"))).collect();
    for record in &records {
        shop.record(record).await.unwrap();
    }
    let ids: Vec<CommandId> = records.iter().map(|record| record.event.command.id).collect();
    assert_eq!(shop.batch("a", &ids).await, Ok(batch("a", None, records)));
}
