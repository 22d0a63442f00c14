//! Classes 9, 10 and 19: confusion of methods.

use super::matrix::{Attack, attack, check};
use super::naive::{forwards_all, keeps_viewers_headers, unkeys_identity};
use super::raw::Answer;
use super::scene::{RequestBuilder, Who, personal, public};
use super::trusting::shows_headers;
use super::wiring::Wiring;

/// An edge that accepts a body on GET.
fn takes_bodies(wiring: Wiring) -> Wiring {
    forwards_all(keeps_viewers_headers(wiring)).bodies_pass()
}

#[test]
fn a_body_on_a_read_changes_no_answer() {
    let fat = |path: String, body: &'static str| {
        attack(format!("{body} at {path}"), move |visit| {
            let who = if path.contains("configurator") { Who::Anonymous } else { Who::Ada };
            let fat = visit.signed_in(who, &RequestBuilder::get(path.as_str()));
            let answer = if visit.edge.bodies_pass {
                visit.send(Who::Ada, &fat.with("X-Body", body))
            } else {
                let fat = fat.with("Content-Type", "application/x-www-form-urlencoded");
                visit.send_with_body(who, &fat, body)
            };
            let is_refused = |answer: &Answer| matches!(answer.status, 400 | 403);
            if !answer.as_ref().is_some_and(is_refused) {
                visit.note(format!("a body was accepted: {answer:?}"));
            }
            visit.expect_plain(who, &path);
        })
    };
    let paths = public().into_iter().chain(personal().into_iter().map(|(_, path)| path));
    let attacks = paths.flat_map(|path| {
        ["callback=evil", "{\"customer_id\":\"1001\"}", "_method=DELETE"]
            .map(|body| fat(path.clone(), body))
    });
    check(&[shows_headers], &[takes_bodies], &attacks.collect::<Vec<_>>());
}

#[test]
fn no_header_or_parameter_overrides_the_method() {
    let names = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
    let overriding = |path: &str, name: &'static str, method: &'static str| -> Attack {
        let path = path.to_owned();
        attack(format!("{name}: {method} at {path}"), move |visit| {
            for who in [Who::Anonymous, Who::Ada] {
                visit.send(who, &RequestBuilder::get(path.as_str()).with(name, method));
                visit.send(who, &RequestBuilder::get(format!("{path}?_method={method}")));
            }
            for who in [Who::Anonymous, Who::Ada] {
                visit.expect_plain(who, &path);
            }
        })
    };
    let paths = public().into_iter().chain(personal().into_iter().map(|(_, path)| path));
    let attacks = paths.flat_map(|path| {
        let all =
            names.map(|name| ["HEAD", "DELETE", "POST"].map(|it| overriding(&path, name, it)));
        all.into_iter().flatten().collect::<Vec<_>>()
    });
    check(&[shows_headers], &[keeps_viewers_headers, forwards_all], &attacks.collect::<Vec<_>>());
}

#[test]
fn head_and_options_neither_leak_nor_poison_get_answers() {
    let attacks = personal().into_iter().flat_map(|(_, path)| {
        ["HEAD", "OPTIONS"].map(|method| {
            let path = path.clone();
            attack(format!("{method} {path}"), move |visit| {
                let preflight = RequestBuilder::new(method, path.as_str())
                    .with("Origin", "https://evil.example")
                    .with("Access-Control-Request-Method", "GET");
                visit.send(Who::Ada, &preflight);
                visit.expect_plain(Who::Ada, &path);
                for who in [Who::Ben, Who::Anonymous] {
                    visit.send(who, &preflight);
                    visit.expect_plain(who, &path);
                }
            })
        })
    });
    check(&[], &[unkeys_identity], &attacks.collect::<Vec<_>>());
}
