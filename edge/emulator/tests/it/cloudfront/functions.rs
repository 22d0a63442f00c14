//! Edge functions at the four events (section 3).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use edge_emulator::{EdgeFunction, FunctionError};
use serde_json::{Value, json};

use crate::world::*;

fn associated(events: &[&str]) -> Value {
    let mut distribution = distribution(0, 3600, 0);
    let associations: Vec<Value> = events
        .iter()
        .map(|event| json!({"EventType": event, "LambdaFunctionARN": event}))
        .collect();
    distribution["DistributionConfig"]["DefaultCacheBehavior"]["LambdaFunctionAssociations"] =
        json!(associations);
    key_of(&mut distribution)["QueryStringsConfig"] = json!({"QueryStringBehavior": "all"});
    distribution
}

/// A world whose one function is at `event`, and how often it ran.
fn world(
    event: &str,
    acts: impl IntoIterator<Item = Act>,
    function: impl Fn(Value) -> Value + Send + Sync + 'static,
) -> (World, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let function = Function(move |event| {
        counted.fetch_add(1, Ordering::SeqCst);
        function(event)
    });
    let world = World::with(&associated(&[event]), acts, |builder| {
        builder.function(event, Arc::new(function))
    });
    (world, runs)
}

fn request_of(event: &Value) -> Value {
    event["Records"][0]["cf"]["request"].clone()
}

fn response_of(event: &Value) -> Value {
    event["Records"][0]["cf"]["response"].clone()
}

#[tokio::test]
async fn a_viewer_request_event_is_that_of_lambda_at_edge() {
    let (world, _) = world("viewer-request", [ok("max-age=60")], |event| {
        let cf = &event["Records"][0]["cf"];
        json!({"status": "200", "body": cf.to_string()})
    });
    let viewer = ["host: shop.example", "x-a: 1", "x-a: 2", "x-real-ip: 1", "connection: close"];
    let response = world.get_with("/p%20q?a=1&b", &viewer).await;
    let cf: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        cf["request"],
        json!({
            "clientIp": "203.0.113.9",
            "headers": {
                "host": [{"key": "host", "value": "shop.example"}],
                "x-a": [{"key": "x-a", "value": "1"}, {"key": "x-a", "value": "2"}]
            },
            "method": "GET", "querystring": "a=1&b", "uri": "/p%20q"
        })
    );
    assert_eq!(cf["config"]["eventType"], "viewer-request");
    assert_eq!(cf["config"]["requestId"], header(&response, "x-amz-cf-id"));
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let (world, _) = world(
        "viewer-request",
        [ok("max-age=60")],
        |_| json!({"status": "404", "body": "no such thing"}),
    );
    let response = world.send(request("HEAD", "/", &[])).await;
    assert_eq!((header(&response, "content-length"), response.body().len()), ("13", 0));
}

#[tokio::test]
async fn a_rewritten_request_is_cached_and_fetched() {
    let (world, _) = world("viewer-request", [ok("max-age=60")], |event| {
        let mut request = request_of(&event);
        request["uri"] = json!("/same");
        request["querystring"] = json!("");
        request["headers"]["x-new"] = json!([{"key": "X-New", "value": "1"}]);
        request
    });
    world.get("/a?x=1").await;
    assert_eq!(world.origin.last().uri(), "/same");
    assert_eq!(x_cache(&world.get("/b").await), "Hit", "4.4: the key is taken after the function");
}

async fn is_invalid(answer: impl Fn(Value) -> Value + Send + Sync + 'static, name: &str) {
    let (world, _) =
        world("viewer-request", [ok("max-age=60")], move |event| answer(request_of(&event)));
    let response = world.get_with("/", &["host: shop.example"]).await;
    assert_eq!(response.status().as_u16(), 502, "{name}");
    assert_eq!(x_cache(&response), "LambdaValidationError", "{name}");
    assert_eq!(world.origin.fetches(), 0, "{name}");
}

#[tokio::test]
async fn a_request_changed_against_the_rules_is_a_502() {
    let line = |value: &str| json!([{"value": value}]);
    let changes = [
        ("a disallowed header", "/headers", "x-cache", line("x")),
        ("a header of a disallowed kind", "/headers", "x-edge-a", line("x")),
        ("Host changed", "/headers", "host", line("evil")),
        ("Host deleted", "/headers", "host", Value::Null),
        ("Via added", "/headers", "via", line("x")),
        ("a key that is another name", "/headers", "x-a", json!([{"key": "X-B", "value": "x"}])),
        ("a line break in a header", "/headers", "x-a", line("x\r\ny: z")),
        ("a name in upper case", "/headers", "X-A", line("x")),
        ("another method", "", "method", json!("POST")),
        ("no uri", "", "uri", Value::Null),
        ("a relative uri", "", "uri", json!("a")),
        ("a uri with a query", "", "uri", json!("/a?b")),
        ("a uri too long", "", "uri", json!(format!("/{}", "a".repeat(8_192)))),
        ("a space in the query", "", "querystring", json!("a b")),
        ("a fragment", "", "querystring", json!("a#b")),
        ("a body", "", "body", json!({"data": "x"})),
    ];
    for (name, parent, field, value) in changes {
        let change = move |mut request: Value| {
            let fields = request.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
            match &value {
                Value::Null => drop(fields.remove(field)),
                value => drop(fields.insert(field.to_owned(), value.clone())),
            }
            request
        };
        is_invalid(change, name).await;
    }
}

