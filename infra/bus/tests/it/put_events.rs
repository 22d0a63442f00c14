//! `PutEvents` over HTTP, byte for byte.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use infra_bus::{Bus, ENTRIES_BYTES_MAX};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::stage::{self, accepting, nowhere, orders, taking, untouched};

/// A bus behind a port, and a client connected to it.
struct Endpoint {
    bus: Bus,
    client: http1::SendRequest<Full<Bytes>>,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<()>,
}

struct Reply {
    status: StatusCode,
    content_type: String,
    body: Value,
}

impl Endpoint {
    async fn new(bus: Bus) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = bus.clone();
        let server = tokio::spawn(async move {
            serving.serve(listener, async { _ = stopped.await }).await;
        });
        let stream = TcpStream::connect(address).await.unwrap();
        let (client, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { bus, client, stop, server }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Reply {
        let response = self.client.send_request(request).await.unwrap();
        assert!(response.headers().contains_key("x-amzn-requestid"));
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Reply {
            status,
            content_type: headers["content-type"].to_str().unwrap().to_owned(),
            body: serde_json::from_slice(&body).unwrap(),
        }
    }

    async fn put(&mut self, body: impl Into<Bytes>) -> Reply {
        self.send(put_events("AWSEvents.PutEvents", body)).await
    }

    async fn put_one(&mut self, entry: Value) -> Value {
        let reply = self.put(json!({ "Entries": [entry] }).to_string()).await;
        assert_eq!(reply.status, StatusCode::OK);
        reply.body
    }
}

fn put_events(target: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/")
        .header("host", "localhost")
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.1")
        .body(Full::new(body.into()))
        .unwrap()
}

fn failure(code: &str, message: &str) -> Value {
    json!({
        "FailedEntryCount": 1,
        "Entries": [{ "ErrorCode": code, "ErrorMessage": message }],
    })
}

#[tokio::test]
async fn an_accepted_event_is_delivered_as_eventbridge_writes_it() {
    let (target, mut batches) = taking();
    let mut endpoint = Endpoint::new(orders(nowhere(), target)).await;
    let reply = endpoint
        .put(
            json!({ "Entries": [{
                "Source": "shop.cart",
                "DetailType": "CartChanged",
                "Detail": "{\"cart\":\"c1\"}",
                "Time": 1_657_720_081,
                "Resources": ["arn:aws:shop:::cart/c1"],
                "EventBusName": "default",
            }] })
            .to_string(),
        )
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.content_type, "application/x-amz-json-1.1");
    let id = reply.body["Entries"][0]["EventId"].as_str().unwrap().to_owned();
    assert_eq!(reply.body, json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": id }] }));

    let batch = batches.recv().await.unwrap();
    assert_eq!(
        batch[0].event,
        json!({
            "version": "0",
            "id": id,
            "detail-type": "CartChanged",
            "source": "shop.cart",
            "account": "000000000000",
            "time": "2022-07-13T13:48:01Z",
            "region": "us-east-1",
            "resources": ["arn:aws:shop:::cart/c1"],
            "detail": { "cart": "c1" },
        })
    );
}

#[tokio::test]
async fn a_detail_is_stored_byte_for_byte() {
    let mut endpoint = Endpoint::new(orders(nowhere(), accepting())).await;
    let detail =
        r#"{ "id":9007199254740993, "price":10.50, "e":1E400, "t":"\u00e9é\/\ud83d\ude00" }"#;
    endpoint
        .put_one(json!({ "Source": "s", "DetailType": "d", "Detail": format!(" {detail}\n") }))
        .await;
    let archived = endpoint.bus.archive(0).await.unwrap();
    assert!(archived[0].body.ends_with(&format!(r#","detail":{detail}}}"#)));
}

#[tokio::test]
async fn one_invalid_entry_does_not_fail_the_others() {
    let mut endpoint = Endpoint::new(orders(nowhere(), accepting())).await;
    let good = json!({ "Source": "s", "DetailType": "d", "Detail": "{}" });
    let bad = json!({ "Source": "s", "DetailType": "d", "Detail": "[]" });
    let reply = endpoint.put(json!({ "Entries": [good, bad, good] }).to_string()).await;
    assert_eq!(reply.body["FailedEntryCount"], 1);
    assert!(reply.body["Entries"][0]["EventId"].is_string());
    assert_eq!(
        reply.body["Entries"][1],
        json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." })
    );
    assert!(reply.body["Entries"][2]["EventId"].is_string());
    assert_eq!(endpoint.bus.archive(0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn each_error_in_an_entry_has_awss_code_and_message() {
    let mut endpoint = Endpoint::new(orders(nowhere(), untouched())).await;
    let required = |name: &str| {
        let reason =
            format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        failure("InvalidArgument", &reason)
    };
    let malformed = || failure("MalformedDetail", "Detail is malformed.");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let detail = |detail: &str| json!({ "Source": "s", "DetailType": "d", "Detail": detail });
    let cases = [
        (json!({ "DetailType": "d", "Detail": "{}" }), required("Source")),
        (json!({ "Source": "", "DetailType": "d", "Detail": "{}" }), required("Source")),
        (json!({ "Source": "s", "Detail": "{}" }), required("DetailType")),
        (json!({ "Source": "s", "DetailType": "d" }), required("Detail")),
        (detail("{"), malformed()),
        (detail("[1]"), malformed()),
        (detail("\"{}\""), malformed()),
        (detail("{} {}"), malformed()),
        (detail(&deep), malformed()),
        (detail(r#"{"a":"\ud83d"}"#), malformed()),
        (detail(r#"{"\ude00":1}"#), malformed()),
        (
            json!({ "Source": "aws.s3", "DetailType": "d", "Detail": "{}" }),
            failure("NotAuthorizedForSourceException", "Not authorized for the source."),
        ),
        (
            json!({ "Source": "s", "DetailType": "d".repeat(129), "Detail": "{}" }),
            failure(
                "InvalidArgument",
                "Parameter DetailType is not valid. Reason: \
                 DetailType has more than 128 characters.",
            ),
        ),
        (
            json!({ "Source": "s", "DetailType": "d", "Detail": "{}", "Time": 1e15 as u64 }),
            failure(
                "InvalidArgument",
                "Parameter Time is not valid. Reason: Time is out of range.",
            ),
        ),
        (
            json!({ "Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "other" }),
            failure("ResourceNotFoundException", "Event bus other does not exist."),
        ),
    ];
    for (entry, expected) in cases {
        assert_eq!(endpoint.put_one(entry.clone()).await, expected, "{entry}");
    }
    assert!(endpoint.bus.archive(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bus_may_be_named_by_its_arn() {
    let mut config = stage::config(&[]);
    config.bus = "shop".to_owned();
    let bus = Bus::open(nowhere(), config, Default::default()).unwrap();
    let mut endpoint = Endpoint::new(bus).await;
    let mut entry = json!({ "Source": "s", "DetailType": "d", "Detail": "{}" });
    entry["EventBusName"] = json!("arn:aws:events:us-east-1:000000000000:event-bus/shop");
    assert_eq!(endpoint.put_one(entry.clone()).await["FailedEntryCount"], 0);
    entry["EventBusName"] = Value::Null;
    assert_eq!(
        endpoint.put_one(entry).await,
        failure("ResourceNotFoundException", "Event bus default does not exist.")
    );
}

#[tokio::test]
async fn a_fraction_of_a_second_is_dropped_from_a_time() {
    let mut endpoint = Endpoint::new(orders(nowhere(), accepting())).await;
    let entry = r#"{"Source":"s","DetailType":"d","Detail":"{}","Time":1657720081.999}"#;
    endpoint.put(format!(r#"{{"Entries":[{entry}]}}"#)).await;
    endpoint.put_one(json!({ "Source": "s", "DetailType": "d", "Detail": "{}" })).await;
    let times = |event: &infra_bus::ArchivedEvent| event.time_s;
    let archived: Vec<_> = endpoint.bus.archive(0).await.unwrap().iter().map(times).collect();
    assert_eq!(archived, [1_657_720_081, i64::try_from(stage::NOW_MS / 1_000).unwrap()]);
}

#[tokio::test]
async fn a_request_above_a_limit_is_rejected_whole() {
    let mut endpoint = Endpoint::new(orders(nowhere(), accepting())).await;
    let entry = json!({ "Source": "s", "DetailType": "d", "Detail": "{}" });
    let frame = r#"{"a":""}"#.len() + 2;
    let filled = |size: usize| {
        let detail = format!(r#"{{"a":"{}"}}"#, "x".repeat(size - frame));
        json!({ "Entries": [{ "Source": "s", "DetailType": "d", "Detail": detail }] }).to_string()
    };
    assert_eq!(endpoint.put(filled(ENTRIES_BYTES_MAX)).await.body["FailedEntryCount"], 0);
    let length = "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
                  Member must have length";
    let cases = [
        (
            filled(ENTRIES_BYTES_MAX + 1),
            "Total size of the entries in the request is over the limit.".to_owned(),
        ),
        (
            json!({ "Entries": vec![entry; 11] }).to_string(),
            format!("{length} less than or equal to 10"),
        ),
        (json!({ "Entries": [] }).to_string(), format!("{length} greater than or equal to 1")),
        (
            json!({ "Entries": [], "EndpointId": "x.y" }).to_string(),
            "EndpointId is not emulated by this bus.".to_owned(),
        ),
        (
            "{}".to_owned(),
            "1 validation error detected: Value null at 'entries' failed to satisfy constraint: \
             Member must not be null"
                .to_owned(),
        ),
    ];
    for (body, message) in cases {
        let reply = endpoint.put(body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.body, json!({ "__type": "ValidationException", "message": message }));
    }
    assert_eq!(endpoint.bus.archive(0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn any_other_request_gets_a_typed_error() {
    let mut endpoint = Endpoint::new(orders(nowhere(), untouched())).await;
    let get = Request::get("/").header("host", "h").body(Full::default()).unwrap();
    let mut plain = put_events("AWSEvents.PutEvents", "{}");
    plain.headers_mut().insert("content-type", "application/json".parse().unwrap());
    let body = |body: &str| put_events("AWSEvents.PutEvents", body.to_owned());
    let long = " ".repeat(7 * 1_048_576 + 1);
    let cases = [
        (get, 404, "UnknownOperationException"),
        (put_events("AWSEvents.PutRule", "{}"), 400, "UnknownOperationException"),
        (put_events("DynamoDB_20120810.GetItem", "{}"), 400, "UnknownOperationException"),
        (plain, 415, "UnsupportedMediaTypeException"),
        (body("{"), 400, "SerializationException"),
        (body(r#"{"Entries":[{"Source":1}]}"#), 400, "SerializationException"),
        (body(r#"{"Entries":[{"Time":"2022-07-13T13:48:01Z"}]}"#), 400, "SerializationException"),
        (body(&long), 413, "RequestEntityTooLargeException"),
    ];
    for (request, status, kind) in cases {
        let reply = endpoint.send(request).await;
        assert_eq!((reply.status.as_u16(), &reply.body["__type"]), (status, &json!(kind)));
    }
}

#[tokio::test]
async fn a_full_intake_throttles_and_recovers() {
    let bus = orders(nowhere(), accepting());
    let detail = format!(r#"{{"a":"{}"}}"#, "x".repeat(1_000_000));
    let entries = [infra_bus::Entry::new("s", "d", detail)];
    // On this one thread no put can be committed before all of them have requested their permits.
    let puts: Vec<_> = (0..100)
        .map(|_| {
            let (bus, entries) = (bus.clone(), entries.clone());
            tokio::spawn(async move { bus.put(&entries).await.map(drop) })
        })
        .collect();
    let (mut accepted, mut throttled) = (0, 0);
    for put in puts {
        match put.await.unwrap() {
            Ok(()) => accepted += 1,
            Err(infra_bus::PutError::Throttled) => throttled += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((accepted, throttled), (67, 33));
    bus.put(&entries).await.unwrap()[0].as_ref().unwrap();
    assert_eq!(bus.stats().puts, 68);
}

#[tokio::test]
async fn a_bus_that_shuts_down_answers_an_error_and_closes_the_connection() {
    let mut endpoint = Endpoint::new(orders(nowhere(), accepting())).await;
    endpoint.bus.shutdown(std::time::Duration::ZERO).await.unwrap();
    let entry = json!({ "Source": "s", "DetailType": "d", "Detail": "{}" });
    let reply = endpoint.put(json!({ "Entries": [entry] }).to_string()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.body["__type"], "ServiceUnavailableException");
    endpoint.stop.send(()).unwrap();
    endpoint.server.await.unwrap();
}
