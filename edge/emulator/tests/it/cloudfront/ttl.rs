//! How long an answer is fresh (section 6).

use serde_json::json;

use crate::world::*;

/// One answer under one policy: fresh until just before `ttl_s`, not at it.
struct TtlCase {
    number: u32,
    policy: (u64, u64, u64),
    origin: &'static [&'static str],
    ttl_s: u64,
}

const CASES: [TtlCase; 20] = [
    TtlCase {
        number: 1,
        policy: (0, YEAR, DAY),
        origin: &["cache-control: max-age=60"],
        ttl_s: 60,
    },
    TtlCase {
        number: 4,
        policy: (0, 300, DAY),
        origin: &["cache-control: max-age=3600"],
        ttl_s: 300,
    },
    TtlCase {
        number: 5,
        policy: (60, 3600, 300),
        origin: &["cache-control: max-age=10"],
        ttl_s: 60,
    },
    TtlCase { number: 6, policy: (60, 3600, 300), origin: &[], ttl_s: 300 },
    TtlCase { number: 7, policy: (600, 3600, 300), origin: &[], ttl_s: 600 },
    TtlCase { number: 8, policy: (0, 100, DAY), origin: &[], ttl_s: DAY },
    TtlCase {
        number: 9,
        policy: (0, 3600, DAY),
        origin: &["cache-control: max-age=10, s-maxage=100"],
        ttl_s: 100,
    },
    TtlCase {
        number: 10,
        policy: (0, 3600, 0),
        origin: &["cache-control: s-maxage=100"],
        ttl_s: 100,
    },
    TtlCase {
        number: 11,
        policy: (0, 3600, DAY),
        origin: &["cache-control: max-age=100", "expires: Thu, 01 Jan 2026 01:00:00 GMT"],
        ttl_s: 100,
    },
    TtlCase {
        number: 12,
        policy: (0, 3600, DAY),
        origin: &["expires: Thu, 01 Jan 2026 00:02:00 GMT"],
        ttl_s: 120,
    },
    TtlCase {
        number: 13,
        policy: (0, 60, DAY),
        origin: &["expires: Thu, 01 Jan 2026 00:02:00 GMT"],
        ttl_s: 60,
    },
    TtlCase {
        number: 14,
        policy: (300, 3600, 600),
        origin: &["expires: Thu, 01 Jan 2026 00:00:10 GMT"],
        ttl_s: 300,
    },
    TtlCase { number: 15, policy: (0, 3600, DAY), origin: &["cache-control: no-store"], ttl_s: 0 },
    TtlCase { number: 16, policy: (0, 3600, DAY), origin: &["cache-control: private"], ttl_s: 0 },
    TtlCase { number: 18, policy: (1, YEAR, DAY), origin: &["cache-control: no-store"], ttl_s: 1 },
    TtlCase { number: 21, policy: (0, YEAR, 0), origin: &[], ttl_s: 0 },
    TtlCase { number: 23, policy: (0, 3600, DAY), origin: &["cache-control: public"], ttl_s: DAY },
    TtlCase {
        number: 53,
        policy: (1, 3600, DAY),
        origin: &["cache-control: max-age=60", "vary: *"],
        ttl_s: 60,
    },
    // 6.7: an `Expires` that is no date is past.
    TtlCase { number: 0, policy: (0, 3600, DAY), origin: &["expires: 0"], ttl_s: 0 },
    // 6.5: `must-revalidate` and `immutable` change nothing.
    TtlCase {
        number: 0,
        policy: (0, 3600, 0),
        origin: &["cache-control: max-age=60, must-revalidate, immutable"],
        ttl_s: 60,
    },
];

const DAY: u64 = 86_400;
const YEAR: u64 = 31_536_000;

