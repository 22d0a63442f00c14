//! The bytes that a cart says it occupies, compared with those that it does.

use std::sync::Arc;

use domain_cart::{Action, Applied, CartCommand, CartItem, Offer, apply};
use domain_core::resource::Resource as _;
use domain_core::time::HOUR_MS;

use super::{NOON, command, offer, set};

const CARTS: usize = 200;
/// What an allocator adds to an allocation, on average: a header, and half of what it rounds up.
const BYTES_PER_ALLOCATION: u64 = 8 + 8;

fn cart(commands: &[CartCommand]) -> CartItem {
    let mut cart = None;
    for command in commands {
        match apply(cart.as_ref(), command) {
            Applied::Changed(changed) => cart = Some(*changed),
            other => panic!("{other:?}"),
        }
    }
    cart.unwrap()
}

fn texts(names: &[&str]) -> std::collections::BTreeMap<String, String> {
    names.iter().map(|name| ((*name).to_owned(), format!("the value of {name}"))).collect()
}

fn adds(count: u64, at: u64, of: impl Fn(u64) -> Offer) -> Vec<CartCommand> {
    let add = |number: u64| command(at + number, &number.to_string(), Action::add(of(number), 1));
    (0..count).map(add).collect()
}

/// What the cart occupies as it is read from the table, and what it says then.
fn occupied_and_counted(cart: &CartItem) -> (u64, u64) {
    let stored = serde_json::to_vec(cart).unwrap();
    let mut carts = Vec::with_capacity(CARTS);
    let info = allocation_counter::measure(|| {
        for _ in 0..CARTS {
            carts.push(Arc::new(serde_json::from_slice::<CartItem>(&stored).unwrap()));
        }
    });
    let (bytes, count) = (info.bytes_current, info.count_current);
    let bytes =
        u64::try_from(bytes).unwrap() + u64::try_from(count).unwrap() * BYTES_PER_ALLOCATION;
    (bytes / u64::try_from(CARTS).unwrap(), u64::try_from(carts[0].bytes()).unwrap())
}

#[test]
fn a_cart_says_what_it_occupies() {
    let configured = |number| Offer {
        selection: Some(texts(&["frame", "fork", "size", "colour"])),
        properties: texts(&["_line", "engraving"]),
        ..offer(number)
    };
    let mut folded = adds(30, NOON, configured);
    folded.push(set(NOON + 49 * HOUR_MS, "late", 1, 2));
    let attributes = texts(&["gift", "note"]).into_iter().map(|(name, value)| (name, Some(value)));
    let attributes = Action::Attributes { changes: attributes.collect() };
    for (name, commands) in [
        ("one plain line", adds(1, NOON, offer)),
        ("three plain lines", adds(3, NOON, offer)),
        ("three configured lines", adds(3, NOON, configured)),
        ("thirty folded lines", folded),
        ("attributes", vec![command(NOON, "attributes", attributes)]),
    ] {
        let (occupied, counted) = occupied_and_counted(&cart(&commands));
        let percent = 100 * counted / occupied;
        // Texts of a few letters are rounded up by more than half a unit.
        assert!((90..=115).contains(&percent), "{name}: {percent} % of {occupied} bytes");
    }
}
