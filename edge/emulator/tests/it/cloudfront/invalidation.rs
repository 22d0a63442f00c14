//! Invalidation by path and by tag (section 14).

use std::sync::Arc;

use edge_emulator::Builder;
use serde_json::{Value, json};

use crate::world::*;

fn with_query() -> Value {
    let mut distribution = distribution(0, 3600, 60);
    key_of(&mut distribution)["QueryStringsConfig"] = json!({"QueryStringBehavior": "all"});
    distribution
}

fn with_tags() -> Value {
    let mut distribution = distribution(0, 3600, 60);
    distribution["DistributionConfig"]["CacheTagConfig"] = json!({"HeaderName": "x-cache-tag"});
    key_of(&mut distribution)["HeadersConfig"] =
        json!({"HeaderBehavior": "whitelist", "Headers": ["A"]});
    distribution
}

fn invalidate(world: &World, items: &[&str]) -> usize {
    let items: Vec<String> = items.iter().map(|&item| item.to_owned()).collect();
    world.emulator.invalidate(&items).unwrap()
}

#[tokio::test]
async fn case_96_a_query_in_the_key_is_part_of_the_match() {
    let world = World::new(&with_query(), [ok("max-age=60")]);
    world.get("/p?a=1").await;
    world.get("/p?a=2").await;
    assert_eq!(invalidate(&world, &["/p", "/P*", "/p?a"]), 0);
    assert_eq!(invalidate(&world, &["/p?a=1"]), 1);
    assert_eq!(x_cache(&world.get("/p?a=1").await), "Miss");
    assert_eq!(invalidate(&world, &["/p*"]), 2);
}

#[tokio::test]
async fn a_star_is_a_wildcard_only_at_the_end() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    for path in ["/images", "/images/", "/images/a*b", "/images/axb"] {
        world.get(path).await;
    }
    assert_eq!(invalidate(&world, &["/images"]), 1, "14.4: /images/ is another");
    assert_eq!(invalidate(&world, &["/images/a*b"]), 1);
    assert_eq!(invalidate(&world, &["/*"]), 2);
}

#[tokio::test]
async fn where_the_query_is_not_in_the_key_the_path_alone_names_the_object() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    world.get("/p?a=1").await;
    assert_eq!(invalidate(&world, &["/p"]), 1);
}

#[tokio::test]
async fn case_97_a_tag_removes_every_object_that_has_it() {
    let headers = ["cache-control: max-age=60", "x-cache-tag: product:1, Brand:ACME"];
    let world = World::new(&with_tags(), [says(200, &headers, "body")]);
    for variance in ["a: 1", "a: 2"] {
        world.get_with("/", &[variance]).await;
    }
    assert_eq!(invalidate(&world, &["#brand:ac", "#brand"]), 0, "no prefixes");
    assert_eq!(invalidate(&world, &["#none", "#brand:acme"]), 2, "any of the items");
    assert_eq!(x_cache(&world.get_with("/", &["a: 1"]).await), "Miss");
}

#[tokio::test]
async fn case_98_without_a_tag_header_nothing_is_tagged() {
    let headers = ["cache-control: max-age=60", "x-cache-tag: brand:acme"];
    let world = World::new(&distribution(0, 3600, 60), [says(200, &headers, "body")]);
    world.get("/").await;
    assert_eq!(invalidate(&world, &["#brand:acme"]), 0);
}

#[tokio::test]
async fn case_99_only_fifty_tags_count() {
    let tags: Vec<String> = (1..=51).map(|number| format!("t{number}")).collect();
    let header = format!("x-cache-tag: {}", tags.join(", "));
    let world =
        World::new(&with_tags(), [says(200, &["cache-control: max-age=60", &header], "body")]);
    world.get("/").await;
    assert_eq!(invalidate(&world, &["#t51"]), 0);
    assert_eq!(invalidate(&world, &["#t50"]), 1);
}

#[tokio::test]
async fn case_95_the_viewers_path_and_the_rewritten_one_invalidate_an_object() {
    let mut rewriting = with_query();
    rewriting["DistributionConfig"]["DefaultCacheBehavior"]["LambdaFunctionAssociations"] =
        json!([{"EventType": "viewer-request", "LambdaFunctionARN": "f"}]);
    let rewrite = |builder: Builder| {
        builder.function(
            "f",
            Arc::new(Function(|event: Value| {
                let mut request = event["Records"][0]["cf"]["request"].clone();
                request["uri"] = json!("/y");
                request
            })),
        )
    };
    for item in ["/y?q=1", "/x?q=1", "/x*"] {
        let world = World::with(&rewriting, [ok("max-age=600")], rewrite);
        world.get("/x?q=1").await;
        assert_eq!(invalidate(&world, &[item]), 1, "{item}");
        assert_eq!(x_cache(&world.get("/x?q=1").await), "Miss", "{item}");
    }
}

#[tokio::test]
async fn an_invalid_item_is_an_error() {
    let world = World::new(&distribution(0, 3600, 60), [ok("max-age=60")]);
    for item in ["", "images", "*", "#", "#a b", "#a,b"] {
        assert!(world.emulator.invalidate(&[item.to_owned()]).is_err(), "{item}");
    }
    let long = format!("/{}", "a".repeat(4_000));
    assert!(world.emulator.invalidate(&[long]).is_err());
}

#[tokio::test]
async fn a_fill_begun_before_the_invalidation_is_not_stored() {
    for item in ["/", "/*", "#t"] {
        let headers = ["cache-control: max-age=60", "x-cache-tag: t"];
        let world = World::new(&with_tags(), [says(200, &headers, "body")]);
        let mut arrivals = world.origin.shut();
        let emulator = world.emulator.clone();
        let leader =
            tokio::spawn(async move { emulator.handle(request("GET", "/", &[]), VIEWER).await });
        arrivals.recv().await;
        assert_eq!(invalidate(&world, &[item]), 0, "{item}");
        world.origin.gate.add_permits(2);
        let response = leader.await.unwrap();
        assert_eq!(header(&response, "x-emu-not-cached"), "invalidated", "{item}");
        assert_eq!(x_cache(&world.get("/").await), "Miss", "{item}");
        assert_eq!(x_cache(&world.get("/").await), "Hit", "{item}: stored from then on");
    }
}

#[tokio::test]
async fn a_request_after_the_invalidation_never_gets_an_older_response() {
    let old = says(200, &["cache-control: max-age=60", "x-cache-tag: t"], "old");
    let new = says(200, &["cache-control: max-age=60", "x-cache-tag: t"], "new");
    let world = World::new(&with_tags(), [old, new]);
    let mut arrivals = world.origin.shut();
    let send = || {
        let emulator = world.emulator.clone();
        tokio::spawn(async move { emulator.handle(request("GET", "/", &[]), VIEWER).await })
    };
    let leader = send();
    arrivals.recv().await;
    let before = send();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    invalidate(&world, &["#t"]);
    let after = send();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    world.origin.gate.add_permits(10);
    assert_eq!(leader.await.unwrap().body(), "old");
    assert_eq!(before.await.unwrap().body(), "old");
    assert_eq!(after.await.unwrap().body(), "new");
    assert_eq!(x_cache(&world.get("/").await), "Hit");
}
