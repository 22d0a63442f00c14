//! Merging what is not one's own, into what is not one's own, and reading what was merged.

use edge_wire::keys::KeyRing;
use edge_wire::token::mint_cart;
use infra_local::demo;
use infra_local::wiring::CART_QUEUE;
use serde_json::json;

use super::matrix::{attack, check};
use super::naive::has_min_ttl;
use super::raw::Answer;
use super::scene::{Ask, Visit, Who};
use super::trusting::{takes_any_cart, takes_holders_for_customers};
use crate::journey::{add, key, new_cart};

/// Seconds after which an edge may keep no personal answer.
const PERSONAL_TTL_S: u64 = 5;

/// The token of a customer's own cart, as the shop gives it to that customer.
fn own_cart(customer: &str) -> String {
    mint_cart(&KeyRing::parse(demo::KEYS).unwrap(), &format!("customer-{customer}"))
}

/// Ben asks for a merge.
fn merge(visit: &Visit<'_>, into: &str, from: &str) -> Answer {
    let ask = Ask::new("POST", "/v1/cart/merge")
        .with("Authorization", format!("Bearer {}", visit.scene.ben.token))
        .with("Forecourt-Cart", into)
        .with("Idempotency-Key", key("merge"))
        .with("Content-Type", "application/json");
    visit.send_with_body(Who::Ben, &ask, &json!({"from": from}).to_string()).unwrap()
}

/// Tokens for Ada's cart by somebody who knows its name and has one of his own.
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
fn a_cart_that_is_named_but_not_proved_goes_nowhere() {
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
fn nothing_goes_into_the_cart_of_another_customer() {
    let attacks =
        [("a cart of his own", true), ("his customer's cart", false)].map(|(name, is_guests)| {
            attack(name, move |visit| {
                let from = if is_guests { new_cart(&visit.scene.shop).0 } else { own_cart("1002") };
                let answer = merge(visit, &own_cart("1001"), &from);
                if answer.status != 422 {
                    visit.note(format!("Ben is answered {} {}", answer.status, answer.text()));
                }
            })
        });
    check(&[], &[takes_holders_for_customers], &attacks);
}

#[test]
fn a_cart_that_was_merged_is_not_shown_for_longer_than_an_answer_lives() {
    let attacks = [attack("read, merge, read", |visit| {
        let shop = &visit.scene.shop;
        // What is pending is looked up in the table: no instance answers from what it kept.
        shop.pause(CART_QUEUE);
        let (guest, bookmark) = new_cart(shop);
        let wanted = json!({"product": "tee", "quantity": 1,
            "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
        let added = add(shop, &guest, &bookmark, "guest", &wanted).json();
        let ask = Ask::get("/v1/cart")
            .with("Forecourt-Cart", guest.as_str())
            .with("Forecourt-Bookmark", added["bookmark"].as_str().unwrap());
        let read = || visit.send_as_is(Who::Nobody, &ask).unwrap();
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
