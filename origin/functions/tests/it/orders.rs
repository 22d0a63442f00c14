//! Which orders remove lines from a cart, and why others do not.

use domain_cart::Action;
use edge_wire::keys::KeyRing;
use edge_wire::link::mint_link;
use edge_wire::token::mint_cart;
use origin_functions::consumers::{IgnoreReason, OrderReading, Orders};
use serde_json::{Value, json};

use crate::world::{KEYS, SHOP};

fn keys() -> KeyRing {
    KeyRing::parse(KEYS).unwrap()
}

fn read(detail: &Value) -> OrderReading {
    let orders = Orders { keys: keys(), shop: SHOP.to_owned() };
    orders.read(&detail.to_string()).unwrap()
}

/// An order's webhook on the bus.
fn webhook(topic: &str, link: &str) -> Value {
    json!({
        "payload": {
            "id": 820_982_911_946_154_508_u64,
            "created_at": "2026-11-20T18:04:11+01:00",
            "note_attributes": [{"name": "forecourt_cart", "value": link}],
            "line_items": [{"variant_id": 875_309_424_069_134_920_u64, "quantity": 2}],
        },
        "metadata": {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP},
    })
}

#[test]
fn both_webhooks_of_an_order_produce_the_same_event() {
    let link = mint_link(&keys(), "cart-1");
    let (created, paid) = (webhook("orders/create", &link), webhook("orders/paid", &link));
    let OrderReading::Bought(event) = read(&created) else { panic!("{created} is ignored") };
    assert_eq!(read(&paid), OrderReading::Bought(event.clone()));
    assert_eq!(event.cart, "cart-1");
    assert!(matches!(event.command.action, Action::Take { lines } if lines.len() == 1));
}

#[test]
fn shopifys_own_delivery_produces_the_same_event() {
    let link = mint_link(&keys(), "cart-1");
    let mut native = webhook("", &link);
    for names in
        [["X-Shopify-Topic", "X-Shopify-Shop-Domain"], ["shopify-topic", "shopify-shop-domain"]]
    {
        native["metadata"] = json!({names[0]: "orders/paid", names[1]: SHOP});
        assert_eq!(read(&native), read(&webhook("orders/paid", &link)));
    }
}

#[test]
fn an_order_without_a_signed_cart_is_ignored_with_a_reason() {
    let ignored = |detail: &Value| match read(detail) {
        OrderReading::Nothing(reason) => reason,
        OrderReading::Bought(event) => panic!("{event:?}"),
    };
    let link = mint_link(&keys(), "cart-1");
    for topic in ["orders/updated", "orders/cancelled", "refunds/create", "app/uninstalled"] {
        assert_eq!(ignored(&webhook(topic, &link)), IgnoreReason::Topic, "{topic}");
    }
    let mut unlinked = webhook("orders/paid", &link);
    for attributes in [json!(null), json!([]), json!({}), json!([{"name": "gift", "value": "no"}])]
    {
        unlinked["payload"]["note_attributes"] = attributes;
        assert_eq!(ignored(&unlinked), IgnoreReason::Unlinked);
    }
    let mac = link.rsplit('.').next().unwrap();
    for forged in [
        "cart-1".to_owned(),
        String::new(),
        link.replace("cart-1", "cart-2"),
        link.replace(mac, "AAAAAAAAAAAAAAAAAAAAAA"),
        mint_cart(&keys(), "cart-1"),
        mint_cart(&keys(), "cart-1").replacen("c1", "l1", 1),
    ] {
        assert_eq!(ignored(&webhook("orders/paid", &forged)), IgnoreReason::Forged, "{forged}");
    }
    let mut foreign = webhook("orders/paid", &link);
    foreign["metadata"]["x-shopify-shop-domain"] = json!("other.myshopify.com");
    assert_eq!(ignored(&foreign), IgnoreReason::Shop);
    let names =
        [IgnoreReason::Topic, IgnoreReason::Unlinked, IgnoreReason::Forged, IgnoreReason::Shop];
    let names = names.map(|reason| reason.to_string());
    assert_eq!(names, ["topic-other", "link-missing", "link-forged", "shop-other"]);
}
