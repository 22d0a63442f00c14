//! Merges of a guest's cart into the customer's own.

use std::collections::BTreeMap;

use domain_cart::{
    Action, Applied, Both, CartCommand, CartEvent, CartItem, FOLD_WINDOW_MS, IDLE_MS_MAX, Line,
    Merge, Merged, MergedItems, apply_of,
};
use domain_core::money::Money;
use domain_core::resource::Resource as _;
use domain_core::time::{DAY_MS, HOUR_MS, Time};

use super::{NOON, add, command, line, offer, remove, set, take};

pub(crate) const GUEST: &str = "0123456789abcdef";
pub(crate) const OWN: &str = "customer-1001";

/// Both carts after some deliveries.
#[derive(Debug, Default)]
pub(crate) struct Carts {
    guest: Option<CartItem>,
    pub(crate) own: Option<CartItem>,
}

impl Carts {
    pub(crate) fn after(deliveries: &[CartEvent]) -> Self {
        let mut carts = Self::default();
        deliveries.iter().for_each(|event| carts.deliver(event));
        carts
    }

    pub(crate) fn deliver(&mut self, event: &CartEvent) {
        if let Some(merge) = Merge::of(event) {
            match self.merge(merge) {
                Merged::Changed(items) => {
                    let MergedItems { guest, into } = *items;
                    (self.guest, self.own) = (Some(guest), Some(into));
                }
                Merged::Known => {}
                other => panic!("{other:?}"),
            }
            return;
        }
        let is_merged = |item: &CartItem| item.merged_into_at(event.command.time).is_some();
        let is_for_own = event.cart == OWN || self.guest.as_ref().is_some_and(is_merged);
        let item = if is_for_own { &mut self.own } else { &mut self.guest };
        match apply_of(item.as_ref(), &event.cart, &event.command) {
            Applied::Changed(changed) => *item = Some(*changed),
            Applied::Known | Applied::TooOld => {}
            other => panic!("{event:?} became {other:?} of {item:?}"),
        }
    }

    fn merge(&self, merge: Merge<'_>) -> Merged {
        merge.apply(Both { guest: self.guest.as_ref(), into: self.own.as_ref() })
    }

    pub(crate) fn own(&self) -> &CartItem {
        self.own.as_ref().unwrap()
    }

    fn quantities(&self) -> BTreeMap<u64, u32> {
        let lines = self.own().fold(&[]).lines;
        (0..9).filter_map(|variant| Some((variant, lines.get(&line(variant))?.quantity))).collect()
    }

    pub(crate) fn bytes(&self) -> (String, String) {
        (serde_json::to_string(&self.guest).unwrap(), serde_json::to_string(&self.own).unwrap())
    }
}

pub(crate) fn guests(command: CartCommand) -> CartEvent {
    CartEvent { cart: GUEST.to_owned(), command }
}

pub(crate) fn own(command: CartCommand) -> CartEvent {
    CartEvent { cart: OWN.to_owned(), command }
}

pub(crate) fn merge(at: u64) -> CartEvent {
    own(command(at, "merge", Action::Merge { guest: GUEST.to_owned() }))
}

fn priced(at: u64, name: &str, price: i64) -> CartCommand {
    let mut offer = offer(1);
    offer.price = Money(price);
    command(at, name, Action::add(offer, 1))
}

// === the shopper's view ===

#[test]
fn a_merged_cart_has_the_lines_of_both_and_equal_lines_are_summed() {
    let carts = Carts::after(&[
        own(add(NOON, "a", 1, 2)),
        guests(add(NOON + 1, "b", 1, 3)),
        guests(add(NOON + 2, "c", 2, 1)),
        merge(NOON + 3),
    ]);
    assert_eq!(carts.quantities(), [(1, 5), (2, 1)].into());
    assert_eq!(carts.own().version, 4);
}

#[test]
fn a_guests_commands_before_the_merge_do_not_change_the_customers_lines() {
    let carts = Carts::after(&[
        own(add(NOON, "a", 1, 2)),
        guests(add(NOON + 1, "b", 1, 3)),
        guests(set(NOON + 2, "c", 1, 1)),
        guests(command(NOON + 3, "d", Action::Clear)),
        guests(add(NOON + 4, "e", 2, 1)),
        guests(remove(NOON + 5, "f", 1)),
        merge(NOON + 6),
    ]);
    assert_eq!(carts.quantities(), [(1, 2), (2, 1)].into());
}

/// An order names the cart it was handed over from, even if that cart was merged since.
#[test]
fn an_order_of_the_guests_cart_takes_its_items_from_the_customers() {
    let deliveries = [
        own(add(NOON, "a", 1, 2)),
        guests(add(NOON + 1, "b", 1, 3)),
        guests(take(NOON + 2, "placed before the merge", [(1, 5), (2, 1)])),
        merge(NOON + 3),
        guests(add(NOON + 4, "c", 2, 4)),
        guests(take(NOON + 5, "placed after it", [(1, 1), (2, 1)])),
    ];
    let in_order = Carts::after(&deliveries);
    assert_eq!(in_order.quantities(), [(1, 1), (2, 3)].into());
    for order in [[3, 2, 5, 0, 1, 4], [5, 3, 4, 2, 1, 0], [2, 5, 1, 3, 4, 0]] {
        let shuffled = order.map(|at| deliveries[at].clone());
        assert_eq!(Carts::after(&shuffled).bytes(), in_order.bytes(), "{order:?}");
    }
}

