//! Merging from or into another person's cart, and reading a merged cart.

use edge_wire::keys::KeyRing;
use edge_wire::token::mint_cart;
use infra_local::demo;
use infra_local::wiring::CART_QUEUE;
use serde_json::json;

use super::matrix::{attack, check};
use super::naive::has_min_ttl;
use super::raw::Answer;
use super::revoked::proves_no_owner;
use super::scene::{RequestBuilder, Visit, Who};
use super::trusting::{takes_any_cart, treats_cart_holders_as_customers};
use crate::client::{add, key, new_cart};

/// Maximum age of a cached personal answer in seconds.
const PERSONAL_TTL_S: u64 = 5;

/// The token of a customer's own cart, as the shop issues it.
fn own_cart(customer: &str) -> String {
    mint_cart(&KeyRing::parse(demo::KEYS).unwrap(), &format!("customer-{customer}"))
}

/// Ben requests a merge.
fn merge(visit: &Visit<'_>, into: &str, from: &str) -> Answer {
    let request = RequestBuilder::new("POST", "/v1/cart/merge")
        .with("Authorization", format!("Bearer {}", visit.scene.ben.token))
        .with("Forecourt-Cart", into)
        .with("Idempotency-Key", key("merge"))
        .with("Content-Type", "application/json");
    visit.send_with_body(Who::Ben, &request, &json!({"from": from}).to_string()).unwrap()
}

/// Forged tokens for Ada's cart, from its id and Ben's own token.
fn forged(adas: &str, bens_token: &str) -> [String; 4] {
    let parts: Vec<&str> = bens_token.split('.').collect();
    let (kid, mac) = (parts[1], parts[3]);
    [
        format!("c1.{kid}.{adas}.{mac}"),
        format!("c1.{kid}.{adas}.AAAAAAAAAAAAAAAAAAAAAA"),
        format!("c1.{kid}.{adas}."),
        format!("c2.{kid}.{adas}.{mac}"),
    ]
}

#[test]
fn a_merge_from_a_forged_cart_token_is_rejected() {
    let attacks = (0..4).map(|number| {
        attack(format!("forgery {number}"), move |visit| {
            let forged = forged(&visit.scene.ada.cart, &visit.scene.ben.cart_token);
            let answer = merge(visit, &own_cart("1002"), &forged[number]);
            if answer.status != 401 {
                visit.note(format!("Ben is answered {} {}", answer.status, answer.text()));
            }
            if visit.read(Who::Ada, "/v1/cart").status != 200 {
                visit.note("Ada's cart is gone".to_owned());
            }
        })
    });
    check(&[], &[takes_any_cart], &attacks.collect::<Vec<_>>());
}

#[test]
fn a_merge_into_another_customers_cart_is_rejected() {
    let attacks =
        [("a cart of his own", true), ("his customer's cart", false)].map(|(name, is_guests)| {
            attack(name, move |visit| {
                let from = if is_guests { new_cart(&visit.scene.shop).0 } else { own_cart("1002") };
                let answer = merge(visit, &own_cart("1001"), &from);
                if answer.status != 401 {
                    visit.note(format!("Ben is answered {} {}", answer.status, answer.text()));
                }
            })
        });
    check(&[], &[proves_no_owner, treats_cart_holders_as_customers], &attacks);
}

#[test]
fn a_merged_cart_is_not_served_beyond_the_personal_ttl() {
    let attacks = [attack("read, merge, read", |visit| {
        let shop = &visit.scene.shop;
        // Pending commands are looked up in the table: no instance answers from its cache.
        shop.pause(CART_QUEUE);
        let (guest, bookmark) = new_cart(shop);
        let new_line = json!({"product": "tee", "quantity": 1,
            "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
        let added = add(shop, &guest, &bookmark, "guest", &new_line).json();
        let request = RequestBuilder::get("/v1/cart")
            .with("Forecourt-Cart", guest.as_str())
            .with("Forecourt-Bookmark", added["bookmark"].as_str().unwrap());
        let read = || visit.send_as_is(Who::Anonymous, &request).unwrap();
        assert_eq!((read().status, read().is_hit()), (200, true));
        assert_eq!(merge(visit, &own_cart("1002"), &guest).status, 202);
        visit.edge.advance_s(PERSONAL_TTL_S);
        for answer in [read(), read()] {
            if answer.status != 409 || answer.is_hit() {
                visit.note(format!("the guest is answered {} {}", answer.status, answer.text()));
            }
        }
        shop.resume(CART_QUEUE);
    })];
    check(&[], &[has_min_ttl], &attacks);
}
