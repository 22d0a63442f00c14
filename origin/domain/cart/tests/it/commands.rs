//! The effect of each command.

use domain_cart::{Action, Contents};
use domain_core::money::Money;

use super::{NOON, add, command, line, offer, remove, set, take};

fn after(commands: &[domain_cart::CartCommand]) -> Contents {
    let mut contents = Contents::default();
    for command in commands {
        command.run(&mut contents);
    }
    contents
}

#[test]
fn adding_the_same_offer_twice_sums_up_on_one_line() {
    let cart = after(&[add(NOON, "a", 1, 2), add(NOON + 1, "b", 1, 3)]);
    assert_eq!(cart.lines.len(), 1);
    assert_eq!(cart.lines[&line(1)].quantity, 5);
    assert_eq!(cart.subtotal(), Some(Money(9_950)));
}

#[test]
fn the_same_variant_with_another_engraving_is_another_line() {
    let mut engraved = offer(1);
    engraved.properties.insert("engraving".to_owned(), "For Ada".to_owned());
    let engraved = Action::add(engraved, 1);
    let cart = after(&[add(NOON, "a", 1, 1), command(NOON + 1, "b", engraved)]);
    assert_eq!(cart.lines.len(), 2);
}

#[test]
fn setting_the_quantity_of_a_removed_line_does_not_restore_it() {
    let cart = after(&[add(NOON, "a", 1, 1), remove(NOON + 1, "b", 1), set(NOON + 2, "c", 1, 7)]);
    assert_eq!(cart, Contents::default());
}

#[test]
fn quantity_zero_removes_the_line() {
    let cart = after(&[add(NOON, "a", 1, 1), set(NOON + 1, "b", 1, 0)]);
    assert_eq!(cart, Contents::default());
}

#[test]
fn an_add_after_a_removal_creates_a_new_line() {
    let commands = [add(NOON, "a", 1, 5), remove(NOON + 1, "b", 1), add(NOON + 2, "c", 1, 2)];
    assert_eq!(after(&commands).lines[&line(1)].quantity, 2);
}

#[test]
fn a_line_has_the_price_of_the_latest_add() {
    let mut more_expensive = offer(1);
    more_expensive.price = Money(2_490);
    let more_expensive = Action::add(more_expensive, 1);
    let cart = after(&[add(NOON, "a", 1, 1), command(NOON + 1, "b", more_expensive)]);
    assert_eq!(cart.subtotal(), Some(Money(4_980)));
}

#[test]
fn an_order_takes_the_bought_quantities_and_leaves_the_rest() {
    let cart = after(&[
        add(NOON, "a", 1, 5),
        add(NOON + 1, "b", 2, 1),
        add(NOON + 2, "c", 3, 1),
        take(NOON + 3, "order", [(1, 2), (2, 1)]),
    ]);
    let lines: Vec<_> =
        cart.sorted_lines().into_iter().map(|(id, line)| (id, line.quantity)).collect();
    assert_eq!(lines, [(line(1), 3), (line(3), 1)]);
}

#[test]
fn an_order_of_more_than_the_cart_holds_takes_all_and_no_more() {
    let commands = [
        add(NOON, "a", 1, 1),
        take(NOON + 1, "order", [(1, u32::MAX), (9, 4)]),
        add(NOON + 2, "b", 1, 2),
    ];
    assert_eq!(after(&commands[..2]), Contents::default());
    assert_eq!(after(&commands).lines[&line(1)].quantity, 2, "a later add stays");
}

#[test]
fn setting_the_quantity_of_a_fully_bought_line_does_not_restore_it() {
    let commands =
        [add(NOON, "a", 1, 1), take(NOON + 1, "order", [(1, 1), (2, 1)]), set(NOON + 2, "b", 1, 3)];
    assert_eq!(after(&commands), Contents::default());
}

#[test]
fn clearing_keeps_the_attributes() {
    let changes = [("gift".to_owned(), Some("yes".to_owned()))].into();
    let attributes = command(NOON, "a", Action::Attributes { changes });
    let cart =
        after(&[attributes, add(NOON + 1, "b", 1, 1), command(NOON + 2, "c", Action::Clear)]);
    assert!(cart.lines.is_empty());
    assert_eq!(cart.attributes["gift"], "yes");
}

#[test]
fn lines_are_listed_in_the_order_they_were_created() {
    let cart = after(&[add(NOON, "a", 9, 1), add(NOON + 1, "b", 1, 1), add(NOON + 2, "c", 9, 1)]);
    let lines: Vec<_> = cart.sorted_lines().into_iter().map(|(id, _)| id).collect();
    assert_eq!(lines, [line(9), line(1)]);
}