#[test]
fn a_guests_command_delivered_after_the_merge_is_not_lost() {
    let carts = Carts::after(&[
        own(add(NOON, "a", 1, 2)),
        merge(NOON + 10),
        guests(add(NOON + 1, "before", 1, 3)),
        guests(set(NOON + 11, "after", 1, 7)),
        guests(add(NOON + 12, "later", 2, 1)),
    ]);
    assert_eq!(carts.quantities(), [(1, 7), (2, 1)].into());
    assert_eq!(carts.own().version, 5);
}

#[test]
fn merging_a_guests_cart_never_written_changes_no_lines() {
    let carts = Carts::after(&[own(add(NOON, "a", 1, 2)), merge(NOON + 1)]);
    assert_eq!(carts.quantities(), [(1, 2)].into());
    assert_eq!(carts.guest.unwrap().merged_into_at(Time(NOON + 2)), Some(OWN));
}

#[test]
fn a_merge_does_not_restore_a_guests_ended_cart() {
    let late = NOON + IDLE_MS_MAX + 1;
    let carts = Carts::after(&[guests(add(NOON, "a", 1, 2)), merge(late)]);
    assert_eq!((carts.quantities(), carts.own().version), ([].into(), 1));
    let in_time = Carts::after(&[guests(add(NOON, "a", 1, 2)), merge(late - 1)]);
    assert_eq!((in_time.quantities(), in_time.own().version), ([(1, 2)].into(), 2));
}

#[test]
fn a_merge_does_not_restore_a_customers_ended_cart() {
    let carts = Carts::after(&[
        own(add(NOON, "a", 1, 2)),
        guests(add(NOON + 25 * DAY_MS, "b", 2, 1)),
        merge(NOON + 40 * DAY_MS),
    ]);
    assert_eq!((carts.quantities(), carts.own().version), ([(2, 1)].into(), 2));
}

#[test]
fn a_line_of_both_has_the_price_of_the_latest_add_and_the_earliest_place() {
    let older = Carts::after(&[
        guests(priced(NOON, "a", 1_000)),
        own(priced(NOON + 1, "b", 2_000)),
        merge(NOON + 2),
    ]);
    let newer = Carts::after(&[
        own(priced(NOON, "b", 2_000)),
        guests(priced(NOON + 1, "a", 1_000)),
        merge(NOON + 2),
    ]);
    let price_and_place = |carts: &Carts| {
        let line: &Line = &carts.own().fold(&[]).lines[&line(1)];
        (line.offer.price, line.since)
    };
    assert_eq!(price_and_place(&older), (Money(2_000), Time(NOON)));
    assert_eq!(price_and_place(&newer), (Money(1_000), Time(NOON)));
}

#[test]
fn a_merged_cart_has_the_attributes_of_both_and_the_guests_win() {
    let attributes = |at, name: &str, pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        let changes = pairs.map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())));
        command(at, name, Action::Attributes { changes: changes.collect() })
    };
    let carts = Carts::after(&[
        own(attributes(NOON, "a", &[("note", "ring twice"), ("gift", "no")])),
        guests(attributes(NOON + 1, "b", &[("gift", "yes")])),
        merge(NOON + 2),
    ]);
    let attributes = carts.own().fold(&[]).attributes;
    assert_eq!((attributes["note"].as_str(), attributes["gift"].as_str()), ("ring twice", "yes"));
}

// === outcomes of deliveries ===

#[test]
fn a_merge_below_a_carts_window_goes_to_the_dead_letters() {
    let of = |event: CartEvent| Carts::after(&[event]);
    let younger = NOON + 20 * DAY_MS;
    for carts in [of(own(add(younger, "a", 1, 1))), of(guests(add(younger, "a", 1, 1)))] {
        let merged = |at| carts.merge(Merge::of(&merge(at)).unwrap());
        assert!(matches!(merged(younger - FOLD_WINDOW_MS + 1), Merged::Changed(_)));
        assert_eq!(merged(younger - FOLD_WINDOW_MS), Merged::TooLate);
        assert_eq!(merged(younger - 15 * DAY_MS), Merged::TooOld);
    }
}

#[test]
fn a_guests_cart_is_merged_once() {
    let carts = Carts::after(&[guests(add(NOON, "a", 1, 1)), merge(NOON + 1)]);
    assert_eq!(carts.merge(Merge::of(&merge(NOON + 1)).unwrap()), Merged::Known);
    let other = CartEvent { cart: "customer-1002".to_owned(), ..merge(NOON + 2) };
    let merge = Merge::of(&other).unwrap();
    let merged = merge.apply(Both { guest: carts.guest.as_ref(), into: None });
    assert_eq!(merged, Merged::Elsewhere(OWN.to_owned()));
}

#[test]
fn a_merged_cart_can_not_be_merged_into() {
    let carts = Carts::after(&[merge(NOON)]);
    let event = CartEvent {
        cart: GUEST.to_owned(),
        command: command(NOON + 1, "b", Action::Merge { guest: "another".to_owned() }),
    };
    let merged = Merge::of(&event).unwrap().apply(Both { guest: None, into: carts.guest.as_ref() });
    assert_eq!(merged, Merged::Elsewhere(OWN.to_owned()));
}

#[test]
fn a_guest_who_returns_after_the_tombstone_expired_merges_again() {
    let first = [guests(add(NOON, "a", 1, 1)), merge(NOON + 1)];
    let mut carts = Carts::after(&first);
    let long_after = carts.guest.as_ref().unwrap().expires_at().0 + HOUR_MS;
    // The customer's item is still there and knows the first merge's id.
    carts.deliver(&guests(add(long_after, "b", 2, 3)));
    carts.deliver(&merge(long_after + 1));
    assert_eq!(carts.quantities(), [(2, 3)].into());
}
