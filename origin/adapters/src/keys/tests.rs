use proptest::prelude::*;

use super::*;

/// Owns what a shape borrows.
#[derive(Debug, Clone)]
struct Parts {
    kind: u8,
    texts: [String; 2],
    numbers: [u64; 2],
    id: [u8; 16],
}

const KINDS: u8 = 17;

fn shape(parts: &Parts) -> Shape<'_> {
    let Parts { kind, texts: [one, two], numbers: [number, other], id } = parts;
    let index = u32::try_from(*number).unwrap_or(u32::MAX);
    match kind {
        0 => Shape::Cart { cart: one },
        1 => Shape::Product { product: one },
        2 => Shape::ProductVersion { product: one, version: *number },
        3 => Shape::Variant { variant_id: one },
        4 => Shape::Epoch,
        5 => Shape::Chunk { hash: one, chunk_bytes: 7, index, owner: two },
        6 => Shape::Order { order: one },
        7 => Shape::Account { customer: one },
        8 => Shape::Entry { customer: one, at: Time(*number), id: two },
        // A kind is one of our own words, none of which has a slash.
        9 => Shape::Cause { kind: "order", id: one },
        10 => Shape::ProgramDocument { version: *number },
        11 => Shape::Activation { number: *number },
        12 => Shape::ActiveFrom { active_from: Time(*number), number: *other },
        13 => Shape::Selection { id: one },
        14 => Shape::Redemption { id: CommandId::from(*id) },
        15 => Shape::ShopTombstone,
        _ => Shape::Command { id: CommandId::from(*id) },
    }
}

/// Few, short and treacherous texts, so that what could collide does.
fn parts() -> impl Strategy<Value = Parts> {
    let text = || {
        let word = "(cart|product|version|current|epoch|entry|account|order|loyalty|active)";
        prop_oneof![
            proptest::string::string_regex("[a1/\u{e9}]{0,4}").expect("a pattern"),
            proptest::string::string_regex(&format!("{word}(/[a1]{{0,2}}){{0,2}}"))
                .expect("a pattern"),
        ]
    };
    let texts = [text(), text()];
    (0..KINDS, texts, prop::array::uniform2(0u64..12), prop::array::uniform16(0u8..2))
        .prop_map(|(kind, texts, numbers, id)| Parts { kind, texts, numbers, id })
}

proptest! {
    #[test]
    fn no_two_things_share_a_key(one in parts(), other in parts()) {
        let (one, other) = (shape(&one), shape(&other));
        prop_assert_eq!(one == other, one.key() == other.key());
    }

    /// The strategy would hardly ever draw two alike.
    #[test]
    fn two_shapes_of_the_same_parts_have_two_keys(parts in parts(), kind in 0..KINDS) {
        let other = Parts { kind, ..parts.clone() };
        let (one, other) = (shape(&parts), shape(&other));
        prop_assert_eq!(one == other, one.key() == other.key());
    }

    #[test]
    fn newer_versions_sort_after_older_ones(one: u64, other: u64) {
        let sk = |version| Shape::ProductVersion { product: "bike", version }.key().sk;
        prop_assert_eq!(one.cmp(&other), sk(one).cmp(&sk(other)));
    }

    #[test]
    fn entries_sort_by_time_then_id(one: (u64, String), other: (u64, String)) {
        let sk = |(at, id): &(u64, String)| {
            Shape::Entry { customer: "1", at: Time(*at), id }.key().sk
        };
        prop_assert_eq!(one.cmp(&other), sk(&one).cmp(&sk(&other)));
    }

    #[test]
    fn a_range_holds_its_own_shape_and_no_other(parts in parts(), at in 0u64..12) {
        let Parts { texts: [text, _], .. } = &parts;
        let shape = shape(&parts);
        let Key { pk, sk, table } = shape.key();
        let is_in = |range: Range| {
            let sk = sk.clone().unwrap_or_default();
            table == Table::Hot && range.pk == pk && range.first_sk <= sk && sk <= range.last_sk
        };
        let is_version = matches!(shape, Shape::ProductVersion { .. });
        prop_assert_eq!(is_in(Range::product_versions(text)), is_version);
        let is_entry = matches!(shape, Shape::Entry { .. });
        prop_assert_eq!(is_in(Range::entries(text)), is_entry);
        let is_active =
            matches!(shape, Shape::ActiveFrom { active_from, .. } if active_from.0 <= at);
        prop_assert_eq!(is_in(Range::activations_until(Time(at))), is_active);
        let is_activation = matches!(shape, Shape::Activation { .. });
        prop_assert_eq!(is_in(Range::activations()), is_activation);
    }

    #[test]
    fn a_key_survives_the_table(parts in parts()) {
        let key = shape(&parts).key();
        prop_assert_eq!(Key::read(key.table, &key.attributes()).unwrap(), key);
    }
}

/// A rename here orphans what is stored: the other side of a deployment reads these.
#[test]
fn the_keys_in_the_tables_are_these() {
    let id = CommandId::from([0; 16]);
    let shapes = [
        (Shape::Cart { cart: "c1" }, "cart/c1 cart"),
        (Shape::Product { product: "bike" }, "product/bike current"),
        (
            Shape::ProductVersion { product: "bike", version: 3 },
            "product/bike version/00000000000000000003",
        ),
        (Shape::Variant { variant_id: "44" }, "variant/44 claim"),
        (Shape::Epoch, "catalog/claims epoch"),
        (Shape::Selection { id: "0a1b" }, "selection/0a1b selection"),
        (
            Shape::Chunk { hash: "ab", chunk_bytes: 393_216, index: 2, owner: "bike.3.7" },
            "blob/ab 0000393216/0000000002/bike.3.7",
        ),
        (Shape::Order { order: "82" }, "order/82 order"),
        (Shape::Account { customer: "1001" }, "loyalty/1001 account"),
        (
            Shape::Entry { customer: "1001", at: Time(7), id: "earn/order/82" },
            "loyalty/1001 entry/00000000000000000007/earn/order/82",
        ),
        (Shape::Cause { kind: "order", id: "82" }, "cause/order/82 cause"),
        (Shape::ProgramDocument { version: 1 }, "program/loyalty document/00000000000000000001"),
        (Shape::Activation { number: 2 }, "program/loyalty activation/00000000000000000002"),
        (
            Shape::ActiveFrom { active_from: Time(7), number: 2 },
            "program/loyalty from/00000000000000000007/00000000000000000002",
        ),
        (Shape::Redemption { id }, "redemption/00000000000000000000000000000000 redemption"),
        (Shape::ShopTombstone, "privacy/shop tombstone"),
        (Shape::Command { id }, "command/AAAAAAAAAAAAAAAAAAAAAA "),
    ];
    assert_eq!(shapes.len(), usize::from(KINDS), "a new shape belongs into these tests");
    for (shape, key) in shapes {
        let Key { pk, sk, .. } = shape.key();
        assert_eq!(format!("{pk} {}", sk.unwrap_or_default()), key);
    }
}
