//! Impersonation: forged and captured identities, colliding keys, other people's bookmarks, and an
//! edge without its function.

use edge_wire::identity::{Identity, Kind, encode};
use edge_wire::keys::KeyRing;
use edge_wire::routes::Caller;
use infra_local::demo;

use super::matrix::{attack, check};
use super::naive::{concatenates_key, keeps_viewers_bookmarks, keeps_viewers_identity};
use super::scene::{RequestBuilder, Scene, Who, personal, proxied};
use super::trusting::{signs_any_identity, takes_any_bookmark};
use super::wiring::Wiring;
use crate::client::session;

const IDENTITY: &str = "Forecourt-Identity";

fn detached(wiring: Wiring) -> Wiring {
    wiring.detached()
}

/// Ada's identity in the edge's format, with forged or missing MACs.
fn forged(cart: &str) -> Vec<String> {
    let mac = "AAAAAAAAAAAAAAAAAAAAAA";
    vec![
        format!("customer:1001:{mac},cart:{cart}:{mac}"),
        format!("customer:1001:{mac}"),
        format!("cart:{cart}:{mac}"),
        format!("cart:{cart}:{mac},customer:1001:{mac}"),
        "customer:1001:".to_owned(),
        "customer:1001".to_owned(),
        format!("staff:staff:{mac},customer:1001:{mac}"),
    ]
}

#[test]
fn a_forged_identity_is_rejected() {
    let attacks = personal().into_iter().flat_map(|(_, path)| {
        (0..forged("").len()).map(move |number| {
            let path = path.clone();
            attack(format!("forgery {number} at {path}"), move |visit| {
                let forged = forged(&visit.scene.ada.cart).swap_remove(number);
                for name in [IDENTITY, "forecourt-identity", "FORECOURT-IDENTITY"] {
                    let request = RequestBuilder::get(path.as_str()).with(name, forged.as_str());
                    visit.send(Who::Anonymous, &request);
                    visit.send(Who::Ben, &request.clone().with(name, forged.as_str()));
                }
            })
        })
    });
    let guards = [keeps_viewers_identity, signs_any_identity];
    check(&[], &[guards[0], guards[1]], &attacks.collect::<Vec<_>>());
}

#[test]
fn an_identity_captured_behind_the_edge_is_rejected_in_front_of_it() {
    let attacks = personal().into_iter().map(|(_, path)| {
        attack(path.clone(), move |visit| {
            let keys = KeyRing::parse(demo::KEYS).unwrap();
            let ada = &visit.scene.ada;
            let cart = Identity { kind: Kind::Cart, id: ada.cart.clone() };
            let customer = Identity { kind: Kind::Customer, id: ada.customer.to_owned() };
            for identities in [vec![cart.clone()], vec![customer.clone()], vec![cart, customer]] {
                let request =
                    RequestBuilder::get(path.as_str()).with(IDENTITY, encode(&keys, &identities));
                visit.send(Who::Anonymous, &request);
                visit.send(Who::Ben, &request);
            }
        })
    });
    check(&[], &[keeps_viewers_identity], &attacks.collect::<Vec<_>>());
}

#[test]
fn two_identities_never_share_a_cache_key() {
    // Ada's id and a limit of 2 are written like the id 100 and a limit of 12.
    let neighbours = [("100", "12"), ("10", "012"), ("1", "0012"), ("10012", "")];
    let meeting = |(customer, limit): (&'static str, &'static str)| {
        attack(format!("{customer}+{limit}"), move |visit| {
            let token = session(&visit.scene.shop, customer);
            visit.read(Who::Ada, "/v1/loyalty/entries?limit=2");
            let query = if limit.is_empty() { String::new() } else { format!("?limit={limit}") };
            let request = RequestBuilder::get(format!("/v1/loyalty/entries{query}"));
            visit.send(Who::Anonymous, &request.with("Authorization", format!("Bearer {token}")));
        })
    };
    check(&[], &[concatenates_key], &neighbours.map(meeting));
}

#[test]
fn another_persons_bookmark_changes_nothing() {
    let attacks = personal().into_iter().map(|(_, path)| {
        attack(path.clone(), move |visit| {
            let plain = visit.scene.plain(Who::Ben, &path);
            let adas = visit.scene.ada.bookmarks.join(",");
            let answer = visit.send(
                Who::Ben,
                &RequestBuilder::get(path.as_str()).with("Forecourt-Bookmark", adas),
            );
            let answer = answer.unwrap();
            if (answer.status, &answer.body) != (plain.status, &plain.body) {
                visit.note(format!("Ben gets {} {}", answer.status, answer.text()));
            }
        })
    });
    let attacks: Vec<_> = attacks.collect();
    check(&[], &[keeps_viewers_bookmarks, takes_any_bookmark], &attacks);
}

#[test]
fn a_stolen_bookmark_with_a_changed_resource_is_rejected() {
    let scene = Scene::open();
    let visit = scene.visit(&[]);
    for (adas, bens) in scene.ada.bookmarks.iter().zip(&scene.ben.bookmarks) {
        let (mut theirs, own): (Vec<&str>, Vec<&str>) =
            (adas.split('.').collect(), bens.split('.').collect());
        theirs[2] = own[2];
        for (_, path) in personal() {
            let request = RequestBuilder::get(path).with("Forecourt-Bookmark", theirs.join("."));
            let answer = visit.send(Who::Ben, &request).unwrap();
            assert!(answer.text().contains("bookmark-invalid"), "{}", answer.text());
            assert_eq!(answer.status, 400);
        }
    }
    assert_eq!(visit.into_breach(), None);
}

#[test]
fn without_its_function_the_edge_authenticates_no_viewer_and_caches_nothing() {
    let paths = personal().into_iter().map(|(_, path)| path).chain(proxied());
    let attacks = paths.map(|path| {
        attack(path.clone(), move |visit| {
            let forged = forged(&visit.scene.ada.cart);
            let requests = forged
                .iter()
                .map(|it| RequestBuilder::get(path.as_str()).with(IDENTITY, it.as_str()));
            for request in requests.chain([RequestBuilder::get(path.as_str())]) {
                for who in [Who::Ada, Who::Anonymous, Who::Ada] {
                    let answer = visit.send(who, &request).unwrap();
                    // The origins have no /proxy routes: only the function translates them.
                    let expected = if path.starts_with("/proxy") { 404 } else { 401 };
                    if answer.status != expected || answer.is_hit() {
                        visit.note(format!("{who:?} gets {} at {path}", answer.status));
                    }
                }
            }
        })
    });
    check(&[detached], &[signs_any_identity], &attacks.collect::<Vec<_>>());
}

#[test]
fn every_personal_route_names_one_identity_it_must_have() {
    for (route, _) in personal() {
        assert!(matches!(route.callers, [Caller::Must(_)]), "{}", route.path);
    }
}
