//! Several locations of one edge, and the regional cache behind them (section 16).

use serde_json::json;
use tokio::task::yield_now;

use crate::world::*;

const VIEWERS: usize = 10;

fn world(acts: impl IntoIterator<Item = Act>) -> World {
    let mut distribution = distribution(0, 3600, 0);
    distribution["DistributionConfig"]["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] =
        json!("h");
    distribution["ResponseHeadersPolicies"] = json!({"h": {
        "ServerTimingHeadersConfig": {"Enabled": true, "SamplingRate": 100},
    }});
    World::with(&distribution, acts, |builder| builder.pops(2))
}

#[tokio::test]
async fn each_location_has_a_name_and_request_ids_of_its_own() {
    let world = world([ok("max-age=60")]);
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    for location in world.emulator.locations() {
        let response = location.handle(request("GET", "/", &[]), VIEWER).await;
        names.push(header(&response, "x-amz-cf-pop").to_owned());
        ids.push(header(&response, "x-amz-cf-id").to_owned());
    }
    assert_eq!(names, ["LCL50-C1", "LCL51-C1"]);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn misses_of_all_locations_are_one_request() {
    let world = world([ok("max-age=60")]);
    let _arrivals = world.origin.shut();
    let locations: Vec<_> = world.emulator.locations().collect();
    let requests: Vec<_> = (0..VIEWERS)
        .map(|number| {
            let location = locations[number % locations.len()].clone();
            tokio::spawn(async move { location.handle(request("GET", "/", &[]), VIEWER).await })
        })
        .collect();
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(world.origin.fetches(), 1);
    world.origin.gate.add_permits(VIEWERS);
    let mut results = Vec::new();
    for request in requests {
        results.push(x_cache(&request.await.unwrap()).to_owned());
    }
    results.sort();
    let expected = [vec!["Hit"; VIEWERS - 1], vec!["Miss"]].concat();
    assert_eq!(results, expected);
}

#[tokio::test]
async fn the_layer_of_a_hit_is_in_server_timing() {
    let world = world([ok("max-age=60")]);
    let second = world.emulator.locations().nth(1).unwrap();
    world.get("/").await;
    for layer in ["REC", "EDGE"] {
        let response = second.handle(request("GET", "/", &[]), VIEWER).await;
        let timing = header(&response, "server-timing");
        assert!(timing.contains(&format!("cdn-hit-layer;desc=\"{layer}\"")), "{timing}");
        assert!(timing.starts_with("cdn-cache-hit,cdn-pop;desc=\"LCL51-C1\""), "{timing}");
    }
}
