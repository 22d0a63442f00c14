//! Stale content: behind a refresh, and instead of a failure (section 8).

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
async fn an_uncacheable_answer_is_not_served_while_revalidating() {
    for control in ["no-cache", "no-store", "private"] {
        let control = format!("{control}, stale-while-revalidate=60");
        let world = World::new(&distribution(0, 3600, 0), [ok(&control)]);
        assert_eq!(get(&world, 0).await, is(200, "Miss", 1), "{control}");
        assert_eq!(get(&world, 1_000).await, is(200, "Miss", 2), "{control}");
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
