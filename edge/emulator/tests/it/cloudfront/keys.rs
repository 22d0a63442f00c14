//! Cache keys (section 4).

use serde_json::{Value, json};

use crate::world::*;

fn with_key(part: &str, value: Value) -> Value {
    let mut distribution = distribution(0, 3600, 60);
    key_of(&mut distribution)[part] = value;
    distribution
}

fn query(behavior: &str, names: &[&str]) -> Value {
    let mut config = json!({"QueryStringBehavior": behavior});
    if !names.is_empty() {
        config["QueryStrings"] = json!(names);
    }
    with_key("QueryStringsConfig", config)
}

fn headers(names: &[&str]) -> Value {
    with_key("HeadersConfig", json!({"HeaderBehavior": "whitelist", "Headers": names}))
}

fn cookies(behavior: &str, names: &[&str]) -> Value {
    let mut config = json!({"CookieBehavior": behavior});
    if !names.is_empty() {
        config["Cookies"] = json!(names);
    }
    with_key("CookiesConfig", config)
}

fn encodings(gzip: bool, brotli: bool) -> Value {
    let mut distribution = distribution(0, 3600, 60);
    key_of(&mut distribution)["EnableAcceptEncodingGzip"] = json!(gzip);
    key_of(&mut distribution)["EnableAcceptEncodingBrotli"] = json!(brotli);
    distribution
}

/// Sends both; returns the `X-Cache` of the second.
async fn second(world: &World, first: (&str, &[&str]), second: (&str, &[&str])) -> String {
    world.get_with(first.0, first.1).await;
    x_cache(&world.get_with(second.0, second.1).await).to_owned()
}

fn target(world: &World) -> String {
    world.origin.last().uri().to_string()
}

fn sent(world: &World, name: &str) -> Option<String> {
    world.origin.last().headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn cases_25_to_31_query_strings() {
    let cases: [(u32, Value, &str, &str, &str, &str); 10] = [
        (25, query("none", &[]), "/p?a=1", "/p?a=2", "Hit", "/p"),
        (26, query("all", &[]), "/p?a=1&b=2", "/p?b=2&a=1", "Miss", "/p?b=2&a=1"),
        (27, query("all", &[]), "/p?Color=red", "/p?color=red", "Miss", "/p?color=red"),
        (
            28,
            query("whitelist", &["color"]),
            "/p?color=red",
            "/p?color=red;size=l",
            "Miss",
            "/p?color=red;size=l",
        ),
        (
            29,
            query("whitelist", &["color"]),
            "/p?size=l&color=red",
            "/p?color=red&size=s",
            "Hit",
            "/p?color=red",
        ),
        (30, query("whitelist", &["a", "b"]), "/p?a=1&b=2", "/p?b=2&a=1", "Miss", "/p?b=2&a=1"),
        (
            31,
            query("allExcept", &["utm_source"]),
            "/p?a=1&utm_source=x",
            "/p?a=1&utm_source=y",
            "Hit",
            "/p?a=1",
        ),
        // 4.8: nothing of the query is interpreted.
        (0, query("all", &[]), "/p", "/p?", "Miss", "/p?"),
        (0, query("all", &[]), "/p?a", "/p?a=", "Miss", "/p?a="),
        (0, query("none", &[]), "/p", "/p?", "Hit", "/p"),
    ];
    for (number, distribution, first, next, expected, forwarded) in cases {
        let world = World::new(&distribution, [ok("max-age=60")]);
        let result = second(&world, (first, &[]), (next, &[])).await;
        assert_eq!(result, expected, "case {number}: {first} then {next}");
        assert_eq!(target(&world), forwarded, "case {number}");
    }
}

#[tokio::test]
async fn cases_32_to_34_and_79_headers() {
    type HeaderCase<'a> = (u32, &'a str, &'a [&'a str], &'a [&'a str], &'a str);
    let cases: [HeaderCase<'_>; 6] = [
        (
            32,
            "Accept-Language",
            &["accept-language: en-US,en"],
            &["accept-language: en,en-US"],
            "Miss",
        ),
        (33, "Product", &["product: Acme"], &["Product: Acme"], "Hit"),
        (34, "Product", &["product: Acme"], &["product: acme"], "Miss"),
        (79, "Authorization", &["authorization: A"], &["authorization: B"], "Miss"),
        // 4.11: absent is not empty.
        (0, "Product", &[], &["product: "], "Miss"),
        (0, "Product", &["other: 1"], &["other: 2"], "Hit"),
    ];
    for (number, listed, first, next, expected) in cases {
        let world = World::new(&headers(&[listed]), [ok("max-age=60")]);
        assert_eq!(second(&world, ("/", first), ("/", next)).await, expected, "case {number}");
    }
    let world = World::new(&headers(&["Authorization"]), [ok("max-age=60")]);
    world.get_with("/", &["authorization: A"]).await;
    assert_eq!(
        sent(&world, "authorization").as_deref(),
        Some("A"),
        "every header in the key is forwarded"
    );
}

