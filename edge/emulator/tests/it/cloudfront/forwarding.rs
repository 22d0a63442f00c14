//! The request an origin gets (section 5), and how often (section 15).

use std::time::Duration;

use bytes::Bytes;
use edge_emulator::OriginError;
use http::Version;
use serde_json::{Value, json};

use crate::world::*;

fn with_origin_request_policy(mut distribution: Value, policy: Value) -> Value {
    distribution["DistributionConfig"]["DefaultCacheBehavior"]["OriginRequestPolicyId"] =
        json!("p");
    distribution["OriginRequestPolicies"]["p"] = policy;
    distribution
}

fn policy(headers: Value, cookies: &str, query: &str) -> Value {
    json!({
        "HeadersConfig": headers,
        "CookiesConfig": {"CookieBehavior": cookies},
        "QueryStringsConfig": {"QueryStringBehavior": query}
    })
}

fn sent(world: &World, name: &str) -> Option<String> {
    world.origin.last().headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn without_policies_an_origin_gets_path_body_and_default_headers() {
    let world = World::new(&distribution(0, 0, 0), [ok("no-store")]);
    let viewer = [
        "host: shop.example",
        "user-agent: curl",
        "accept: */*",
        "referer: x",
        "cookie: a=1",
        "origin: https://x",
        "content-type: text/plain",
        "cache-control: no-cache",
        "if-none-match: \"x\"",
        "range: bytes=0-1",
        "x-real-ip: 1.1.1.1",
        "te: trailers",
        "x-custom: 1",
        "connection: keep-alive",
    ];
    let mut post = request("POST", "/p?a=1", &viewer);
    *post.body_mut() = Bytes::from_static(b"body");
    world.send(post).await;
    let request = world.origin.last();
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", "/p"));
    assert_eq!(request.body(), "body");
    let mut names: Vec<&str> = request.headers().keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["host", "user-agent", "via", "x-amz-cf-id", "x-forwarded-for"]);
    assert_eq!(sent(&world, "host").as_deref(), Some("o.invalid"));
    assert_eq!(sent(&world, "user-agent").as_deref(), Some("Amazon CloudFront"));
    assert_eq!(sent(&world, "x-forwarded-for").as_deref(), Some("203.0.113.9"));
    assert_eq!(
        sent(&world, "x-amz-cf-id").map(|id| (id.len(), id.ends_with("=="))),
        Some((56, true))
    );
    let via = sent(&world, "via").expect("Via is set");
    assert!(via.starts_with("1.1 ") && via.ends_with(".cloudfront.net (CloudFront)"), "{via}");
}

#[tokio::test]
async fn an_origin_request_policy_adds_to_the_key() {
    let viewer = [
        "host: shop.example",
        "a: 1",
        "b: 2",
        "authorization: A",
        "user-agent: curl",
        "accept-encoding: gzip",
        "cookie: x=1",
        "x-real-ip: 1.1.1.1",
        "upgrade: h2c",
    ];
    // (headers of the policy, name, value at the origin)
    let listed = json!({"HeaderBehavior": "whitelist", "Headers": ["A", "Host", "User-Agent"]});
    let all = json!({"HeaderBehavior": "allViewer"});
    let except = json!({"HeaderBehavior": "allExcept", "Headers": ["Host", "b"]});
    let cases: [(&Value, &str, Option<&str>); 16] = [
        (&listed, "a", Some("1")),
        (&listed, "b", None),
        (&listed, "host", Some("shop.example")),
        (&listed, "user-agent", Some("curl")),
        (&listed, "authorization", None),
        (&listed, "accept-encoding", None),
        (&all, "b", Some("2")),
        (&all, "host", Some("shop.example")),
        (&all, "authorization", Some("A")),
        (&all, "accept-encoding", Some("gzip")),
        (&all, "cookie", None),
        (&all, "x-real-ip", None),
        (&all, "upgrade", None),
        (&except, "host", Some("o.invalid")),
        (&except, "b", None),
        (&except, "authorization", Some("A")),
    ];
    for (headers, name, expected) in cases {
        let policy = policy(headers.clone(), "none", "none");
        let world = World::new(
            &with_origin_request_policy(distribution(0, 0, 0), policy),
            [ok("no-store")],
        );
        world.get_with("/", &viewer).await;
        assert_eq!(sent(&world, name).as_deref(), expected, "{headers} {name}");
    }
}

