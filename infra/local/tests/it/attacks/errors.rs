//! Classes 11, 12 and 17: errors that stay, and answers that end where a request says.

use super::matrix::{Attack, attack, check};
use super::naive::{forwards_all, keeps_errors, keeps_viewers_headers, keeps_viewers_query};
use super::scene::{Ask, Who, personal, public};
use super::trusting::{chokes_on_headers, lets_errors_be_kept, splits_responses};
use super::wiring::{GONE, WELL};

fn denial(path: String, name: &'static str, value: String) -> Attack {
    attack(format!("{name} of {} bytes at {path}", value.len()), move |visit| {
        for who in [Who::Nobody, Who::Ada] {
            visit.send(who, &Ask::get(path.as_str()).with(name, value.as_str()));
            visit.expect_plain(who, &path);
        }
    })
}

fn cached() -> impl Iterator<Item = String> {
    public().into_iter().chain(personal().into_iter().map(|(_, path)| path))
}

#[test]
fn a_header_too_much_denies_nobody_an_answer() {
    let odd = [
        ("X-Oversized", "a".repeat(9_000)),
        ("X-Oversized", "a".repeat(40_000)),
        ("X-Meta", "\u{7f}\u{1}".to_owned()),
        ("X-Meta", "a\tb".to_owned()),
        ("X-Latin", "\u{e9}\u{fc}".to_owned()),
        ("Forecourt-Bookmark", "a".repeat(7_000)),
    ];
    let attacks = cached()
        .flat_map(|path| odd.clone().map(|(name, value)| denial(path.clone(), name, value)));
    check(
        &[chokes_on_headers],
        &[keeps_viewers_headers, forwards_all],
        &attacks.collect::<Vec<_>>(),
    );
}

#[test]
fn a_range_too_much_denies_nobody_an_answer() {
    // CloudFront forwards it whatever the policy says: the function is its only guard.
    let attacks =
        cached().map(|path| denial(path, "Range", format!("bytes={}", "0-1,".repeat(2_000))));
    check(&[chokes_on_headers], &[keeps_viewers_headers], &attacks.collect::<Vec<_>>());
}

#[test]
fn a_header_that_passes_the_function_denies_nobody_an_answer() {
    let odd = ["User-Agent", "Origin", "Pragma"];
    let attacks =
        cached().flat_map(|path| odd.map(|name| denial(path.clone(), name, "a".repeat(9_000))));
    check(&[chokes_on_headers], &[forwards_all], &attacks.collect::<Vec<_>>());
}

#[test]
fn no_request_writes_a_head_or_begins_another_answer() {
    let injected = "x%0d%0aX-Injected:%20yes";
    let mut targets = vec![
        format!("/v1/configurator/bike/resolution?frame={injected}"),
        format!("/v1/configurator/bike/resolution?_only=frame,{injected}"),
        format!("/v1/configurator/{injected}"),
        "/v1/configurator/bike/resolution?frame=x%0aX-Injected:yes".to_owned(),
        "/v1/configurator/bike/resolution?frame=x%e5%98%8a%e5%98%8dX-Injected:yes".to_owned(),
    ];
    for (_, path) in personal() {
        targets.push(format!("{path}?cursor={injected}"));
        targets.push(format!("{path}?limit=2&{injected}=1"));
        targets.push(format!("{path}{injected}"));
    }
    let splitting = |target: String| {
        attack(target.clone(), move |visit| {
            visit.send(Who::Ada, &Ask::get(target.as_str()));
        })
    };
    let mut attacks: Vec<Attack> = targets.into_iter().map(splitting).collect();
    attacks.extend(smuggling());
    check(&[splits_responses], &[keeps_viewers_query], &attacks);
}

/// Requests that two servers may see end in different places.
fn smuggling() -> impl Iterator<Item = Attack> {
    let inner = "GET /v1/configurator/tee HTTP/1.1\r\nHost: a\r\nX-Rest: ";
    let long = inner.len();
    let heads = [
        format!("Content-Length: {long}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!(
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n{inner}\r\n0\r\n\r\n"
        ),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {long}\r\n\r\n{inner}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("Content-Length: 0\r\nContent-Length: {long}\r\n\r\n{inner}"),
        format!("Content-Length: +{long}\r\n\r\n{inner}"),
        "X-Fold: a\r\n X-Injected: yes\r\n\r\n".to_owned(),
    ];
    heads.into_iter().flat_map(|head| {
        ["GET /v1/configurator/bike", "POST /v1/carts"].map(|line| {
            let bytes = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}");
            attack(format!("{bytes:?}"), move |visit| {
                visit.send_bytes(bytes.as_bytes());
                visit.expect_plain(Who::Nobody, "/v1/configurator/bike");
                visit.expect_plain(Who::Nobody, "/v1/configurator/tee");
            })
        })
    })
}

/// The origins fail once, for Ada; a moment later they are well again, for everybody.
fn failures() -> Vec<Attack> {
    let statuses = [GONE, 400, 401, 403, 404, 405, 414, 429, 500, 501, 502, 503, 504];
    let attacks = cached().flat_map(|path| {
        statuses.map(|status| {
            let path = path.clone();
            attack(format!("{status} at {path}"), move |visit| {
                visit.edge.set_mood(status);
                visit.read(Who::Ada, &path);
                visit.edge.set_mood(WELL);
                visit.expect_plain(Who::Ada, &path);
            })
        })
    });
    attacks.collect()
}

#[test]
fn a_failure_is_over_when_it_is_over() {
    check(&[], &[keeps_errors], &failures());
}

#[test]
fn a_refusal_is_kept_for_nobody() {
    check(&[], &[lets_errors_be_kept], &failures());
}
