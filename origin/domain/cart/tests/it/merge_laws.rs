//! Laws of the merge. Seeds of failures are stored under `tests/proptest-regressions`.

use domain_cart::{Action, CartEvent, Contents, FOLD_WINDOW_MS, IDLE_MS_MAX, Line, Merge};
use domain_core::money::Money;
use domain_core::resource::Resource as _;
use domain_core::time::{DAY_MS, HOUR_MS};
use proptest::prelude::*;

use super::merges::{Carts, GUEST, guests, merge, own};
use super::{NOON, command, offer, remove, set};

/// Commands of two devices over some weeks, including the merge. Times come in clusters, so that
/// neighbours on both sides of every window are common.
fn history() -> impl Strategy<Value = Vec<CartEvent>> {
    let gap = prop_oneof![
        6 => 0..HOUR_MS,
        3 => HOUR_MS..FOLD_WINDOW_MS,
        1 => FOLD_WINDOW_MS..3 * DAY_MS,
        1 => IDLE_MS_MAX - 3 * DAY_MS..IDLE_MS_MAX + 3 * DAY_MS,
    ];
    let step = (gap, any::<bool>(), 0..11_u8, 1..4_u64, 0..9_u32);
    let steps = prop::collection::vec(step, 1..20);
    (steps, any::<prop::sample::Index>()).prop_map(|(steps, merged_at)| {
        let merged_at = merged_at.index(steps.len());
        let mut at = NOON;
        let mut merged_until = u64::MAX;
        let mut events = Vec::new();
        for (index, (gap, is_guests, kind, variant, quantity)) in steps.into_iter().enumerate() {
            if index == merged_at {
                events.push(merge(at + gap / 2));
                // After this time every device knows of the merge.
                merged_until = at + gap / 2 + FOLD_WINDOW_MS;
            }
            at += gap;
            let name = format!("command-{index}");
            let command = match kind {
                0..=4 => {
                    let mut offer = offer(variant);
                    offer.price = Money(i64::try_from(at).unwrap());
                    command(at, &name, Action::add(offer, quantity + 1))
                }
                5..=6 => set(at, &name, variant, quantity),
                7..=8 => remove(at, &name, variant),
                9 => {
                    let changes = [(format!("a{variant}"), Some(name.clone()))].into();
                    command(at, &name, Action::Attributes { changes })
                }
                _ => command(at, &name, Action::Clear),
            };
            let is_guests = is_guests && at < merged_until;
            events.push(if is_guests { guests(command) } else { own(command) });
        }
        events
    })
}

/// Deliveries, some twice, in which no event arrives after one that is 48 hours younger.
fn deliveries(events: &[CartEvent], jitters: &[(u64, bool)]) -> Vec<CartEvent> {
    let mut scheduled: Vec<(u64, CartEvent)> = Vec::new();
    for (event, (jitter, twice)) in events.iter().zip(jitters.iter().cycle()) {
        let when = event.command.time.0 + jitter % FOLD_WINDOW_MS;
        scheduled.push((when, event.clone()));
        if *twice {
            scheduled.push((when + jitter / 2, event.clone()));
        }
    }
    scheduled.sort_by_key(|(when, _)| *when);
    scheduled.into_iter().map(|(_, event)| event).collect()
}

/// One cart of the reference model.
#[derive(Default)]
struct ReferenceCart {
    contents: Contents,
    count: u64,
    last: u64,
}

impl ReferenceCart {
    fn add_command(&mut self, at: u64) {
        if at > self.last + IDLE_MS_MAX {
            *self = Self::default();
        }
        (self.count, self.last) = (self.count + 1, at);
    }

