//! A differential test: permuting inputs outside the cache key changes no byte of the answer.

use std::sync::OnceLock;

use infra_local::demo;
use origin_functions::runtime::clock::Clock;
use proptest::prelude::*;

use super::scene::{RequestBuilder, Scene, Visit, Who};
use crate::client::signed;

/// Cases: each sends requests to two new edges.
const CASES: u32 = 192;

/// A target and its parameters.
const TARGETS: [(&str, &[(&str, &str)]); 9] = [
    ("/v1/configurator/bike", &[]),
    (
        "/v1/configurator/bike/resolution",
        &[("frame", "carbon"), ("fork", "air"), ("_only", "frame")],
    ),
    ("/v1/configurator/tee/resolution", &[("size", "m"), ("colour", "black")]),
    ("/v1/loyalty/program", &[]),
    ("/v1/openapi.json", &[]),
    ("/v1/loyalty", &[]),
    ("/v1/loyalty/entries", &[]),
    ("/v1/loyalty/entries", &[("limit", "2")]),
    ("/v1/cart", &[]),
];

/// Headers that are in no key.
const NOISE: [(&str, &str); 14] = [
    ("Cookie", "customer=1001; theme=dark"),
    ("User-Agent", "curl/8"),
    ("Referer", "https://shop.example/?utm_source=x"),
    ("Origin", "https://shop.example"),
    ("Accept", "text/html"),
    ("Accept-Language", "de"),
    ("X-Forwarded-For", "10.0.0.1"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Original-URL", "/v1/loyalty/program"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Forecourt-Identity", "customer:1001:AAAAAAAAAAAAAAAAAAAAAA"),
    ("Idempotency-Key", "0123456789abcdef"),
    ("Cache-Control", "no-cache"),
    ("Accept-Encoding", "deflate, zstd"),
];
const TRACKING: [&str; 4] = ["utm_source=mail", "gclid=1", "fbclid=%31", "utm_%63ampaign=x"];

/// One form of a request.
#[derive(Debug, Clone)]
struct RequestForm {
    noise: Vec<(&'static str, &'static str)>,
    tracking: Vec<&'static str>,
    is_reversed: bool,
    is_escaped: bool,
    is_proxied: bool,
}

fn request_form() -> impl Strategy<Value = RequestForm> {
    let noise = proptest::sample::subsequence(NOISE.to_vec(), 0..=NOISE.len()).prop_shuffle();
    let tracking = proptest::sample::subsequence(TRACKING.to_vec(), 0..=TRACKING.len());
    (noise, tracking.prop_shuffle(), any::<[bool; 3]>()).prop_map(|(noise, tracking, flags)| {
        let [is_reversed, is_escaped, is_proxied] = flags;
        RequestForm { noise, tracking, is_reversed, is_escaped, is_proxied }
    })
}

/// The request, through the App Proxy if the route can be reached there.
fn request_of(
    scene: &Scene,
    who: Who,
    target: usize,
    form: &RequestForm,
) -> (RequestBuilder, bool) {
    let (path, parameters) = TARGETS[target];
    let mut query: Vec<String> =
        parameters.iter().map(|(name, value)| parameter(name, value, form.is_escaped)).collect();
    query.extend(form.tracking.iter().map(|it| (*it).to_owned()));
    if form.is_reversed {
        query.reverse();
    }
    let person = scene.person(who).unwrap();
    let is_proxied = form.is_proxied && (path.contains("/loyalty") || path.contains("/cart"));
    if is_proxied && path == "/v1/cart" {
        query.push(format!("cart={}", person.cart_token));
    }
    let mut target = path.to_owned();
    if !query.is_empty() {
        target = format!("{path}?{}", query.join("&"));
    }
    if is_proxied {
        let now = Clock::system().now().unix_s();
        let url = signed(&format!("/proxy{target}"), Some(person.customer), now);
        url.strip_prefix(demo::URL).unwrap().clone_into(&mut target);
    }
    let request = RequestBuilder::get(target);
    let noisy =
        form.noise.iter().fold(request, |request, (name, value)| request.with(*name, *value));
    (noisy, is_proxied)
}

/// A parameter, its first letters escaped or not.
fn parameter(name: &str, value: &str, is_escaped: bool) -> String {
    if !is_escaped {
        return format!("{name}={value}");
    }
    let escape = |text: &str| format!("%{:02x}{}", text.as_bytes()[0], &text[1..]);
    format!("{}={}", escape(name), escape(value))
}

/// The content of an answer, without its time, source and duration.
fn essence(
    visit: &Visit<'_>,
    who: Who,
    request: &(RequestBuilder, bool),
) -> (u16, Vec<u8>, [String; 4], bool) {
    let (request, is_proxied) = request;
    let answer =
        if *is_proxied { visit.send_as_is(who, request) } else { visit.send(who, request) }
            .unwrap();
    let names = ["etag", "content-type", "content-encoding", "forecourt-bookmark"];
    let headers = names.map(|name| answer.header(name).to_owned());
    let is_hit = answer.is_hit();
    (answer.status, answer.body, headers, is_hit)
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(Scene::open)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn inputs_outside_the_cache_key_change_no_answer(
        target in 0..TARGETS.len(),
        is_ada in any::<bool>(),
        one in request_form(),
        mut other in request_form(),
    ) {
        // The token of a customer is in the key, and the App Proxy has no token.
        if TARGETS[target].0.starts_with("/v1/loyalty") {
            other.is_proxied = one.is_proxied;
        }
        let scene = scene();
        let who = if is_ada { Who::Ada } else { Who::Ben };
        let [one, other] = [one, other].map(|form| request_of(scene, who, target, &form));
        let (first, second) = (scene.visit(&[]), scene.visit(&[]));
        let (status, body, headers, _) = essence(&first, who, &one);
        prop_assert_eq!(status, 200);
        let fresh = essence(&second, who, &other);
        prop_assert_eq!(&fresh, &(200, body.clone(), headers.clone(), false), "another answer");
        let cached = essence(&first, who, &other);
        prop_assert_eq!(&cached, &(200, body, headers, true), "another key");
        prop_assert_eq!((first.into_breach(), second.into_breach()), (None, None));
    }
}