#[tokio::test]
async fn a_response_generated_against_the_rules_is_a_502() {
    for (name, response) in [
        ("status 199", json!({"status": "199"})),
        ("status 600", json!({"status": "600"})),
        ("204 with a body", json!({"status": "204", "body": "x"})),
        ("bad base64", json!({"status": "200", "body": "!", "bodyEncoding": "base64"})),
        ("another encoding", json!({"status": "200", "body": "x", "bodyEncoding": "hex"})),
        ("over 40 KB", json!({"status": "200", "body": "x".repeat(40 * 1024 + 1)})),
        ("Via", json!({"status": "200", "headers": {"via": [{"value": "x"}]}})),
    ] {
        is_invalid(move |_| response.clone(), name).await;
    }
}

/// A function that returns no valid answer.
struct Broken(fn() -> Result<Vec<u8>, FunctionError>);

impl EdgeFunction for Broken {
    fn invoke(&self, _: &[u8]) -> Result<Vec<u8>, FunctionError> {
        (self.0)()
    }
}

#[tokio::test]
async fn a_function_that_throws_is_a_503_and_an_invalid_answer_a_502() {
    type Answer = fn() -> Result<Vec<u8>, FunctionError>;
    let cases: [(Answer, u16, &str); 4] = [
        (|| Err(FunctionError("boom".to_owned())), 503, "LambdaExecutionError"),
        (|| panic!("boom"), 503, "LambdaExecutionError"),
        (|| Ok(b"not json".to_vec()), 502, "LambdaValidationError"),
        (|| Ok(b"null".to_vec()), 502, "LambdaValidationError"),
    ];
    for (function, status, result) in cases {
        let world = World::with(&associated(&["viewer-request"]), [ok("max-age=60")], |builder| {
            builder.function("viewer-request", Arc::new(Broken(function)))
        });
        let response = world.get("/").await;
        assert_eq!((response.status().as_u16(), x_cache(&response)), (status, result));
    }
}

#[tokio::test]
async fn a_response_generated_at_origin_request_is_cached() {
    let (world, runs) = world("origin-request", [ok("max-age=60")], |event| {
        assert_eq!(
            event["Records"][0]["cf"]["request"]["origin"]["custom"]["domainName"],
            "o.invalid"
        );
        json!({"status": "200", "body": "Z2VuZXJhdGVk", "bodyEncoding": "base64",
               "headers": {"cache-control": [{"value": "max-age=60"}]}})
    });
    assert_eq!(x_cache(&world.get("/").await), "Miss");
    let hit = world.get("/").await;
    assert_eq!((x_cache(&hit), hit.body().as_ref()), ("Hit", &b"generated"[..]));
    assert_eq!((runs.load(Ordering::SeqCst), world.origin.fetches()), (1, 0));
}

#[tokio::test]
async fn a_viewer_response_keeps_its_status() {
    let (world, _) = world("viewer-response", [ok("max-age=60")], |event| {
        let mut response = response_of(&event);
        response["status"] = json!("201");
        response
    });
    assert_eq!(world.get("/").await.status().as_u16(), 502);
}

#[tokio::test]
async fn bytes_a_function_does_not_change_reach_the_origin_as_sent() {
    let mut listed = associated(&["viewer-request"]);
    key_of(&mut listed)["HeadersConfig"] =
        json!({"HeaderBehavior": "whitelist", "Headers": ["X-Latin"]});
    let world = World::with(&listed, [ok("max-age=60")], |builder| {
        builder.function("viewer-request", Arc::new(Function(|event| request_of(&event))))
    });
    let mut request = request("GET", "/", &[]);
    let latin = http::HeaderValue::from_bytes(b"caf\xe9").unwrap();
    request.headers_mut().insert("x-latin", latin.clone());
    world.send(request).await;
    assert_eq!(world.origin.last().headers()["x-latin"], latin);
}

#[tokio::test]
async fn detached_functions_leave_requests_as_they_are() {
    let world = World::with(&associated(&["viewer-request"]), [ok("max-age=60")], |builder| {
        builder.without_functions()
    });
    assert_eq!(world.get("/").await.status().as_u16(), 200);
}

#[tokio::test]
async fn a_function_that_names_another_origin_is_a_502() {
    let (world, _) = world("origin-request", [ok("max-age=60")], |event| {
        let mut request = request_of(&event);
        request["origin"]["custom"]["domainName"] = json!("elsewhere.invalid");
        request
    });
    let response = world.get("/").await;
    assert_eq!((response.status().as_u16(), x_cache(&response)), (502, "LambdaValidationError"));
    assert_eq!(world.origin.fetches(), 0);
}
