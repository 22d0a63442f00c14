//! Laws of the fold. Seeds of failures are stored under `tests/proptest-regressions`.

use domain_cart::{
    Action, ActionKind, Applied, CartCommand, CartEvent, CartItem, Contents, FOLD_WINDOW_MS,
    IDLE_MS_MAX, apply,
};
use domain_core::resource::Resource as _;
use domain_core::time::{DAY_MS, HOUR_MS};
use proptest::prelude::*;

use super::{NOON, add, command, remove, set, take};

/// Commands over some weeks, with gaps in which a cart may end. Times come in clusters, so that
/// neighbours on both sides of every window are common.
fn history() -> impl Strategy<Value = Vec<CartCommand>> {
    let gap = prop_oneof![
        5 => 0..HOUR_MS,
        3 => HOUR_MS..FOLD_WINDOW_MS,
        1 => FOLD_WINDOW_MS..3 * DAY_MS,
        1 => IDLE_MS_MAX - 3 * DAY_MS..IDLE_MS_MAX + 3 * DAY_MS,
    ];
    // Merges have their own laws, in `merge_laws.rs`.
    let kinds = ActionKind::ALL.iter().copied().filter(|kind| *kind != ActionKind::Merge);
    let kinds: Vec<ActionKind> = kinds.collect();
    let kind = prop_oneof![1 => Just(ActionKind::Add), 2 => prop::sample::select(kinds)];
    let kind = (kind, 1..4_u64, 0..9_u32);
    prop::collection::vec((gap, kind), 1..24).prop_map(|steps| {
        let mut at = NOON;
        let steps = steps.into_iter().enumerate();
        steps
            .map(|(index, (gap, (kind, variant, quantity)))| {
                at += gap;
                let name = format!("command-{index}");
                match kind {
                    ActionKind::Add => add(at, &name, variant, quantity + 1),
                    ActionKind::Set => set(at, &name, variant, quantity),
                    ActionKind::Remove => remove(at, &name, variant),
                    ActionKind::Clear => command(at, &name, Action::Clear),
                    ActionKind::Attributes => {
                        let value = (quantity > 2).then(|| quantity.to_string());
                        let changes = [(variant.to_string(), value)].into();
                        command(at, &name, Action::Attributes { changes })
                    }
                    ActionKind::Take => {
                        take(at, &name, [(variant, quantity), (variant % 3 + 1, 1)])
                    }
                    ActionKind::Merge => unreachable!("filtered above"),
                }
            })
            .collect()
    })
}

/// Deliveries, some twice, in which no command arrives after one that is 48 hours younger.
fn deliveries(commands: &[CartCommand], jitters: &[(u64, bool)]) -> Vec<CartCommand> {
    let mut scheduled: Vec<(u64, CartCommand)> = Vec::new();
    for (command, (jitter, twice)) in commands.iter().zip(jitters.iter().cycle()) {
        let when = command.time.0 + jitter % FOLD_WINDOW_MS;
        scheduled.push((when, command.clone()));
        if *twice {
            scheduled.push((when + jitter / 2, command.clone()));
        }
    }
    scheduled.sort_by_key(|(when, _)| *when);
    scheduled.into_iter().map(|(_, command)| command).collect()
}

fn absorbed(deliveries: &[CartCommand]) -> CartItem {
    deliveries.iter().fold(CartItem::default(), |item, command| match apply(Some(&item), command) {
        Applied::Changed(item) => *item,
        Applied::Known | Applied::TooOld => item,
        other => panic!("{command:?} became {other:?} of {item:?}"),
    })
}

fn bytes(item: &CartItem) -> Vec<u8> {
    serde_json::to_vec(item).unwrap()
}

/// The reference model: runs all commands in order; thirty days of silence end a cart.
fn reference(commands: &[CartCommand]) -> (Contents, u64) {
    let mut sorted = commands.to_vec();
    sorted.sort_by_key(CartCommand::place);
    let (mut contents, mut count, mut last) = (Contents::default(), 0, NOON);
    for command in sorted {
        if command.time.0 > last + IDLE_MS_MAX {
            (contents, count) = (Contents::default(), 0);
        }
        command.run(&mut contents);
        (count, last) = (count + 1, command.time.0);
    }
    (contents, count)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// I4.
    #[test]
    fn any_order_and_number_of_deliveries_leads_to_the_same_bytes(
        commands in history(),
        jitters in prop::collection::vec((0..FOLD_WINDOW_MS, any::<bool>()), 1..24),
    ) {
        let in_order = absorbed(&commands);
        let shuffled = absorbed(&deliveries(&commands, &jitters));
        prop_assert_eq!(bytes(&in_order), bytes(&shuffled));
    }

    #[test]
    fn a_cart_equals_the_reference_model(commands in history()) {
        let item = absorbed(&commands);
        let (contents, count) = reference(&commands);
        prop_assert_eq!(item.fold(&[]), contents);
        prop_assert_eq!(item.version, count);
    }

    /// I1: a view with a pending command equals the view after it is absorbed.
    #[test]
    fn a_view_with_pending_commands_equals_the_view_after_absorbing_them(
        commands in history(),
        split in any::<prop::sample::Index>(),
    ) {
        let bound = commands[commands.len() - 1].time.0.saturating_sub(FOLD_WINDOW_MS);
        let at = split.index(commands.len());
        let (late, early): (Vec<_>, Vec<_>) = commands.iter().cloned().enumerate().partition(
            |(index, command)| *index >= at && command.time.0 > bound,
        );
        let of = |half: Vec<(usize, CartCommand)>| -> Vec<CartCommand> {
            half.into_iter().map(|(_, command)| command).collect()
        };
        let (late, early) = (of(late), of(early));
        let partly = absorbed(&early);
        let late = late.into_iter().map(|command| CartEvent { cart: "test".to_owned(), command });
        let late: Vec<CartEvent> = late.collect();
        prop_assert_eq!(partly.fold(&late.iter().collect::<Vec<_>>()), absorbed(&commands).fold(&[]));
    }
}
