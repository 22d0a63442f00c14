//! Tokens, bookmarks, links and identities signed by an earlier release are verified by their keys.

use std::collections::BTreeSet;

use edge_wire::identity::{Identity, Kind, verify as verify_identity};
use edge_wire::keys::KeyRing;
use edge_wire::link::verify_link;
use edge_wire::token::{
    CUSTOMER_TOKEN_TTL_S, StaffTokens, TokenError, verify_cart, verify_customer,
};
use edge_wire::{bookmark, resource::Resource};
use serde_json::{Map, Value};

use super::golden::{moment, read_json, shop_at, text};

struct Tokens {
    all: Value,
    keys: KeyRing,
}

impl Tokens {
    fn read() -> Self {
        let all: Value = read_json("tokens.json");
        let keys = KeyRing::parse(text(&all["keys"])).unwrap();
        Self { all, keys }
    }

    fn group(&self, name: &str) -> &Map<String, Value> {
        self.all[name].as_object().filter(|group| !group.is_empty()).unwrap()
    }

    fn recorded_at_s(&self) -> u64 {
        moment(&self.all["recorded_at"]).unix_s()
    }
}

#[test]
fn customer_tokens_name_their_customer_until_they_expire() {
    let tokens = Tokens::read();
    let now_s = tokens.recorded_at_s();
    for (customer, token) in tokens.group("customers") {
        let verified = |at_s| verify_customer(&tokens.keys, text(token), at_s);
        assert_eq!(verified(now_s).map(|token| &token.customer == customer), Ok(true));
        assert_eq!(verified(now_s + CUSTOMER_TOKEN_TTL_S), Err(TokenError::Expired));
    }
}

#[test]
fn cart_tokens_and_links_name_their_cart() {
    let tokens = Tokens::read();
    for cart in tokens.group("carts").values() {
        assert_eq!(verify_cart(&tokens.keys, text(&cart["token"])), Ok(text(&cart["id"]).into()));
    }
    for (cart, link) in tokens.group("links") {
        assert_eq!(verify_link(&tokens.keys, text(link)).as_ref(), Some(cart));
    }
}

#[test]
fn the_staff_token_is_accepted() {
    let token = text(&Tokens::read().all["staff_token"]).to_owned();
    assert!(StaffTokens::parse(&token).unwrap().holds(&token));
}

#[test]
fn bookmarks_are_opened_and_sealed_again_to_the_same_bytes() {
    let tokens = Tokens::read();
    let mut with_pending = BTreeSet::new();
    for (about, sealed) in tokens.group("bookmarks") {
        let verified = bookmark::verify(&tokens.keys, text(sealed)).unwrap();
        let resource = Resource::parse(about).unwrap();
        assert_eq!(verified.resource, resource);
        let payload = verified.open().unwrap();
        assert_eq!(bookmark::seal(&tokens.keys, &resource, &payload), text(sealed), "{about}");
        if !payload.pending.is_empty() {
            with_pending.insert(about.clone());
        }
    }
    let cart = format!("cart/{}", text(&tokens.all["carts"]["cart"]["id"]));
    assert!(with_pending.is_superset(&BTreeSet::from([cart, "loyalty/1008".to_owned()])));
}

#[test]
fn identities_that_the_edge_forwarded_are_verified() {
    let tokens = Tokens::read();
    for identity in tokens.all["identities"].as_array().unwrap() {
        let id_of = |kind: Kind| Some((kind, identity.get(kind.word())?));
        let expected = [Kind::Cart, Kind::Customer, Kind::Staff].into_iter().filter_map(id_of);
        let expected: Vec<Identity> =
            expected.map(|(kind, id)| Identity { kind, id: text(id).to_owned() }).collect();
        let verified = verify_identity(&tokens.keys, text(&identity["header"]));
        assert_eq!(verified, Some(expected), "{identity}");
    }
}

#[test]
fn a_session_request_that_the_app_proxy_signed_is_accepted_at_its_time() {
    let tokens = Tokens::read();
    let shop = shop_at(moment(&tokens.all["recorded_at"]));
    let reply = shop.request("POST", text(&tokens.all["proxied_session"])).send();
    assert_eq!(reply.status, 201, "{}", reply.text);
}
