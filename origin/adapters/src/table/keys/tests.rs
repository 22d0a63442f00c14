use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Owns what an item's key borrows.
#[derive(Debug, Clone)]
struct Parts {
    kind: ItemKind,
    texts: [String; 2],
    numbers: [u64; 2],
    id: [u8; 16],
}

fn item(parts: &Parts) -> ItemKey<'_> {
    let Parts { kind, texts: [one, two], numbers: [number, other], id } = parts;
    let index = u32::try_from(*number).unwrap_or(u32::MAX);
    match kind {
        ItemKind::Cart => ItemKey::Cart { cart: one },
        ItemKind::Product => ItemKey::Product { product: one },
        ItemKind::ProductVersion => ItemKey::ProductVersion { product: one, version: *number },
        ItemKind::Variant => ItemKey::Variant { variant_id: one },
        ItemKind::Epoch => ItemKey::Epoch,
        // The id of a product has no slash.
        ItemKind::Announcement => ItemKey::Announcement { product: "bike", sequence: *number },
        ItemKind::Selection => ItemKey::Selection { id: one },
        ItemKind::Chunk => ItemKey::Chunk { hash: one, chunk_bytes: 7, index, owner: two },
        ItemKind::PayloadChunk => ItemKey::PayloadChunk { hash: one, chunk_bytes: 7, index },
        ItemKind::ShopTombstone => ItemKey::ShopTombstone,
        ItemKind::Demand => ItemKey::Demand { id: one },
        ItemKind::Order => ItemKey::Order { order: one },
        ItemKind::Redemption => ItemKey::Redemption { id: CommandId::from(*id) },
        ItemKind::Account => ItemKey::Account { customer: one },
        ItemKind::Entry => ItemKey::Entry { customer: one, at: Time(*number), id: two },
        // The kind of a cause is one of our own words, none of which has a slash.
        ItemKind::Cause => ItemKey::Cause { kind: "order", id: one },
        ItemKind::ProgramDocument => ItemKey::ProgramDocument { version: *number },
        ItemKind::Activation => ItemKey::Activation { number: *number },
        ItemKind::ActiveFrom => ItemKey::ActiveFrom { active_from: Time(*number), number: *other },
        ItemKind::Roster => ItemKey::Roster,
        ItemKind::AuditEntry => ItemKey::AuditEntry { at: Time(*number), id: one },
        ItemKind::ShopTokens => ItemKey::ShopTokens { shop: one },
        ItemKind::Reconciliation => ItemKey::Reconciliation,
        // The kind of a holder is one of our own words, too.
        ItemKind::Revocation => ItemKey::Revocation { holder: "cart", id: one },
        ItemKind::CodeSeed => ItemKey::CodeSeed,
        ItemKind::Pool => ItemKey::Pool { pool: one },
        ItemKind::ReadySlot => ItemKey::ReadySlot { pool: one, slot: index },
        ItemKind::SlotClaim => ItemKey::SlotClaim { pool: one, slot: index },
        ItemKind::Command => ItemKey::Command { id: CommandId::from(*id) },
    }
}

/// Few and short texts with the words and slashes of real keys, so that collisions are likely.
fn parts() -> impl Strategy<Value = Parts> {
    let text = || {
        let word = "(cart|product|version|current|epoch|entry|account|order|loyalty|active|shop)";
        prop_oneof![
            proptest::string::string_regex("[a1/\u{e9}]{0,4}").expect("a pattern"),
            proptest::string::string_regex(&format!("{word}(/[a1]{{0,2}}){{0,2}}"))
                .expect("a pattern"),
        ]
    };
    let texts = [text(), text()];
    (kinds(), texts, prop::array::uniform2(0u64..12), prop::array::uniform16(0u8..2))
        .prop_map(|(kind, texts, numbers, id)| Parts { kind, texts, numbers, id })
}

fn kinds() -> impl Strategy<Value = ItemKind> {
    prop::sample::select(ItemKind::VARIANTS)
}