#[tokio::test]
async fn an_answer_is_fresh_for_exactly_its_ttl() {
    for TtlCase { number, policy: (min, max, default), origin, ttl_s } in CASES {
        let world = World::new(&distribution(min, max, default), [says(200, origin, "body")]);
        assert_eq!(x_cache(&world.get("/").await), "Miss", "case {number}: the first");
        if ttl_s > 0 {
            world.clock.at_ms(ttl_s * 1_000 - 1);
            let hit = world.get("/").await;
            assert_eq!(x_cache(&hit), "Hit", "case {number}: a moment before {ttl_s} s");
            assert_eq!(header(&hit, "age"), (ttl_s - 1).to_string(), "case {number}");
            assert_eq!(world.origin.fetches(), 1, "case {number}");
        }
        world.clock.at_ms(ttl_s * 1_000);
        assert_eq!(x_cache(&world.get("/").await), "Miss", "case {number}: at {ttl_s} s");
        assert_eq!(world.origin.fetches(), 2, "case {number}");
    }
}

#[tokio::test]
async fn case_9_the_viewer_sees_the_origins_own_cache_control() {
    let world = World::new(&distribution(0, 3600, DAY), [ok("max-age=10, s-maxage=100, public")]);
    let miss = world.get("/").await;
    let hit = world.get("/").await;
    for response in [&miss, &hit] {
        assert_eq!(header(response, "cache-control"), "max-age=10, s-maxage=100, public");
    }
    assert_eq!((header(&miss, "age"), header(&hit, "age")), ("", "0"));
}

#[tokio::test]
async fn case_20_with_all_ttls_at_zero_nothing_is_cached() {
    let world = World::new(&distribution(0, 0, 0), [ok("max-age=600")]);
    for fetches in 1..=2 {
        let response = world.get("/").await;
        assert_eq!(x_cache(&response), "Miss");
        assert_eq!(header(&response, "x-emu-not-cached"), "caching-disabled");
        assert_eq!(world.origin.fetches(), fetches);
    }
}

#[tokio::test]
async fn managed_policies_are_known_by_their_ids() {
    for (id, ttl_s) in [
        ("658327ea-f89d-4fab-a63d-7e88639e58f6", 1),
        ("b2884449-e4de-46a7-ac36-70bc7f1ddd6d", 1),
        ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", 0),
        ("83da9c7e-98b4-4e11-a168-04f0df8e2c65", 0),
        ("4cc15a8a-d715-48a4-82b8-cc0b614638fe", 0),
    ] {
        let mut managed = distribution(0, 3600, 0);
        managed["DistributionConfig"]["DefaultCacheBehavior"]["CachePolicyId"] = json!(id);
        let world = World::new(&managed, [ok("no-store")]);
        world.get("/").await;
        let expected = if ttl_s > 0 { "Hit" } else { "Miss" };
        assert_eq!(x_cache(&world.get("/").await), expected, "{id}");
        world.clock.at_ms(ttl_s * 1_000);
        assert_eq!(x_cache(&world.get("/").await), "Miss", "{id}");
    }
}

#[tokio::test]
async fn case_24_a_viewers_no_cache_is_ignored() {
    let world = World::new(&distribution(0, 3600, DAY), [ok("max-age=600")]);
    world.get("/").await;
    world.clock.at_ms(10_000);
    let hit = world.get_with("/", &["cache-control: no-cache", "pragma: no-cache"]).await;
    assert_eq!((x_cache(&hit), header(&hit, "age")), ("Hit", "10"));
}

#[tokio::test]
async fn an_origins_own_age_is_added_to_the_time_in_the_cache() {
    let act = says(200, &["cache-control: max-age=60", "age: 7"], "body");
    let world = World::new(&distribution(0, 3600, 0), [act]);
    world.get("/").await;
    world.clock.at_ms(5_000);
    assert_eq!(header(&world.get("/").await, "age"), "12");
}

#[tokio::test]
async fn every_2xx_and_3xx_status_is_stored() {
    for status in [200, 201, 203, 204, 226, 300, 301, 302, 307, 308] {
        let act = says(status, &["cache-control: max-age=60", "location: /elsewhere"], "");
        let world = World::new(&distribution(0, 3600, 0), [act]);
        for expected in ["Miss", "Hit"] {
            let response = world.get("/").await;
            assert_eq!((response.status().as_u16(), x_cache(&response)), (status, expected));
            assert_eq!(header(&response, "location"), "/elsewhere", "not followed");
        }
        assert_eq!(world.origin.fetches(), 1, "{status}");
    }
}
