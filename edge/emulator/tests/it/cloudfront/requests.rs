//! Admission and the choice of a behavior (sections 1 and 2).

use serde_json::{Value, json};

use crate::world::*;

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
