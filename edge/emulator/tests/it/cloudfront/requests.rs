//! Admission and the choice of a behavior (sections 1 and 2).

use bytes::Bytes;
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn case_80_a_get_with_a_body_is_rejected() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    for method in ["GET", "HEAD"] {
        let mut request = request(method, "/", &[]);
        *request.body_mut() = Bytes::from_static(b"body");
        let response = world.send(request).await;
        assert_eq!((response.status().as_u16(), x_cache(&response)), (403, "Error"));
    }
    assert_eq!(world.origin.fetches(), 0);
}

#[tokio::test]
async fn case_81_a_method_the_behavior_does_not_allow_is_rejected() {
    let mut reads = distribution(0, 3600, 60);
    reads["DistributionConfig"]["DefaultCacheBehavior"]["AllowedMethods"] = json!(["HEAD", "GET"]);
    let world = World::new(&reads, [ok("max-age=60")]);
    for (method, status) in [("POST", 403), ("OPTIONS", 403), ("TRACE", 403), ("GET", 200)] {
        let response = world.send(request(method, "/", &[])).await;
        assert_eq!(response.status().as_u16(), status, "{method}");
    }
    assert_eq!(world.origin.fetches(), 1);
}

#[tokio::test]
async fn case_82_a_url_may_have_8192_bytes() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    let longest = format!("/{}", "a".repeat(8_191));
    assert_eq!(world.get(&longest).await.status().as_u16(), 200);
    let response = world.get(&format!("{longest}a")).await;
    assert_eq!((response.status().as_u16(), header(&response, "connection")), (414, "close"));
    assert_eq!(world.origin.fetches(), 1);
}

#[tokio::test]
async fn case_83_a_head_may_have_32768_bytes() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    let fits = format!("a: {}", "v".repeat(32_768 - 2));
    assert_eq!(world.get_with("/", &[&fits]).await.status().as_u16(), 200);
    let response = world.get_with("/", &[&format!("{fits}v")]).await;
    assert_eq!((response.status().as_u16(), header(&response, "connection")), (494, "close"));
    assert_eq!(world.origin.fetches(), 1);
}

/// A distribution whose behaviors name themselves in a header.
fn patterns(patterns: &[&str]) -> Value {
    let mut distribution = distribution(0, 0, 0);
    let names = patterns.iter().copied().chain(["default"]);
    for (number, name) in names.enumerate() {
        let policy = format!("p{number}");
        distribution["ResponseHeadersPolicies"][&policy] = json!({"CustomHeadersConfig": {
            "Items": [{"Header": "X-Behavior", "Value": name, "Override": true}]}});
        let mut behavior = distribution["DistributionConfig"]["DefaultCacheBehavior"].clone();
        behavior["ResponseHeadersPolicyId"] = json!(policy);
        if name == "default" {
            distribution["DistributionConfig"]["DefaultCacheBehavior"] = behavior;
        } else {
            behavior["PathPattern"] = json!(name);
            let list = &mut distribution["DistributionConfig"]["CacheBehaviors"];
            match list.as_array_mut() {
                Some(list) => list.push(behavior),
                None => *list = json!([behavior]),
            }
        }
    }
    let all = json!({"QueryStringBehavior": "all"});
    distribution["OriginRequestPolicies"]["q"] = json!({
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": all});
    for behavior in distribution["DistributionConfig"]["CacheBehaviors"].as_array_mut().unwrap() {
        behavior["OriginRequestPolicyId"] = json!("q");
    }
    distribution
}

#[tokio::test]
async fn case_84_matching_sees_the_resolved_path_and_the_origin_the_raw_one() {
    let world = World::new(&patterns(&["/a/b*", "/a*"]), [ok("max-age=60")]);
    let response = world.get("/a/b/..?c=1").await;
    assert_eq!(header(&response, "x-behavior"), "/a*");
    assert_eq!(world.origin.last().uri(), "/a/b/..?c=1");
}

#[tokio::test]
async fn the_first_pattern_that_matches_wins() {
    let world = World::new(&patterns(&["a/*", "/a*", "*.jpg", "/?"]), [ok("max-age=60")]);
    for (path, behavior) in [
        ("/a/x.jpg", "a/*"),
        ("/ab", "/a*"),
        ("/A/x.jpg", "*.jpg"),
        ("/x", "/?"),
        ("/xyz", "default"),
        ("/x?y=.jpg", "/?"),
    ] {
        assert_eq!(header(&world.get(path).await, "x-behavior"), behavior, "{path}");
    }
}

#[tokio::test]
async fn a_viewer_without_tls_is_sent_to_https() {
    let mut secure = distribution(0, 3600, 60);
    secure["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] =
        json!("redirect-to-https");
    let world = World::new(&secure, [ok("max-age=60")]);
    for (method, status) in [("GET", 301), ("HEAD", 301), ("POST", 307)] {
        let response = world.send(request(method, "/a?b=c", &["host: shop.example"])).await;
        assert_eq!(response.status().as_u16(), status, "{method}");
        assert_eq!(header(&response, "location"), "https://shop.example/a?b=c");
        assert_eq!(x_cache(&response), "Redirect");
    }
    assert_eq!(world.origin.fetches(), 0);
    assert_eq!(world.get("https://shop.example/a").await.status().as_u16(), 200);

    secure["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] =
        json!("https-only");
    let world = World::new(&secure, [ok("max-age=60")]);
    assert_eq!(world.get("/").await.status().as_u16(), 403);
    let world = World::with(&secure, [ok("max-age=60")], |builder| builder.local_http());
    assert_eq!(world.get("/").await.status().as_u16(), 200, "the local edge speaks no TLS");
}
