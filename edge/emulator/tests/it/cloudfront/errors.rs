//! Errors and their own rules of caching (section 10).

use edge_emulator::OriginError;

use crate::world::*;

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
