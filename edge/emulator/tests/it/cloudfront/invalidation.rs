//! Invalidation by path and by tag (section 14).

use serde_json::{Value, json};

use crate::world::*;

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
