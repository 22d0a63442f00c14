//! Orders that name another person's cart. A shopper writes the attributes of Shopify's cart, and
//! Shopify signs the resulting order.

use edge_wire::identity::{Identity, Kind, encode};
use edge_wire::keys::KeyRing;
use edge_wire::link::mint_link;
use infra_local::demo;
use infra_local::wiring::CART_QUEUE;
use serde_json::{Value, json};

use super::scene::{RequestBuilder, Scene, Who};
use crate::client::{add, checkout, deliver, order_of};

const STRANGER: &str = "x9:another-forecourt-key-0000000000000000";

/// Ada's order with this link instead of hers.
fn linked(order: &Value, link: &str) -> String {
    let mut order = order.clone();
    order["note_attributes"] = json!([{"name": "forecourt_cart", "value": link}]);
    order.to_string()
}

#[test]
fn an_order_with_a_forged_link_changes_no_cart_and_blocks_no_queue() {
    let scene = Scene::open();
    let (shop, ada, ben) = (&scene.shop, &scene.ada, &scene.ben);
    let hers = checkout(shop, &ada.cart_token, &ada.bookmarks.join(","));
    assert_eq!(hers["cart_add"]["items"][0]["quantity"], 2);
    let order = order_of(&hers, 1);
    let bens = mint_link(&KeyRing::parse(demo::KEYS).unwrap(), &ben.cart);
    let strangers = mint_link(&KeyRing::parse(STRANGER).unwrap(), &ada.cart);
    let forged = [
        String::new(),
        ada.cart.clone(),
        format!("l1.dev1.{}.AAAAAAAAAAAAAAAAAAAAAA", ada.cart),
        format!("l1.dev1.{}.", ada.cart),
        bens.replace(&ben.cart, &ada.cart),
        strangers.replacen("x9", "dev1", 1),
        strangers,
        ada.cart_token.clone(),
        ada.cart_token.replacen("c1", "l1", 1),
        ada.bookmarks[0].clone(),
    ];
    for link in forged {
        let delivered = deliver(shop, "orders/paid", &linked(&order, &link));
        assert_eq!(delivered.status, 200, "{link}: Shopify would send it again for hours");
    }
    assert_eq!(bought_after(&scene, "forged"), json!([2, 1]));
    assert_eq!(shop.dead_letters(CART_QUEUE), 0, "ignored, not a permanent error");
    // The same order with her own link removes its lines: only the link made the difference.
    assert_eq!(deliver(shop, "orders/paid", &order.to_string()).status, 200);
    assert_eq!(bought_after(&scene, "signed"), json!([2]));
}

/// The quantities in Ada's cart after all orders were consumed and she added one more tee: no cache
/// has that state, so it is read from the table.
fn bought_after(scene: &Scene, name: &str) -> Value {
    let (shop, token) = (&scene.shop, &scene.ada.cart_token);
    shop.drained(CART_QUEUE);
    let new_line = json!({"variant_id": "471895063163459219", "quantity": 1});
    let added = add(shop, token, "", name, &new_line).json();
    let answer = checkout(shop, token, added["bookmark"].as_str().unwrap());
    let items = answer["cart_add"]["items"].as_array().unwrap().iter();
    items.map(|item| item["quantity"].clone()).collect()
}

#[test]
fn checkout_never_returns_a_link_to_another_persons_cart() {
    let scene = Scene::open();
    let visit = scene.visit(&[]);
    let (ada, keys) = (&scene.ada, KeyRing::parse(demo::KEYS).unwrap());
    let hers = mint_link(&keys, &ada.cart);
    let identity = encode(&keys, &[Identity { kind: Kind::Cart, id: ada.cart.clone() }]);
    for request in [
        RequestBuilder::get("/v1/cart/checkout").with("Forecourt-Identity", identity),
        RequestBuilder::get("/v1/cart/checkout")
            .with("Forecourt-Bookmark", ada.bookmarks.join(",")),
        RequestBuilder::get(format!("/v1/cart/checkout?cart={}", ada.cart_token)),
        RequestBuilder::get(format!("/v1/cart/checkout?forecourt_cart={}", ada.cart)),
    ] {
        for who in [Who::Ben, Who::Anonymous] {
            let answer = visit.send(who, &request).unwrap();
            assert!(!answer.text().contains(&hers), "{who:?} at {}", request.target);
        }
    }
    assert_eq!(visit.into_breach(), None);
    let own = scene.visit(&[]).send(Who::Ada, &RequestBuilder::get("/v1/cart/checkout")).unwrap();
    assert!(own.text().contains(&hers), "{}", own.text());
}
