//! Publications: the edge's caches forget what was replaced.

use std::sync::{Arc, Mutex};

use domain_catalog::{EdgeCache, PublicContent};
use domain_core::port::PortError;
use edge_wire::function::ConsumerFunction;
use edge_wire::keys::KeyRing;
use origin_functions::consumers::{Batch, Consumer as _};
use origin_functions::runtime::ports::SharedEdgeCache;
use serde_json::{Value, json};

use crate::world::{KEYS, World};

/// Records what is invalidated at once.
#[derive(Clone, Default)]
struct Edge(Arc<Mutex<Vec<Vec<String>>>>);

impl EdgeCache for Edge {
    async fn invalidate(&self, contents: &[PublicContent]) -> Result<(), PortError> {
        let tags = contents.iter().map(PublicContent::tag).collect();
        self.0.lock().unwrap().push(tags);
        Ok(())
    }
}

fn message(id: &str, kind: &str, detail: &Value) -> Value {
    // Long ago: no instance serves the version before, and the consumer does not wait.
    let body = json!({"time": "2020-01-01T00:00:00Z", "detail-type": kind, "detail": detail});
    json!({"messageId": id, "body": body.to_string()})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_publications_is_one_invalidation_and_a_program_follows() {
    let world = World::open().await;
    let product = |id: &str, product: &str, withdrawn: bool| {
        let detail = json!({"product": product, "version": 2, "withdrawn": withdrawn});
        message(id, "configurator.published", &detail)
    };
    let program = json!({"version": 3, "active_from": 1_800_000_000_000_u64});
    let batch = json!({"Records": [
        message("1", "program.published", &program), product("2", "bike", false),
        product("3", "mug", true), {"messageId": "4", "body": "{"}, product("5", "bike", false),
    ]});
    let batch: Batch = serde_json::from_value(batch).unwrap();
    let edge = Edge::default();
    let keys = KeyRing::parse(KEYS).unwrap();
    let shared = SharedEdgeCache::new(edge.clone());
    let consumer = world.consumers().consumer(ConsumerFunction::Published, &keys, &shared);
    let unfinished = serde_json::to_value(consumer.consume(batch).await).unwrap();
    assert_eq!(unfinished["batchItemFailures"][0]["itemIdentifier"], "4");
    assert_eq!(unfinished["batchItemFailures"].as_array().unwrap().len(), 1);
    let expected = [vec!["product:bike", "product:mug", "product:bike"], vec!["program"]];
    assert_eq!(*edge.0.lock().unwrap(), expected);
}