proptest! {
    #[test]
    fn no_two_items_share_a_key(one in parts(), other in parts()) {
        let (one, other) = (item(&one), item(&other));
        prop_assert_eq!(one == other, one.key() == other.key());
    }

    /// The strategy rarely draws the same parts twice.
    #[test]
    fn items_of_every_kind_made_of_the_same_parts_have_different_keys(parts in parts()) {
        let of_kind = |kind: &ItemKind| item(&Parts { kind: *kind, ..parts.clone() }).key();
        let keys: HashSet<Key> = ItemKind::VARIANTS.iter().map(of_kind).collect();
        prop_assert_eq!(keys.len(), ItemKind::VARIANTS.len());
    }

    #[test]
    fn a_key_is_personal_if_and_only_if_a_demand_erases_its_kind(parts in parts()) {
        let is_erased = parts.kind.erasure() != Erasure::Never;
        prop_assert_eq!(item(&parts).key().is_personal(), is_erased);
    }

    #[test]
    fn newer_versions_sort_after_older_ones(one: u64, other: u64) {
        let sk = |version| ItemKey::ProductVersion { product: "bike", version }.key().sk;
        prop_assert_eq!(one.cmp(&other), sk(one).cmp(&sk(other)));
    }

    #[test]
    fn entries_sort_by_time_then_id(one: (u64, String), other: (u64, String)) {
        let sk = |(at, id): &(u64, String)| {
            ItemKey::Entry { customer: "1", at: Time(*at), id }.key().sk
        };
        prop_assert_eq!(one.cmp(&other), sk(&one).cmp(&sk(&other)));
    }

    #[test]
    fn a_range_holds_its_own_items_and_no_others(parts in parts(), at in 0u64..12) {
        let Parts { texts: [text, _], .. } = &parts;
        let item = item(&parts);
        let Key { pk, sk, table } = item.key();
        let is_in = |range: Range| {
            let sk = sk.clone().unwrap_or_default();
            table == TableName::Hot && range.pk == pk && range.first_sk <= sk && sk <= range.last_sk
        };
        let is_version = parts.kind == ItemKind::ProductVersion;
        prop_assert_eq!(is_in(Range::product_versions(text)), is_version);
        prop_assert_eq!(is_in(Range::entries(text)), parts.kind == ItemKind::Entry);
        prop_assert_eq!(is_in(Range::demands()), parts.kind == ItemKind::Demand);
        prop_assert_eq!(is_in(Range::ready_slots(text)), parts.kind == ItemKind::ReadySlot);
        let is_entry =
            matches!(item, ItemKey::AuditEntry { at: Time(entered), .. } if entered >= at);
        prop_assert_eq!(is_in(Range::audit_entries(Time(at))), is_entry);
        let is_active =
            matches!(item, ItemKey::ActiveFrom { active_from, .. } if active_from.0 <= at);
        prop_assert_eq!(is_in(Range::activations_until(Time(at))), is_active);
        prop_assert_eq!(is_in(Range::activations()), parts.kind == ItemKind::Activation);
    }
}

/// A rename here orphans what is stored: the other side of a deployment reads these.
#[test]
fn the_keys_in_the_tables_are_these() {
    let id = CommandId::from([0; 16]);
    let expected = [
        (ItemKey::Cart { cart: "c1" }, "cart/c1 cart"),
        (ItemKey::Product { product: "bike" }, "product/bike current"),
        (
            ItemKey::ProductVersion { product: "bike", version: 3 },
            "product/bike version/00000000000000000003",
        ),
        (ItemKey::Variant { variant_id: "44" }, "variant/44 claim"),
        (ItemKey::Epoch, "catalog/claims epoch"),
        (
            ItemKey::Announcement { product: "bike", sequence: 7 },
            "announcement/products bike/00000000000000000007",
        ),
        (ItemKey::Selection { id: "0a1b" }, "selection/0a1b selection"),
        (
            ItemKey::Chunk { hash: "ab", chunk_bytes: 393_216, index: 2, owner: "bike.3.7" },
            "blob/ab 0000393216/0000000002/bike.3.7",
        ),
        (
            ItemKey::PayloadChunk { hash: "ab", chunk_bytes: 393_216, index: 2 },
            "payload/ab 0000393216/0000000002",
        ),
        (ItemKey::ShopTombstone, "privacy/shop tombstone"),
        (ItemKey::Demand { id: "d1" }, "privacy/demands d1"),
        (ItemKey::Order { order: "82" }, "order/82 order"),
        (ItemKey::Redemption { id }, "redemption/00000000000000000000000000000000 redemption"),
        (ItemKey::Account { customer: "1001" }, "loyalty/1001 account"),
        (
            ItemKey::Entry { customer: "1001", at: Time(7), id: "earn/order/82" },
            "loyalty/1001 entry/00000000000000000007/earn/order/82",
        ),
        (ItemKey::Cause { kind: "order", id: "82" }, "cause/order/82 cause"),
        (ItemKey::ProgramDocument { version: 1 }, "program/loyalty document/00000000000000000001"),
        (ItemKey::Activation { number: 2 }, "program/loyalty activation/00000000000000000002"),
        (
            ItemKey::ActiveFrom { active_from: Time(7), number: 2 },
            "program/loyalty from/00000000000000000007/00000000000000000002",
        ),
        (ItemKey::Roster, "staff/roster roster"),
        (ItemKey::AuditEntry { at: Time(7), id: "ab" }, "audit/shop 00000000000000000007/ab"),
        (ItemKey::ShopTokens { shop: "a.myshopify.com" }, "shopify/a.myshopify.com tokens"),
        (ItemKey::Reconciliation, "reconciliation/orders reconciliation"),
        (
            ItemKey::Revocation { holder: "customer", id: "1001" },
            "revocation/customer/1001 revocation",
        ),
        (ItemKey::CodeSeed, "codes/shop seed"),
        (ItemKey::Pool { pool: "bell/2026-12/0a1b2c3d" }, "pool/bell/2026-12/0a1b2c3d pool"),
        (
            ItemKey::ReadySlot { pool: "bell/2026-12/0a1b2c3d", slot: 7 },
            "pool/bell/2026-12/0a1b2c3d ready/0000000007",
        ),
        (
            ItemKey::SlotClaim { pool: "bell/2026-12/0a1b2c3d", slot: 7 },
            "pool/bell/2026-12/0a1b2c3d claim/0000000007",
        ),
        (ItemKey::Command { id }, "command/AAAAAAAAAAAAAAAAAAAAAA "),
    ];
    assert_eq!(expected.map(|(item, _)| ItemKind::from(item)), ItemKind::VARIANTS);
    for (item, key) in expected {
        let Key { pk, sk, .. } = item.key();
        assert_eq!(format!("{pk} {}", sk.unwrap_or_default()), key);
    }
}
