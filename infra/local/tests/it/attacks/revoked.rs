//! Own carts without their customer, and tokens after log-out.

use std::cell::Cell;

use edge_wire::identity::{Identity, Kind, encode, owner_of_cart, verify};
use edge_wire::keys::KeyRing;
use edge_wire::token::{mint_cart, verify_cart};
use infra_local::demo;
use serde_json::json;

use super::matrix::{attack, check};
use super::scene::{RequestBuilder, Visit, Who, personal};
use super::trusting::treats_cart_holders_as_customers;
use super::wiring::Wiring;
use crate::client::session;

const OWN_CART: &str = "customer-1001";

fn keys() -> KeyRing {
    KeyRing::parse(demo::KEYS).unwrap()
}

/// The token of a cart is enough, whosever cart it is.
pub(super) fn proves_no_owner(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let sent = request["headers"].pointer("/forecourt-cart/0/value");
        let cart = sent.and_then(|token| verify_cart(&keys(), token.as_str()?).ok());
        let Some(cart) = cart.filter(|cart| owner_of_cart(cart).is_some()) else {
            return real(request);
        };
        let mut as_guest = request.clone();
        as_guest["headers"]["forecourt-cart"][0]["value"] = mint_cart(&keys(), "cart-1").into();
        let mut verdict = real(&as_guest);
        if let Some(header) = verdict["headers"].pointer_mut("/forecourt-identity/0/value") {
            let mut identities = verify(&keys(), header.as_str().unwrap()).unwrap();
            identities.retain(|identity| identity.kind != Kind::Cart);
            identities.push(Identity { kind: Kind::Cart, id: cart });
            *header = encode(&keys(), &identities).into();
        }
        verdict
    })
}

/// The origin does not learn by which token a customer was verified.
fn forgets_sessions(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let mut verdict = real(request);
        if let Some(headers) = verdict["headers"].as_object_mut() {
            headers.remove("forecourt-session");
        }
        verdict
    })
}

fn expect_401(visit: &Visit<'_>, request: &RequestBuilder) {
    let answer = visit.send_as_is(Who::Anonymous, request).unwrap();
    if answer.status != 401 {
        visit.note(format!("{} {} {}", request.target, answer.status, answer.text()));
    }
}

#[test]
fn the_token_of_an_own_cart_is_worth_nothing_without_its_customer() {
    let others = [("alone", None), ("with another customer", Some("1002"))];
    let attacks = others.map(|(name, customer)| {
        attack(name, move |visit| {
            let token = mint_cart(&keys(), OWN_CART);
            let cart = RequestBuilder::get("/v1/cart").with("Forecourt-Cart", token);
            let bearer = |customer| format!("Bearer {}", session(&visit.scene.shop, customer));
            let owners = cart.clone().with("Authorization", bearer("1001"));
            // What the edge has of the customer is not given to others either.
            visit.send_as_is(Who::Ada, &owners).unwrap();
            expect_401(
                visit,
                &match customer {
                    Some(customer) => cart.with("Authorization", bearer(customer)),
                    None => cart,
                },
            );
        })
    });
    check(&[], &[proves_no_owner, treats_cart_holders_as_customers], &attacks);
}

#[test]
fn a_token_reads_nothing_after_log_out() {
    // Each run has a customer of its own, of whom no instance remembers anything.
    let customers = Cell::new(1_003_u32);
    let attacks = [attack("log out, read", move |visit| {
        let customer = customers.replace(customers.get() + 1).to_string();
        let shop = &visit.scene.shop;
        let token = session(shop, &customer);
        let ended = shop.request("DELETE", "/v1/session").bearer(&token).send();
        assert_eq!(ended.status, 200, "{}", ended.text);
        let cart = mint_cart(&keys(), &format!("customer-{customer}"));
        for (_, path) in personal() {
            if path.contains("unknown") {
                continue;
            }
            let request = RequestBuilder::get(path)
                .with("Authorization", format!("Bearer {token}"))
                .with("Forecourt-Cart", cart.as_str());
            expect_401(visit, &request);
        }
    })];
    check(&[], &[forgets_sessions], &attacks);
}

#[test]
fn a_sessions_end_that_the_viewer_sends_is_dropped() {
    let attacks = [attack("a session of its own", |visit| {
        for value in ["9999999999:AAAAAAAAAAAAAAAAAAAAAA", "", ":"] {
            let request = RequestBuilder::get("/v1/loyalty").with("Forecourt-Session", value);
            let answer = visit.send(Who::Ada, &request).unwrap();
            if answer.status != 200 {
                visit.note(format!("Ada is answered {} {}", answer.status, answer.text()));
            }
        }
    })];
    check(&[], &[keeps_viewers_session], &attacks);
}

/// The end of a session is what the viewer says.
fn keeps_viewers_session(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let mut verdict = real(request);
        if let Some(session) = request["headers"].pointer("/forecourt-session/0/value") {
            verdict["headers"]["forecourt-session"] = json!([{"value": session}]);
        }
        verdict
    })
}
