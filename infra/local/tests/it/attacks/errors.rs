//! Classes 11, 12 and 17: cached errors, response splitting and request smuggling.

use super::matrix::{Attack, attack, check};
use super::naive::{caches_errors, forwards_all, keeps_viewers_headers, keeps_viewers_query};
use super::scene::{RequestBuilder, Who, personal, public};
use super::trusting::{fails_on_odd_headers, marks_errors_cacheable, splits_responses};
use super::wiring::{HEALTHY, UNREACHABLE};

fn denial(path: String, name: &'static str, value: String) -> Attack {
    attack(format!("{name} of {} bytes at {path}", value.len()), move |visit| {
        for who in [Who::Anonymous, Who::Ada] {
            visit.send(who, &RequestBuilder::get(path.as_str()).with(name, value.as_str()));
            visit.expect_plain(who, &path);
        }
    })
}

fn cached() -> impl Iterator<Item = String> {
    public().into_iter().chain(personal().into_iter().map(|(_, path)| path))
}

#[test]
fn an_oversized_header_poisons_no_answer() {
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
        &[fails_on_odd_headers],
        &[keeps_viewers_headers, forwards_all],
        &attacks.collect::<Vec<_>>(),
    );
}

#[test]
fn an_oversized_range_poisons_no_answer() {
    // CloudFront forwards it regardless of the policy: the function is the only guard.
    let attacks =
        cached().map(|path| denial(path, "Range", format!("bytes={}", "0-1,".repeat(2_000))));
    check(&[fails_on_odd_headers], &[keeps_viewers_headers], &attacks.collect::<Vec<_>>());
}

#[test]
fn an_oversized_header_that_passes_the_function_poisons_no_answer() {
    let odd = ["User-Agent", "Origin", "Pragma"];
    let attacks =
        cached().flat_map(|path| odd.map(|name| denial(path.clone(), name, "a".repeat(9_000))));
    check(&[fails_on_odd_headers], &[forwards_all], &attacks.collect::<Vec<_>>());
}

#[test]
fn no_request_injects_a_header_or_splits_a_response() {
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
            visit.send(Who::Ada, &RequestBuilder::get(target.as_str()));
        })
    };
    let mut attacks: Vec<Attack> = targets.into_iter().map(splitting).collect();
    attacks.extend(smuggling());
    check(&[splits_responses], &[keeps_viewers_query], &attacks);
}

/// Requests whose end is ambiguous between two servers.
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
                visit.expect_plain(Who::Anonymous, "/v1/configurator/bike");
                visit.expect_plain(Who::Anonymous, "/v1/configurator/tee");
            })
        })
    })
}

/// The origins fail once, for Ada; then they are healthy again for all viewers.
fn failures() -> Vec<Attack> {
    let statuses = [UNREACHABLE, 400, 401, 403, 404, 405, 414, 429, 500, 501, 502, 503, 504];
    let attacks = cached().flat_map(|path| {
        statuses.map(|status| {
            let path = path.clone();
            attack(format!("{status} at {path}"), move |visit| {
                visit.edge.set_origin_status(status);
                visit.read(Who::Ada, &path);
                visit.edge.set_origin_status(HEALTHY);
                visit.expect_plain(Who::Ada, &path);
            })
        })
    });
    attacks.collect()
}

#[test]
fn errors_are_not_cached_by_the_edge() {
    check(&[], &[caches_errors], &failures());
}

#[test]
fn errors_are_marked_uncacheable_by_the_origin() {
    check(&[], &[marks_errors_cacheable], &failures());
}
