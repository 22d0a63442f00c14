//! The answer's headers: CloudFront's own and the response headers policy's (section 13).

use serde_json::{Value, json};

use crate::world::*;

fn with_policy(policy: Value) -> Value {
    let mut distribution = distribution(0, 3600, 60);
    distribution["DistributionConfig"]["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] =
        json!("r");
    distribution["ResponseHeadersPolicies"]["r"] = policy;
    distribution
}

#[tokio::test]
async fn every_answer_has_the_edges_headers() {
    let act = says(
        200,
        &[
            "cache-control: max-age=60",
            "via: 1.1 nginx",
            "connection: close",
            "transfer-encoding: chunked",
            "x-cache: forged",
            "trailer: x",
        ],
        "body",
    );
    let world = World::new(&distribution(0, 3600, 60), [act]);
    for _ in 0..2 {
        let response = world.get("/").await;
        let via: Vec<&str> =
            response.headers().get_all("via").iter().map(|via| via.to_str().unwrap()).collect();
        assert_eq!((via.len(), via[0]), (2, "1.1 nginx"));
        assert!(via[1].ends_with(".cloudfront.net (CloudFront)"));
        assert_eq!(header(&response, "x-amz-cf-pop"), "LCL50-C1");
        let id = header(&response, "x-amz-cf-id");
        assert!(id.len() == 56 && id.ends_with("=="), "{id}");
        for removed in ["connection", "transfer-encoding", "trailer"] {
            assert_eq!(header(&response, removed), "", "{removed}");
        }
        assert_eq!(header(&response, "date"), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
    let ids: Vec<String> = [world.get("/").await, world.get("/").await]
        .iter()
        .map(|response| header(response, "x-amz-cf-id").to_owned())
        .collect();
    assert_ne!(ids[0], ids[1]);
}

fn cors(overrides: bool, origins: &[&str]) -> Value {
    json!({"CorsConfig": {
        "AccessControlAllowCredentials": false,
        "AccessControlAllowHeaders": {"Items": ["X-H"]},
        "AccessControlAllowMethods": {"Items": ["ALL"]},
        "AccessControlAllowOrigins": {"Items": origins},
        "AccessControlExposeHeaders": {"Items": ["ETag", "X-E"]},
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": overrides
    }})
}

fn cors_headers(response: &http::Response<bytes::Bytes>) -> Vec<String> {
    let mut lines: Vec<String> = response
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| format!("{}: {}", &name.as_str()[15..], value.to_str().unwrap()))
        .collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn cors_headers_answer_requests_with_an_origin() {
    let world = World::new(&with_policy(cors(true, &["*"])), [ok("max-age=60")]);
    assert_eq!(cors_headers(&world.get("/").await), [""; 0]);
    let preflight = request(
        "OPTIONS",
        "/",
        &["origin: https://a.example", "access-control-request-method: POST"],
    );
    assert_eq!(
        cors_headers(&world.send(preflight).await),
        [
            "allow-headers: X-H",
            "allow-methods: GET, DELETE, HEAD, OPTIONS, PATCH, POST, PUT",
            "allow-origin: *",
            "expose-headers: ETag, X-E",
            "max-age: 600"
        ]
    );
    let listed = with_policy(cors(true, &["https://shop.example", "https://*.a.example"]));
    let world = World::new(&listed, [ok("max-age=60")]);
    for (origin, allowed) in [
        ("https://shop.example", true),
        ("https://x.a.example", true),
        ("https://a.example", false),
        ("https://shop.example.evil", false),
    ] {
        let response = world.get_with("/", &[&format!("origin: {origin}")]).await;
        let expected = if allowed { origin } else { "" };
        assert_eq!(header(&response, "access-control-allow-origin"), expected);
        assert_eq!(header(&response, "vary"), if allowed { "Origin" } else { "" });
    }
}

#[tokio::test]
async fn security_headers_are_written_as_browsers_expect_them() {
    let world = World::new(
        &with_policy(json!({"SecurityHeadersConfig": {
            "ContentSecurityPolicy":
                {"ContentSecurityPolicy": "default-src 'none'", "Override": true},
            "ContentTypeOptions": {"Override": true},
            "FrameOptions": {"FrameOption": "DENY", "Override": true},
            "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": true},
            "StrictTransportSecurity": {"AccessControlMaxAgeSec": 60, "IncludeSubdomains": true,
                "Preload": true, "Override": true},
            "XSSProtection": {"Protection": true, "ModeBlock": true, "Override": true}
        }})),
        [says(500, &["x-frame-options: SAMEORIGIN"], "")],
    );
    let response = world.get("/").await;
    for (name, value) in [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=60; includeSubDomains; preload"),
        ("x-xss-protection", "1; mode=block"),
    ] {
        assert_eq!(header(&response, name), value, "on errors too: {name}");
    }
}

fn timing(percent: u64) -> Value {
    with_policy(json!({"ServerTimingHeadersConfig": {"Enabled": true, "SamplingRate": percent}}))
}

#[tokio::test]
async fn server_timing_has_cloudfronts_metrics() {
    let act = says(200, &["cache-control: max-age=60", "server-timing: db;dur=3"], "body");
    let world = World::new(&timing(0), [act]);
    let headers = ["pragma: server-timing"];
    let miss = world.get_with("/", &headers).await;
    let id = header(&miss, "x-amz-cf-id");
    assert_eq!(
        header(&miss, "server-timing"),
        format!(
            "cdn-cache-miss,cdn-pop;desc=\"LCL50-C1\",cdn-rid;desc=\"{id}\",\
             cdn-upstream-layer;desc=\"EDGE\",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=0,\
             cdn-upstream-fbl;dur=0,cdn-downstream-fbl;dur=0,db;dur=3"
        )
    );
    let hit = world.get_with("/", &headers).await;
    let id = header(&hit, "x-amz-cf-id");
    assert_eq!(
        header(&hit, "server-timing"),
        format!(
            "cdn-cache-hit,cdn-pop;desc=\"LCL50-C1\",cdn-rid;desc=\"{id}\",\
             cdn-hit-layer;desc=\"EDGE\",cdn-downstream-fbl;dur=0"
        )
    );
}

#[tokio::test]
async fn server_timing_is_sampled() {
    for (percent, low, high) in [(100, 200, 200), (50, 60, 140), (0, 0, 0)] {
        let world = World::new(&timing(percent), [ok("max-age=60")]);
        let mut timed = 0;
        for _ in 0..200 {
            timed += usize::from(world.get("/").await.headers().contains_key("server-timing"));
        }
        assert!((low..=high).contains(&timed), "{percent} %: {timed} of 200");
    }
}
