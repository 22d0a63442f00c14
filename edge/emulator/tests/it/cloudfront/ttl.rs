//! How long an answer is fresh (section 6).

use serde_json::json;

use crate::world::*;

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
