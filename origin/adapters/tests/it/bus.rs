//! Events over the real protocol to a local bus, and entries that fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use domain_core::event::{DETAIL_BYTES_MAX, Event, Events as _, Kind};
use domain_core::port::PortError;
use infra_bus::{Bus, Clock, Config};
use origin_adapters::{Aws, AwsConfig, EventBridgeBus};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::contract::events::{self, Arrived};
use crate::world::config;

/// A local bus behind a port.
struct LocalBus {
    bus: Bus,
    aws: Aws,
    _file: tempfile::TempDir,
}

// === impl LocalBus ===

impl LocalBus {
    async fn new(named: &str) -> Self {
        let file = tempfile::tempdir().unwrap();
        let at_1970 = Config::new(Clock::at(0));
        let bus = Bus::open(&file.path().join("bus.db"), at_1970, HashMap::new()).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = bus.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config =
            AwsConfig { eventbridge_endpoint: Some(endpoint), bus: named.to_owned(), ..config() };
        Self { bus, aws: Aws::new(config, http.clone(), http), _file: file }
    }

    async fn arrived(&self) -> Arrived {
        let mut arrived = Arrived::new();
        while let Some(last) = self.bus.archive(arrived.len() as u64).await.unwrap().last() {
            let from = arrived.len() as u64;
            for event in self.bus.archive(from).await.unwrap() {
                arrived.push(parts(&event.body));
            }
            assert_eq!(last.seq, arrived.len() as u64);
        }
        arrived
    }
}

/// Source, detail type and the detail's own bytes, which a parser of numbers would change.
fn parts(body: &str) -> (String, String, String) {
    let event: HashMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(body).unwrap();
    let text = |name: &str| serde_json::from_str(event[name].get()).unwrap();
    (text("source"), text("detail-type"), event["detail"].get().to_owned())
}

#[tokio::test]
async fn nothing_to_publish_is_nothing_to_do() {
    let local = LocalBus::new("default").await;
    let events = EventBridgeBus::new(&local.aws);
    events::nothing_to_publish_is_nothing_to_do(events, || local.arrived()).await;
}

#[tokio::test]
async fn every_event_arrives_as_it_was_published() {
    let local = LocalBus::new("default").await;
    let events = EventBridgeBus::new(&local.aws);
    events::every_event_arrives_as_it_was_published(events, || local.arrived()).await;
}

#[tokio::test]
async fn large_events_go_one_by_one() {
    let local = LocalBus::new("default").await;
    let detail = |n| format!("{{\"n\":{n},\"x\":\"{}\"}}", "x".repeat(DETAIL_BYTES_MAX - 20));
    let all: Vec<Event> =
        (0..3).map(|n| Event { kind: Kind::ShopifyWebhook, detail: detail(n) }).collect();
    EventBridgeBus::new(&local.aws).publish(&all).await.unwrap();
    let arrived = local.arrived().await;
    assert!(arrived.into_iter().map(|(_, _, detail)| detail).eq(all.into_iter().map(|e| e.detail)));
}

#[tokio::test(start_paused = true)]
async fn a_missing_bus_is_not_an_acknowledgement() {
    let local = LocalBus::new("another").await;
    let one = Event { kind: Kind::CartCommanded, detail: "{}".to_owned() };
    let error = EventBridgeBus::new(&local.aws).publish(&[one]).await.unwrap_err();
    let expected = "put events: ResourceNotFoundException".to_owned();
    assert_eq!(error, PortError::Unavailable(expected));
    assert_eq!(local.arrived().await, []);
}

/// An EventBridge with scripted answers: per request, per entry an error code or none.
#[derive(Debug, Clone)]
struct Scripted {
    answers: Arc<Mutex<Vec<Vec<Option<&'static str>>>>>,
    requests: Arc<Mutex<Vec<Vec<Value>>>>,
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let details = body["Entries"].as_array().unwrap().iter().map(|e| e["Detail"].clone());
        self.requests.lock().unwrap().push(details.collect());
        let codes = self.answers.lock().unwrap().remove(0);
        let entries = codes.iter().map(|code| match code {
            Some(code) => json!({"ErrorCode": code, "ErrorMessage": "no"}),
            None => json!({"EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860"}),
        });
        let failed = codes.iter().flatten().count();
        let entries: Vec<Value> = entries.collect();
        let answer = json!({"FailedEntryCount": failed, "Entries": entries}).to_string();
        let status = 200u16.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer))))
    }
}

/// Publishes three events to a scripted bus; returns the outcome and the details of each request.
async fn publish_three(
    answers: Vec<Vec<Option<&'static str>>>,
) -> (Result<(), PortError>, Vec<Vec<Value>>) {
    let requests = Arc::default();
    let scripted =
        Scripted { answers: Arc::new(Mutex::new(answers)), requests: Arc::clone(&requests) };
    let connector = scripted.clone();
    let http: SharedHttpClient = http_client_fn(move |_, _| connector.clone().into_shared());
    let aws = Aws::new(config(), http.clone(), http);
    let event = |n| Event { kind: Kind::CartCommanded, detail: format!("{n}") };
    let published = EventBridgeBus::new(&aws).publish(&[event(1), event(2), event(3)]).await;
    assert_eq!(scripted.answers.lock().unwrap().len(), 0, "every answer was used");
    let requests = requests.lock().unwrap().clone();
    (published, requests)
}

const THROTTLED: Option<&str> = Some("ThrottlingException");

#[tokio::test(start_paused = true)]
async fn only_the_entries_that_failed_are_sent_again() {
    let answers =
        vec![vec![THROTTLED, None, Some("InternalFailure")], vec![None, THROTTLED], vec![None]];
    let (published, requests) = publish_three(answers).await;
    assert_eq!(published, Ok(()));
    assert_eq!(requests, [vec!["1", "2", "3"], vec!["1", "3"], vec!["3"]]);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_keeps_failing_is_not_acknowledged() {
    let answers = vec![vec![None, THROTTLED, None], vec![THROTTLED], vec![THROTTLED]];
    let (published, _) = publish_three(answers).await;
    let expected = PortError::Unavailable("put events: ThrottlingException".to_owned());
    assert_eq!(published, Err(expected));
}

#[tokio::test(start_paused = true)]
async fn an_entry_with_a_permanent_error_is_not_retried() {
    let answers = vec![vec![None, THROTTLED, Some("MalformedDetail")]];
    let (published, _) = publish_three(answers).await;
    let expected = PortError::Corrupt("put events: MalformedDetail".to_owned());
    assert_eq!(published, Err(expected));
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_too_few_entries_is_not_an_acknowledgement() {
    let (published, _) = publish_three(vec![vec![None, None]]).await;
    let expected = PortError::Corrupt("put events: not an answer per entry".to_owned());
    assert_eq!(published, Err(expected));
}

#[tokio::test]
async fn an_event_too_large_for_the_bus_is_rejected_before_any_is_sent() {
    let local = LocalBus::new("default").await;
    let fits = Event { kind: Kind::CartCommanded, detail: "{}".to_owned() };
    let large = Event { kind: Kind::CartCommanded, detail: "x".repeat(DETAIL_BYTES_MAX + 1) };
    let error = EventBridgeBus::new(&local.aws).publish(&[fits, large]).await.unwrap_err();
    assert_eq!(error, PortError::Corrupt("put events: detail too large".to_owned()));
    assert_eq!(local.arrived().await, []);
}
