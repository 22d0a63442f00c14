//! Stale content: behind a refresh, and instead of a failure (section 8).

use std::time::Duration;

use edge_emulator::OriginError;
use serde_json::json;

use crate::world::*;

fn failing() -> Act {
    says(503, &[], "down")
}

/// Status, X-Cache and the number of fetches so far.
async fn get(world: &World, at_ms: u64) -> (u16, String, usize) {
    world.clock.at_ms(at_ms);
    let response = world.get("/").await;
    (response.status().as_u16(), x_cache(&response).to_owned(), world.origin.fetches())
}

fn is(status: u16, x_cache: &str, fetches: usize) -> (u16, String, usize) {
    (status, x_cache.to_owned(), fetches)
}

#[tokio::test]
async fn case_63_without_a_directive_stale_is_served_and_the_origin_left_alone_for_a_while() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=10"), failing()]);
    assert_eq!(get(&world, 0).await, is(200, "Miss", 1));
    assert_eq!(get(&world, 11_000).await, is(200, "Hit", 2));
    assert_eq!(get(&world, 15_000).await, is(200, "Hit", 2));
    assert_eq!(get(&world, 20_999).await, is(200, "Hit", 2));
    assert_eq!(get(&world, 22_000).await, is(200, "Hit", 3));
    assert_eq!(get(&world, 3_610_000).await, is(503, "Error", 4), "bounded by the maximum TTL");
}

#[tokio::test]
async fn case_64_stale_if_error_zero_gives_the_error() {
    let world =
        World::new(&distribution(0, 3600, 0), [ok("max-age=10, stale-if-error=0"), failing()]);
    get(&world, 0).await;
    assert_eq!(get(&world, 11_000).await, is(503, "Error", 2));
}

#[tokio::test]
async fn case_65_stale_if_error_is_a_window_after_expiry() {
    let world =
        World::new(&distribution(0, 3600, 0), [ok("max-age=10, stale-if-error=60"), failing()]);
    get(&world, 0).await;
    assert_eq!(get(&world, 11_000).await, is(200, "Hit", 2));
    assert_eq!(get(&world, 12_000).await, is(200, "Hit", 3), "each request goes to the origin");
    assert_eq!(get(&world, 69_999).await, is(200, "Hit", 4));
    assert_eq!(get(&world, 70_000).await, is(503, "Error", 5));
}

#[tokio::test]
async fn a_stale_answer_says_so_and_keeps_its_age() {
    let world =
        World::new(&distribution(0, 3600, 0), [ok("max-age=10, stale-if-error=60"), failing()]);
    get(&world, 0).await;
    world.clock.at_ms(11_000);
    let response = world.get("/").await;
    assert_eq!((header(&response, "age"), header(&response, "x-emu-stale")), ("11", "error"));
}

#[tokio::test]
async fn case_66_a_404_is_an_answer_and_no_failure() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=10"), says(404, &[], "")]);
    get(&world, 0).await;
    assert_eq!(get(&world, 11_000).await, is(404, "Error", 2));
}

#[tokio::test]
async fn case_67_stale_is_served_at_once_while_one_refresh_runs() {
    let swr = || ok("max-age=10, stale-while-revalidate=60");
    let world = World::new(&distribution(0, 3600, 0), [swr()]);
    assert_eq!(get(&world, 0).await, is(200, "Miss", 1));
    let mut arrivals = world.origin.shut();
    world.clock.at_ms(11_000);
    for _ in 0..10 {
        let response = world.get("/").await;
        assert_eq!((x_cache(&response), header(&response, "age")), ("Hit", "11"));
        assert_eq!(header(&response, "x-emu-stale"), "revalidate");
    }
    arrivals.recv().await;
    assert_eq!(world.origin.fetches(), 2, "one refresh for ten viewers");
    world.origin.gate.add_permits(1);
    while header(&world.get("/").await, "x-emu-stale") == "revalidate" {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&world, 20_999).await, is(200, "Hit", 2), "fresh from the refresh on");
}

#[tokio::test]
async fn cases_68_and_69_past_the_window_the_viewer_waits() {
    let swr = "max-age=10, stale-while-revalidate=60";
    let world = World::new(&distribution(0, 3600, 0), [ok(swr)]);
    get(&world, 0).await;
    assert_eq!(get(&world, 80_000).await, is(200, "Miss", 2));

    let world = World::new(
        &distribution(0, 30, 0),
        [ok("max-age=10, stale-while-revalidate=600, stale-if-error=600")],
    );
    get(&world, 0).await;
    assert_eq!(get(&world, 45_000).await, is(200, "Miss", 2), "bounded by the maximum TTL");
}

#[tokio::test]
async fn an_uncacheable_answer_is_not_served_while_revalidating() {
    for control in ["no-cache", "no-store", "private"] {
        let control = format!("{control}, stale-while-revalidate=60");
        let world = World::new(&distribution(0, 3600, 0), [ok(&control)]);
        assert_eq!(get(&world, 0).await, is(200, "Miss", 1), "{control}");
        assert_eq!(get(&world, 1_000).await, is(200, "Miss", 2), "{control}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_70_a_hanging_origin_times_out_before_stale_is_served() {
    let mut slow = distribution(0, 3600, 0);
    slow["DistributionConfig"]["Origins"][0] = json!({
        "Id": "o", "DomainName": "o.invalid", "ConnectionAttempts": 3,
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 2}});
    let world = World::new(&slow, [ok("max-age=10, stale-if-error=600"), Act::Hang]);
    get(&world, 0).await;
    let (result, took) = timed(get(&world, 11_000)).await;
    assert_eq!((result, took), (is(200, "Hit", 4), Duration::from_secs(6)));
}

#[tokio::test]
async fn case_71_an_uncacheable_answer_still_replaces_a_failing_origin() {
    for (control, status) in
        [("no-store", 200), ("private", 200), ("no-store, stale-if-error=0", 502)]
    {
        let world = World::new(
            &distribution(0, 3600, 0),
            [ok(control), ok(control), Act::Fail(OriginError::Unreachable)],
        );
        assert_eq!(get(&world, 0).await, is(200, "Miss", 1), "{control}");
        assert_eq!(get(&world, 0).await, is(200, "Miss", 2), "{control}");
        assert_eq!(get(&world, 1_000).await.0, status, "{control}");
    }
}

#[tokio::test]
async fn a_refresh_that_fails_behind_the_viewers_leaves_the_stale_object() {
    let control = "max-age=10, stale-while-revalidate=60, stale-if-error=600";
    let world = World::new(&distribution(0, 3600, 0), [ok(control), failing()]);
    get(&world, 0).await;
    let mut arrivals = world.origin.shut();
    assert_eq!(get(&world, 11_000).await.0, 200);
    arrivals.recv().await;
    world.origin.gate.add_permits(1_000);
    assert_eq!(get(&world, 71_000).await.0, 200, "then stale-if-error takes over (8.6)");
    assert_eq!(get(&world, 611_000).await.0, 503);
}

#[tokio::test]
async fn a_refresh_fetches_the_whole_object_for_a_range_request() {
    let world =
        World::new(&distribution(0, 3600, 0), [ok("max-age=10, stale-while-revalidate=60")]);
    get(&world, 0).await;
    let mut arrivals = world.origin.shut();
    world.clock.at_ms(11_000);
    let response = world.get_with("/", &["range: bytes=0-0"]).await;
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (206, &b"b"[..]));
    arrivals.recv().await;
    assert!(!world.origin.last().headers().contains_key("range"));
}
