//! Errors and their own rules of caching (section 10).

use edge_emulator::OriginError;
use serde_json::json;

use crate::world::*;

/// An error under 0/60/86400 with default error TTLs: cached for so many seconds, or not at all.
const CASES: [(u32, u16, &[&str], u64); 20] = [
    (54, 404, &[], 10),
    (55, 404, &["cache-control: no-store"], 0),
    (56, 500, &["cache-control: no-store"], 10),
    (57, 403, &[], 0),
    (58, 403, &["cache-control: max-age=30"], 30),
    (60, 404, &["cache-control: max-age=600"], 60),
    (61, 429, &[], 0),
    (61, 429, &["cache-control: max-age=30"], 0),
    // 10.1: the rest of the list, and lifetimes below the minimum.
    (0, 414, &[], 10),
    (0, 501, &[], 10),
    (0, 502, &["cache-control: s-maxage=5"], 10),
    (0, 503, &["cache-control: s-maxage=20, max-age=1"], 20),
    (0, 504, &["expires: Thu, 01 Jan 2026 00:00:30 GMT"], 30),
    // 10.2: only max-age or s-maxage make these cacheable.
    (0, 400, &["expires: Thu, 01 Jan 2026 00:00:30 GMT"], 0),
    (0, 405, &["cache-control: s-maxage=1"], 10),
    (0, 412, &["cache-control: max-age=30"], 30),
    (0, 415, &[], 0),
    // 10.3, 10.4: other statuses, and what the directives do to 501.
    (0, 410, &[], 0),
    (0, 416, &["cache-control: max-age=30"], 0),
    (0, 501, &["cache-control: private"], 0),
];

#[tokio::test]
async fn cases_54_to_61_an_error_is_cached_by_its_status() {
    for (number, status, headers, ttl_s) in CASES {
        let world = World::new(&distribution(0, 60, 86_400), [says(status, headers, "")]);
        world.get("/").await;
        if ttl_s > 0 {
            world.clock.at_ms(ttl_s * 1_000 - 1);
            let cached = world.get("/").await;
            assert_eq!((cached.status().as_u16(), x_cache(&cached)), (status, "Error"));
            assert_eq!(world.origin.fetches(), 1, "case {number}: {status} {headers:?}");
        }
        world.clock.at_ms(ttl_s * 1_000);
        assert_eq!(x_cache(&world.get("/").await), "Error", "case {number}");
        assert_eq!(world.origin.fetches(), 2, "case {number}: {status} {headers:?}");
    }
}

#[tokio::test]
async fn cases_59_and_60_the_minimum_is_configured_per_status() {
    let mut configured = distribution(0, 60, 86_400);
    configured["DistributionConfig"]["CustomErrorResponses"] = json!([
        {"ErrorCode": 503, "ErrorCachingMinTTL": 0}, {"ErrorCode": 404, "ErrorCachingMinTTL": 5}]);
    for (status, ttl_s, reason) in [(503, 0, "error-ttl-zero"), (404, 5, ""), (500, 10, "")] {
        let world = World::new(&configured, [says(status, &[], "")]);
        assert_eq!(header(&world.get("/").await, "x-emu-not-cached"), reason);
        if ttl_s > 0 {
            world.clock.at_ms(ttl_s * 1_000 - 1);
            world.get("/").await;
            assert_eq!(world.origin.fetches(), 1, "{status}");
        }
        world.clock.at_ms(ttl_s * 1_000);
        world.get("/").await;
        assert_eq!(world.origin.fetches(), 2, "{status}");
    }
}

#[tokio::test]
async fn case_62_where_caching_is_disabled_errors_are_not_cached() {
    let world = World::new(&distribution(0, 0, 0), [says(503, &[], "")]);
    world.get("/").await;
    assert_eq!(x_cache(&world.get("/").await), "Error");
    assert_eq!(world.origin.fetches(), 2);
}

#[tokio::test]
async fn an_origin_that_cannot_be_reached_is_an_error_like_any_other() {
    for (error, status) in [
        (OriginError::Unreachable, 502),
        (OriginError::Timeout, 504),
        (OriginError::Incomplete, 502),
        (OriginError::Invalid, 502),
    ] {
        let world = World::new(&distribution(0, 60, 0), [Act::Fail(error)]);
        assert_eq!(world.get("/").await.status().as_u16(), status);
        world.clock.at_ms(9_999);
        let cached = world.get("/").await;
        assert_eq!((cached.status().as_u16(), x_cache(&cached)), (status, "Error"));
        assert_eq!(world.origin.fetches(), 1);
    }
}
