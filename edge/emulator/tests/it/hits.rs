//! What a hit allocates: it is what an edge does most.

use std::sync::Arc;

use edge_emulator::{EdgeFunction, FunctionError};
use serde_json::json;

use crate::world::*;

/// The allocations of the second request, which is a hit.
fn allocations_of_a_hit(world: &World) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime of one thread");
    let headers = ["host: localhost", "accept: */*", "user-agent: test"];
    let answers = [(); 3].map(|()| {
        let request = request("GET", "/v1/loyalty?limit=10", &headers);
        let mut response = None;
        let info = allocation_counter::measure(|| {
            response = Some(runtime.block_on(world.send(request)));
        });
        (x_cache(&response.expect("an answer")).to_owned(), info.count_total)
    });
    assert_eq!([&*answers[0].0, &*answers[1].0, &*answers[2].0], ["Miss", "Hit", "Hit"]);
    assert_eq!(answers[1].1, answers[2].1);
    answers[2].1
}

#[test]
fn a_hit_allocates_little() {
    let headers = ["cache-control: max-age=60", "content-type: text/html", "etag: \"1\""];
    let plain = World::new(&distribution(0, 3600, 0), [says(200, &headers, "body")]);
    let mut with_function = distribution(0, 3600, 0);
    with_function["DistributionConfig"]["DefaultCacheBehavior"]["LambdaFunctionAssociations"] =
        json!([{"EventType": "viewer-request", "LambdaFunctionARN": "f"}]);
    let forwarded = br#"{"uri":"/v1/loyalty","querystring":"limit=10","method":"GET","headers":
        {"host":[{"key":"host","value":"localhost"}],"accept":[{"key":"accept","value":"*/*"}],
        "user-agent":[{"key":"user-agent","value":"test"}]}}"#;
    let function = World::with(&with_function, [says(200, &headers, "body")], |builder| {
        builder.function("f", Arc::new(Constant(forwarded)))
    });
    let counts = (allocations_of_a_hit(&plain), allocations_of_a_hit(&function));
    assert!(counts.0 <= 14 && counts.1 <= 34, "{counts:?}");
}

/// A function that always gives the same answer.
struct Constant(&'static [u8]);

impl EdgeFunction for Constant {
    fn invoke(&self, _event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        Ok(self.0.to_vec())
    }
}
