//! Classes 6 to 8 and 13: inputs that reach an origin and are in no cache key.

use edge_wire::routes::{Parameters, find};

use super::matrix::{Attack, attack, check};
use super::naive::{
    forwards_all, keeps_viewers_headers, keeps_viewers_query, unkeys_encoding, unkeys_query,
};
use super::scene::{RequestBuilder, Who, personal, public};
use super::trusting::{shows_headers, shows_parameters};

/// All cached paths.
fn cached() -> Vec<String> {
    public().into_iter().chain(personal().into_iter().map(|(_, path)| path)).collect()
}

/// All viewers send an odd request, then a plain one. The owner's odd request for a personal answer
/// stands for a browser on the attacker's page.
fn poisoning(
    path: String,
    oddity: impl Fn(RequestBuilder) -> RequestBuilder + 'static,
    name: &str,
) -> Attack {
    attack(format!("{name} at {path}"), move |visit| {
        let odd = oddity(RequestBuilder::get(path.as_str()));
        for who in [Who::Anonymous, Who::Ben, Who::Ada] {
            visit.send(who, &odd);
        }
        for who in [Who::Anonymous, Who::Ben, Who::Ada] {
            visit.expect_plain(who, &path);
        }
    })
}

fn headers(odd: &'static [(&'static str, &'static str)]) -> Vec<Attack> {
    let attacks = cached().into_iter().flat_map(|path| {
        odd.iter().map(move |(name, value)| {
            poisoning(path.clone(), move |request| request.with(*name, *value), name)
        })
    });
    attacks.collect()
}

#[test]
fn no_host_of_the_viewers_choosing_is_in_an_answer() {
    let odd = &[
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Scheme", "http"),
        ("X-Forwarded-Port", "1337"),
        ("X-Host", "evil.example"),
        ("X-Original-Host", "evil.example"),
        ("Forwarded", "host=evil.example;proto=http"),
        ("Host", "evil.example"),
    ];
    check(&[shows_headers], &[keeps_viewers_headers, forwards_all], &headers(odd));
}

#[test]
fn no_address_of_the_viewers_choosing_is_in_an_answer() {
    // CloudFront forwards it regardless of the policy: the function is the only guard.
    let odd = &[("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "evil.example")];
    check(&[shows_headers], &[keeps_viewers_headers], &headers(odd));
}

#[test]
fn a_header_that_passes_the_function_is_in_no_answer() {
    let odd = &[("User-Agent", "<script>evil</script>")];
    check(&[shows_headers], &[forwards_all], &headers(odd));
}

#[test]
fn no_cookie_is_in_an_answer() {
    let odd = &[
        ("Cookie", "customer=1001"),
        ("Cookie", "cart=evil; logged_in_customer_id=1001"),
        ("Cookie", "_shopify_s=evil; lang=\"<script>\""),
    ];
    check(&[shows_headers], &[keeps_viewers_headers, forwards_all], &headers(odd));
}

/// Parameters that an origin may show, and one that is declared.
const PARAMETERS: [&str; 17] = [
    "utm_content=evil",
    "UTM_CONTENT=evil",
    "utm_source=x;callback=evil",
    "gclid=evil",
    "fbclid=a&fbclid=evil",
    "callback=evil",
    "callback=evil&callback=x",
    "_method=evil",
    "_only=frame;callback=evil",
    "limit=2&limit=evil",
    "limit=2%26callback=evil",
    "evil",
    "%75tm_content=evil",
    "&&utm_content=evil",
    "?callback=evil",
    "utm_content%00=evil",
    "callback=%65vil",
];

fn queries(path: String, odd: &[&'static str]) -> Vec<Attack> {
    let with_query = |query: &&'static str| {
        let query = *query;
        let odd = move |request: RequestBuilder| RequestBuilder {
            target: format!("{}?{query}", request.target),
            ..request
        };
        poisoning(path.clone(), odd, query)
    };
    odd.iter().map(with_query).collect()
}

#[test]
fn an_undeclared_parameter_is_in_no_answer() {
    // A selection may have options of any name, so there these are declared.
    let takes_options = |path: &String| {
        let route = find("GET", path).expect("a route");
        matches!(route.parameters, Parameters::Selection(_))
    };
    let paths = cached().into_iter().filter(|path| !takes_options(path));
    let odd: Vec<_> = PARAMETERS.into_iter().filter(|query| !query.contains("%26")).collect();
    let attacks: Vec<Attack> = paths.flat_map(|path| queries(path, &odd)).collect();
    check(&[shows_parameters], &[keeps_viewers_query, unkeys_query], &attacks);
}

#[test]
fn no_parameter_is_hidden_from_the_key() {
    let attacks: Vec<Attack> =
        cached().into_iter().flat_map(|path| queries(path, &PARAMETERS)).collect();
    check(&[shows_parameters], &[unkeys_query], &attacks);
}

#[test]
fn an_encoding_is_served_only_to_viewers_that_accept_it() {
    let odd = &[
        ("Accept-Encoding", "br"),
        ("Accept-Encoding", "gzip"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Encoding", "*"),
        ("Accept-Encoding", "identity;q=0, br;q=1"),
    ];
    check(&[], &[unkeys_encoding], &headers(odd));
}