#[tokio::test]
async fn a_header_outside_the_key_does_not_separate_objects() {
    let headers = json!({"HeaderBehavior": "whitelist", "Headers": ["A"]});
    let world = World::new(
        &with_origin_request_policy(distribution(0, 3600, 60), policy(headers, "none", "all")),
        [ok("max-age=60")],
    );
    world.get_with("/?q=1", &["a: 1"]).await;
    assert_eq!(
        (world.origin.last().uri().to_string(), sent(&world, "a")),
        ("/?q=1".into(), Some("1".into()))
    );
    assert_eq!(x_cache(&world.get_with("/?q=2", &["a: 2"]).await), "Hit");
}

/// The cookies and the query that reach the origin, with these two policies (behavior and name).
async fn forwarded(key: [&str; 2], beyond_key: [&str; 2]) -> (Option<String>, String) {
    let cookies = |[behavior, name]: [&str; 2]| match name {
        "" => json!({"CookieBehavior": behavior}),
        name => json!({"CookieBehavior": behavior, "Cookies": [name]}),
    };
    let query = |[behavior, name]: [&str; 2]| match name {
        "" => json!({"QueryStringBehavior": behavior}),
        name => json!({"QueryStringBehavior": behavior, "QueryStrings": [name]}),
    };
    let mut distribution = distribution(0, 3600, 60);
    key_of(&mut distribution)["CookiesConfig"] = cookies(key);
    key_of(&mut distribution)["QueryStringsConfig"] = query(key);
    let policy = json!({
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": cookies(beyond_key), "QueryStringsConfig": query(beyond_key)});
    let world = World::new(&with_origin_request_policy(distribution, policy), [ok("max-age=60")]);
    world.get_with("/?a=1&b=2&c=3", &["cookie: a=1; b=2; c=3"]).await;
    (sent(&world, "cookie"), world.origin.last().uri().query().unwrap_or_default().to_owned())
}

/// The table of rule 5.2.
#[tokio::test]
async fn two_policies_forward_their_union_and_of_two_block_lists_what_neither_names() {
    for (key, beyond_key, expected) in [
        (["none", ""], ["none", ""], ""),
        (["none", ""], ["whitelist", "b"], "b"),
        (["none", ""], ["allExcept", "b"], "ac"),
        (["none", ""], ["all", ""], "abc"),
        (["whitelist", "a"], ["none", ""], "a"),
        (["whitelist", "a"], ["whitelist", "b"], "ab"),
        (["whitelist", "a"], ["allExcept", "a"], "abc"),
        (["whitelist", "a"], ["all", ""], "abc"),
        (["allExcept", "a"], ["none", ""], "bc"),
        (["allExcept", "a"], ["whitelist", "a"], "abc"),
        (["allExcept", "a"], ["allExcept", "a"], "bc"),
        (["allExcept", "a"], ["allExcept", "b"], "c"),
        (["allExcept", "a"], ["all", ""], "abc"),
        (["all", ""], ["allExcept", "a"], "abc"),
    ] {
        let pair = |name: char| format!("{name}={}", u32::from(name) - u32::from('a') + 1);
        let pairs: Vec<String> = expected.chars().map(pair).collect();
        let cookies = (!pairs.is_empty()).then(|| pairs.join("; "));
        let sent = forwarded(key, beyond_key).await;
        assert_eq!(sent, (cookies, pairs.join("&")), "{key:?} {beyond_key:?}");
    }
}

#[tokio::test]
async fn a_fill_asks_for_the_whole_object_without_the_viewers_conditions() {
    let headers = json!({"HeaderBehavior": "allViewer"});
    let world = World::new(
        &with_origin_request_policy(distribution(0, 3600, 60), policy(headers, "none", "none")),
        [says(200, &["etag: \"v1\"", "cache-control: max-age=60"], "body")],
    );
    let response = world.get_with("/", &["if-none-match: W/\"v1\"", "if-match: \"v0\""]).await;
    assert_eq!((sent(&world, "if-none-match"), sent(&world, "if-match")), (None, None));
    assert_eq!(response.status().as_u16(), 412, "evaluated here, on the response (7.7)");
    let response = world.get_with("/", &["if-none-match: \"v0\", W/\"v1\""]).await;
    assert_eq!((response.status().as_u16(), x_cache(&response)), (304, "Hit"));
}

#[tokio::test]
async fn an_origin_has_a_path_and_headers_of_its_own() {
    let mut own = distribution(0, 0, 0);
    own["DistributionConfig"]["Origins"][0]["OriginPath"] = json!("/prod");
    own["DistributionConfig"]["Origins"][0]["OriginCustomHeaders"] =
        json!([{"HeaderName": "X-Secret", "HeaderValue": "s"}]);
    let world = World::new(&own, [ok("no-store")]);
    world.get_with("/a", &["x-secret: forged"]).await;
    assert_eq!(world.origin.last().uri(), "/prod/a");
    assert_eq!(sent(&world, "x-secret").as_deref(), Some("s"));
}

#[tokio::test(start_paused = true)]
async fn only_reads_are_tried_again() {
    let mut thrice = distribution(0, 0, 0);
    thrice["DistributionConfig"]["Origins"][0] = json!({
        "Id": "o", "DomainName": "o.invalid", "ConnectionAttempts": 3,
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 2}});
    for (act, method, fetches, status, took_s) in [
        (Act::Fail(OriginError::Unreachable), "GET", 3, 502, 0),
        (Act::Fail(OriginError::Unreachable), "POST", 1, 502, 0),
        (Act::Fail(OriginError::Incomplete), "GET", 1, 502, 0),
        (Act::Hang, "GET", 3, 504, 6),
        (Act::Hang, "PUT", 1, 504, 2),
    ] {
        let world = World::new(&thrice, [act]);
        let (response, took) = timed(world.send(request(method, "/", &[]))).await;
        assert_eq!((response.status().as_u16(), x_cache(&response)), (status, "Error"));
        assert_eq!(world.origin.fetches(), fetches, "{method}");
        assert_eq!(took, Duration::from_secs(took_s), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_attempts_together_are_bounded_by_the_completion_timeout() {
    let mut bounded = distribution(0, 0, 0);
    bounded["DistributionConfig"]["Origins"][0] = json!({
        "Id": "o", "DomainName": "o.invalid", "ResponseCompletionTimeout": 5,
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 2}});
    let world = World::new(&bounded, [Act::Hang]);
    let (response, took) = timed(world.get("/")).await;
    assert_eq!((response.status().as_u16(), took), (504, Duration::from_secs(5)));
}

#[tokio::test]
async fn http_1_0_has_no_accept_encoding() {
    let mut gzip = distribution(0, 3600, 0);
    key_of(&mut gzip)["EnableAcceptEncodingGzip"] = json!(true);
    for (version, expected) in [(Version::HTTP_10, None), (Version::HTTP_11, Some("gzip"))] {
        let world = World::new(&gzip, [ok("max-age=60")]);
        let mut request = request("GET", "/", &["accept-encoding: gzip"]);
        *request.version_mut() = version;
        world.send(request).await;
        assert_eq!(sent(&world, "accept-encoding").as_deref(), expected, "{version:?}");
    }
}