    fn join(&mut self, guest: Self, at: u64) {
        if at > guest.last + IDLE_MS_MAX {
            return;
        }
        self.count += guest.count;
        self.contents.attributes.extend(guest.contents.attributes);
        for (id, guests_line) in guest.contents.lines {
            let Some(own_line) = self.contents.lines.get(&id).cloned() else {
                self.contents.lines.insert(id, guests_line);
                continue;
            };
            let later = if guests_line.offered > own_line.offered {
                guests_line.clone()
            } else {
                own_line.clone()
            };
            let quantity = own_line.quantity + guests_line.quantity;
            let since = own_line.since.min(guests_line.since);
            self.contents.lines.insert(id, Line { quantity, since, ..later });
        }
    }
}

/// The reference model: runs all commands in order, each on the cart it was sent to; after the
/// merge, the guest's commands run on the customer's cart.
fn reference(events: &[CartEvent]) -> (Contents, u64) {
    let mut sorted: Vec<&CartEvent> = events.iter().collect();
    sorted.sort_by_key(|event| event.command.place());
    let (mut own, mut guest) = (ReferenceCart::default(), Some(ReferenceCart::default()));
    for CartEvent { cart, command } in sorted {
        let at = command.time.0;
        match (&command.action, &mut guest) {
            (Action::Merge { .. }, _) => {
                own.add_command(at);
                own.join(guest.take().unwrap(), at);
            }
            (_, Some(guest)) if cart == GUEST => {
                guest.add_command(at);
                command.run(&mut guest.contents);
            }
            _ => {
                own.add_command(at);
                command.run(&mut own.contents);
            }
        }
    }
    (own.contents, own.count)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// I4.
    #[test]
    fn any_order_and_number_of_deliveries_leads_to_the_same_bytes(
        events in history(),
        jitters in prop::collection::vec((0..FOLD_WINDOW_MS, any::<bool>()), 1..24),
    ) {
        let in_order = Carts::after(&events);
        let shuffled = Carts::after(&deliveries(&events, &jitters));
        prop_assert_eq!(in_order.bytes(), shuffled.bytes());
    }

    #[test]
    fn a_merged_cart_equals_the_reference_model(events in history()) {
        let carts = Carts::after(&events);
        let (contents, count) = reference(&events);
        prop_assert_eq!(carts.own().fold(&[]), contents);
        prop_assert_eq!(carts.own().version, count);
    }

    /// I1: a view with pending commands of either cart equals the view after they are absorbed.
    #[test]
    fn a_view_with_pending_commands_equals_the_view_after_absorbing_them(
        events in history(),
        late in prop::collection::vec(any::<bool>(), 20),
    ) {
        let youngest = events.iter().map(|event| event.command.time.0).max().unwrap();
        let bound = youngest.saturating_sub(FOLD_WINDOW_MS);
        let is_late = |index: usize, event: &CartEvent| {
            late[index % late.len()] && event.command.time.0 > bound && Merge::of(event).is_none()
        };
        let (mut pending, mut early) = (Vec::new(), Vec::new());
        for (index, event) in events.iter().enumerate() {
            if is_late(index, event) { &mut pending } else { &mut early }.push(event.clone());
        }
        let partly = Carts::after(&early);
        let pending: Vec<&CartEvent> = pending.iter().collect();
        prop_assert_eq!(partly.own().fold(&pending), Carts::after(&events).own().fold(&[]));
    }

    /// I2: no delivery decreases a version that a client may hold, within one lifetime of a cart.
    #[test]
    fn a_version_never_decreases_within_a_lifetime(
        events in history(),
        jitters in prop::collection::vec((0..FOLD_WINDOW_MS, any::<bool>()), 1..24),
    ) {
        let mut carts = Carts::default();
        for event in deliveries(&events, &jitters) {
            let before = carts.own.clone().unwrap_or_default();
            carts.deliver(&event);
            let after = carts.own.clone().unwrap_or_default();
            let has_ended = after.highest.0 > before.highest.0 + IDLE_MS_MAX;
            prop_assert!(
                has_ended || after.version >= before.version,
                "{event:?}: {before:?} {after:?}",
            );
        }
    }
}
