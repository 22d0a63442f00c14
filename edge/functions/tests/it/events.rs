//! Recorded CloudFront events, and the answers of the function.

use edge_functions::event::{Event, EventType, Origin, Response};
use edge_functions::{HandleError, handle};
use serde_json::{Value, json};

use crate::fixture::{NOW, PLAIN, event, get};

const VIEWER_REQUEST: &str = include_str!("data/viewer-request.json");
const ORIGIN_REQUEST: &str = include_str!("data/origin-request.json");
const ORIGIN_REQUEST_S3: &str = include_str!("data/origin-request-s3.json");
const ORIGIN_RESPONSE: &str = include_str!("data/origin-response.json");
const VIEWER_RESPONSE: &str = include_str!("data/viewer-response.json");

fn read(text: &str) -> Event {
    serde_json::from_str(text).unwrap()
}

#[test]
fn recorded_events_of_all_triggers_round_trip() {
    for (text, trigger) in [
        (VIEWER_REQUEST, EventType::ViewerRequest),
        (ORIGIN_REQUEST, EventType::OriginRequest),
        (ORIGIN_REQUEST_S3, EventType::OriginRequest),
        (ORIGIN_RESPONSE, EventType::OriginResponse),
        (VIEWER_RESPONSE, EventType::ViewerResponse),
    ] {
        let event = read(text);
        assert_eq!(event.records[0].cf.config.event_type, trigger);
        let original: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), original, "{trigger:?}");
    }
}

#[test]
fn the_fields_of_a_recorded_event_are_parsed() {
    let request = &read(VIEWER_REQUEST).records[0].cf.request;
    assert_eq!((request.method.as_str(), request.uri.as_str()), ("GET", "/"));
    assert_eq!(request.headers["host"][0].value, "d111111abcdef8.cloudfront.net");
    let Some(Origin::Custom(origin)) = &read(ORIGIN_REQUEST).records[0].cf.request.origin else {
        panic!("a custom origin");
    };
    assert_eq!((origin.port, origin.response_completion_timeout), (443, Some(30)));
    let Some(Origin::S3(bucket)) = &read(ORIGIN_REQUEST_S3).records[0].cf.request.origin else {
        panic!("a bucket");
    };
    assert_eq!((bucket.auth_method.as_str(), bucket.region.as_str()), ("none", "us-east-1"));
    let response = read(VIEWER_RESPONSE).records[0].cf.response.clone().unwrap();
    assert_eq!(
        (response.status.as_str(), response.headers["age"][0].value.as_str()),
        ("200", "2402")
    );
}

#[test]
fn a_response_may_be_a_status_alone() {
    let response: Response = serde_json::from_value(json!({"status": "204"})).unwrap();
    assert!(response.headers.is_empty() && response.body.is_none());
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"status": "204", "headers": {}}));
}

#[test]
fn a_body_is_forwarded_unchanged() {
    let mut event = serde_json::to_value(event(get("/v1/configurator/bike"))).unwrap();
    let body =
        json!({"inputTruncated": false, "action": "read-only", "encoding": "base64", "data": ""});
    event["Records"][0]["cf"]["request"]["body"] = body.clone();
    let output = handle(event.to_string().as_bytes(), &PLAIN.edge(), NOW).unwrap();
    let output: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(output["body"], body);
}

#[test]
fn unknown_fields_of_an_event_are_ignored() {
    let mut event = serde_json::to_value(event(get("/v1/configurator/bike"))).unwrap();
    event["Records"][0]["cf"]["config"]["endpoint"] = json!("new");
    event["Records"][0]["cf"]["request"]["http"] = json!(3);
    assert!(handle(event.to_string().as_bytes(), &PLAIN.edge(), NOW).is_ok());
}

#[test]
fn an_event_that_is_no_viewer_request_has_no_verdict() {
    let config = PLAIN.edge();
    let error = |text: &str| handle(text.as_bytes(), &config, NOW).unwrap_err();
    assert_eq!(error(ORIGIN_REQUEST), HandleError::Trigger(EventType::OriginRequest));
    assert_eq!(error(VIEWER_RESPONSE), HandleError::Trigger(EventType::ViewerResponse));
    assert_eq!(error(r#"{"Records":[]}"#), HandleError::Records(0));
    assert_eq!(error(""), HandleError::Event { line: 1, column: 0 });
    let mut twice = serde_json::to_value(event(get("/health"))).unwrap();
    let record = twice["Records"][0].clone();
    twice["Records"].as_array_mut().unwrap().push(record);
    assert_eq!(error(&twice.to_string()), HandleError::Records(2));
}