#[tokio::test]
async fn cases_35_and_36_cookies() {
    let world = World::new(&cookies("whitelist", &["cur"]), [ok("max-age=60")]);
    let first: (&str, &[&str]) = ("/", &["cookie: cur=USD; sid=1"]);
    assert_eq!(second(&world, first, ("/", &["cookie: sid=2; cur=USD"])).await, "Hit");
    assert_eq!(sent(&world, "cookie").as_deref(), Some("cur=USD"));

    let world = World::new(&cookies("all", &[]), [ok("max-age=60")]);
    world.get_with("/", &["cookie: b=2; a=1; $Version=1; broken"]).await;
    assert_eq!(sent(&world, "cookie").as_deref(), Some("a=1; b=2"));

    let world = World::new(&cookies("allExcept", &["sid"]), [ok("max-age=60")]);
    let first: (&str, &[&str]) = ("/", &["cookie: a=1; sid=1"]);
    assert_eq!(second(&world, first, ("/", &["cookie: sid=2; a=1"])).await, "Hit");

    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    assert_eq!(second(&world, ("/", &["cookie: a=1"]), ("/", &["cookie: a=2"])).await, "Hit");
    assert_eq!(sent(&world, "cookie"), None);
}

#[tokio::test]
async fn cases_41_to_45_accept_encoding() {
    let both = || encodings(true, true);
    let cases: [(u32, Value, &[&str], Option<&str>); 9] = [
        (41, both(), &["accept-encoding: gzip, deflate, br, zstd"], Some("br,gzip")),
        (42, both(), &["accept-encoding: gzip"], Some("gzip")),
        (43, both(), &["accept-encoding: deflate"], Some("identity")),
        (44, both(), &[], None),
        (45, encodings(true, false), &["accept-encoding: br, gzip"], Some("gzip")),
        (0, encodings(false, true), &["accept-encoding: br, gzip"], Some("br")),
        (0, encodings(false, false), &["accept-encoding: br, gzip"], None),
        // 4.15: a weight of zero is a no; the rest follows the grammar.
        (0, both(), &["accept-encoding: GZIP;q=1.0 , br; q=0.000"], Some("gzip")),
        (0, both(), &["accept-encoding: xgzip, brotli"], Some("identity")),
    ];
    for (number, distribution, request, forwarded) in cases {
        let world = World::new(&distribution, [ok("max-age=60")]);
        world.get_with("/", request).await;
        assert_eq!(sent(&world, "accept-encoding").as_deref(), forwarded, "case {number}");
    }
    let gzip: (&str, &[&str]) = ("/", &["accept-encoding: gzip"]);
    let deflate: (&str, &[&str]) = ("/", &["accept-encoding: deflate"]);
    let world = World::new(&both(), [ok("max-age=60")]);
    let all: (&str, &[&str]) = ("/", &["accept-encoding: gzip, br"]);
    assert_eq!(second(&world, all, gzip).await, "Miss", "case 42: an object of its own");
    let world = World::new(&both(), [ok("max-age=60")]);
    assert_eq!(second(&world, deflate, ("/", &[])).await, "Hit", "case 44: as case 43");
}

#[tokio::test]
async fn case_75_options_has_objects_of_its_own_where_it_is_cached() {
    let mut cached = distribution(0, 3600, 60);
    cached["DistributionConfig"]["DefaultCacheBehavior"]["CachedMethods"] =
        json!(["GET", "HEAD", "OPTIONS"]);
    let world = World::new(&cached, [ok("max-age=60")]);
    for (method, expected) in [("OPTIONS", "Miss"), ("GET", "Miss"), ("OPTIONS", "Hit")] {
        let response = world.send(request(method, "/", &[])).await;
        assert_eq!(x_cache(&response), expected, "{method}");
    }
    assert_eq!(world.origin.fetches(), 2);
}

#[tokio::test]
async fn the_raw_path_is_in_the_key() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    assert_eq!(second(&world, ("/a", &[]), ("//a", &[])).await, "Miss", "4.18: as sent");
}

#[tokio::test]
async fn host_and_scheme_are_not_in_the_key() {
    let first: (&str, &[&str]) = ("http://a.example/p", &["host: a.example"]);
    for (distribution, other, expected) in [
        (distribution(0, 3600, 60), "https://a.example/p", "Hit"),
        (distribution(0, 3600, 60), "http://b.example/p", "Hit"),
        (headers(&["Host"]), "https://a.example/p", "Hit"),
        (headers(&["Host"]), "http://b.example/p", "Miss"),
    ] {
        let world = World::new(&distribution, [ok("max-age=60")]);
        let host = if other.contains("b.example") { "host: b.example" } else { "host: a.example" };
        assert_eq!(second(&world, first, (other, &[host])).await, expected, "{other}");
    }
}

#[tokio::test]
async fn an_asterisk_in_a_list_is_a_character() {
    let world = World::new(&query("whitelist", &["*"]), [ok("max-age=60")]);
    assert_eq!(second(&world, ("/p?a=1", &[]), ("/p?a=2", &[])).await, "Hit");
    assert_eq!(target(&world), "/p");
    assert_eq!(second(&world, ("/p?*=1", &[]), ("/p?*=2", &[])).await, "Miss");
    assert_eq!(target(&world), "/p?*=2");
}
