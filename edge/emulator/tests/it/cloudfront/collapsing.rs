//! Request collapsing: one fetch for all waiting viewers (section 9).

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use tokio::task::{JoinHandle, yield_now};

use crate::world::*;

/// Starts `count` requests for `/`; the first one has reached the origin.
async fn start(world: &World, count: usize) -> Vec<JoinHandle<Response<Bytes>>> {
    let mut arrivals = world.origin.shut();
    let mut requests = Vec::new();
    for _ in 0..count {
        let emulator = world.emulator.clone();
        let request = request("GET", "/", &[]);
        requests.push(tokio::spawn(async move { emulator.handle(request, VIEWER).await }));
        if requests.len() == 1 {
            arrivals.recv().await;
        }
    }
    settle().await;
    requests
}

/// Lets every task run until it can do no more: a current-thread runtime goes round in order.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

async fn results(requests: Vec<JoinHandle<Response<Bytes>>>) -> Vec<String> {
    let mut results = Vec::new();
    for request in requests {
        let response = request.await.unwrap();
        results.push(format!("{} {}", response.status().as_u16(), x_cache(&response)));
    }
    results
}

fn one_miss_nine_hits() -> Vec<String> {
    let mut expected = vec!["200 Hit".to_owned(); 10];
    expected[0] = "200 Miss".to_owned();
    expected
}

#[tokio::test]
async fn an_answer_for_one_releases_the_others_to_fetch_their_own() {
    for control in ["no-store", "private", "no-cache", "max-age=0", "s-maxage=0"] {
        let world = World::new(&distribution(0, 3600, 0), [ok(control)]);
        let requests = start(&world, 10).await;
        assert_eq!(world.origin.fetches(), 1, "{control}: the others wait for the first answer");
        world.origin.gate.add_permits(1);
        settle().await;
        assert_eq!(world.origin.fetches(), 10, "{control}: then each fetches by itself");
        world.origin.gate.add_permits(9);
        assert_eq!(results(requests).await, vec!["200 Miss"; 10], "{control}");
    }
}

#[tokio::test]
async fn without_any_lifetime_the_answer_is_shared_but_not_stored() {
    let world = World::new(&distribution(0, 3600, 0), [says(200, &[], "body")]);
    let requests = start(&world, 10).await;
    world.origin.gate.add_permits(100);
    assert_eq!(results(requests).await, one_miss_nine_hits());
    assert_eq!(x_cache(&world.get("/").await), "Miss");
}

#[tokio::test]
async fn a_leader_whose_viewer_leaves_hands_over_to_exactly_one() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=60")]);
    let mut requests = start(&world, 10).await;
    requests.remove(0).abort();
    settle().await;
    assert_eq!(world.origin.fetches(), 2, "exactly one of nine fetches");
    world.origin.gate.add_permits(10);
    assert_eq!(results(requests).await, one_miss_nine_hits()[..9]);
    assert_eq!(world.origin.fetches(), 2);
}

#[tokio::test]
async fn a_follower_that_left_is_passed_over() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=60")]);
    let mut requests = start(&world, 5).await;
    for left in [1, 1, 0] {
        requests.remove(left).abort();
    }
    settle().await;
    assert_eq!(world.origin.fetches(), 2);
    world.origin.gate.add_permits(10);
    assert_eq!(results(requests).await, ["200 Miss", "200 Hit"]);
}

#[tokio::test]
async fn a_new_leader_that_leaves_before_it_runs_hands_over() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=60")]);
    let mut requests = start(&world, 3).await;
    // Both at once: the second is woken as the new leader and cancelled before it runs.
    requests.remove(0).abort();
    requests.remove(0).abort();
    settle().await;
    world.origin.gate.add_permits(10);
    assert_eq!(results(requests).await, ["200 Miss"]);
}

#[tokio::test]
async fn a_leader_that_panics_fails_alone() {
    let world = World::new(&distribution(0, 3600, 0), [Act::Panic, ok("max-age=60")]);
    let mut requests = start(&world, 10).await;
    world.origin.gate.add_permits(10);
    assert!(requests.remove(0).await.unwrap_err().is_panic());
    assert_eq!(results(requests).await, one_miss_nine_hits()[..9]);
    assert_eq!(world.origin.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_runs_into_the_timeout_shares_the_error() {
    let world = World::new(&distribution(0, 3600, 0), [Act::Hang]);
    let mut arrivals = world.origin.shut();
    world.origin.gate.add_permits(10);
    let mut requests = Vec::new();
    for _ in 0..10 {
        let emulator = world.emulator.clone();
        requests.push(tokio::spawn(async move {
            emulator.handle(request("GET", "/", &[]), VIEWER).await
        }));
    }
    arrivals.recv().await;
    let (results, took) = timed(results(requests)).await;
    assert_eq!(results, vec!["504 Error"; 10]);
    assert_eq!(took, Duration::from_secs(30), "one read timeout, not ten");
    assert_eq!(world.origin.fetches(), 1);
}

#[tokio::test]
async fn viewers_of_an_expired_object_share_its_revalidation() {
    let first = says(200, &["cache-control: max-age=60", "etag: \"v1\""], "body");
    let world = World::new(&distribution(0, 3600, 0), [first, says(304, &[], "")]);
    world.get("/").await;
    world.clock.at_ms(60_000);
    let requests = start(&world, 10).await;
    assert_eq!(world.origin.fetches(), 2);
    world.origin.gate.add_permits(10);
    let mut expected = one_miss_nine_hits();
    expected[0] = "200 RefreshHit".to_owned();
    assert_eq!(results(requests).await, expected);
}

#[tokio::test]
async fn a_partial_response_is_not_shared() {
    let part = says(206, &["cache-control: max-age=60"], "bo");
    let world = World::new(&distribution(0, 3600, 0), [part, ok("max-age=60")]);
    let mut arrivals = world.origin.shut();
    let emulator = world.emulator.clone();
    let leader = tokio::spawn(async move {
        emulator.handle(request("GET", "/", &["range: bytes=0-1"]), VIEWER).await
    });
    arrivals.recv().await;
    let emulator = world.emulator.clone();
    let follower =
        tokio::spawn(async move { emulator.handle(request("GET", "/", &[]), VIEWER).await });
    settle().await;
    world.origin.gate.add_permits(10);
    assert_eq!(leader.await.unwrap().body(), "bo");
    assert_eq!(follower.await.unwrap().body(), "body");
}
