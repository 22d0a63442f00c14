//! The endpoint over HTTP.

use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use origin_shopify::{
    ANSWER_BYTES_MAX, AppCredentials, EndpointError, HttpEndpoint, Secret, TokenEndpoint as _,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Requests that a server got: path and body.
type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// An endpoint whose server answers every request like this.
async fn answering(status: u16, body: String) -> (HttpEndpoint<HttpConnector>, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (seen, body) = (Arc::clone(&seen), body.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (seen, body) = (Arc::clone(&seen), body.clone());
                async move {
                    let path = request.uri().path().to_owned();
                    let sent = request.into_body().collect().await?.to_bytes();
                    seen.lock().unwrap().push((path, serde_json::from_slice(&sent).unwrap()));
                    let mut response = Response::new(Full::new(Bytes::from(body)));
                    *response.status_mut() = status.try_into().unwrap();
                    Ok::<_, hyper::Error>(response)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    (endpoint(&origin), requests)
}

fn endpoint(origin: &str) -> HttpEndpoint<HttpConnector> {
    let client_secret = Secret::new("hush");
    let credentials = AppCredentials { client_id: "app".to_owned(), client_secret };
    HttpEndpoint::new(HttpConnector::new(), origin, credentials).unwrap()
}

#[tokio::test]
async fn a_refresh_and_an_exchange_are_requests_as_shopify_documents_them() {
    let body = json!({"access_token": "a", "refresh_token": "r", "expires_in": 60}).to_string();
    let (endpoint, requests) = answering(200, body).await;
    let answer = endpoint.refresh(&Secret::new("old")).await.unwrap();
    assert_eq!((answer.access.reveal(), answer.access_life_ms), ("a", 60_000));
    endpoint.exchange("id").await.unwrap();
    let path = "/admin/oauth/access_token".to_owned();
    let refresh = json!({
        "client_id": "app", "client_secret": "hush",
        "grant_type": "refresh_token", "refresh_token": "old",
    });
    let exchange = json!({
        "client_id": "app", "client_secret": "hush", "expiring": "1", "subject_token": "id",
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    });
    assert_eq!(*requests.lock().unwrap(), [(path.clone(), refresh), (path, exchange)]);
}

#[tokio::test]
async fn a_refusal_an_outage_and_a_long_answer_are_different_errors() {
    let refused = json!({"error": "invalid_grant"}).to_string();
    let (endpoint, _) = answering(400, refused.clone()).await;
    assert_eq!(endpoint.refresh(&Secret::new("old")).await, Err(EndpointError::Grant));
    for (status, body) in [(503, refused), (200, "x".repeat(ANSWER_BYTES_MAX + 1))] {
        let (endpoint, _) = answering(status, body).await;
        let answer = endpoint.refresh(&Secret::new("old")).await;
        assert!(matches!(answer, Err(EndpointError::Unknown { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_an_unknown_outcome_without_a_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let endpoint = endpoint(&origin);
    let error = endpoint.refresh(&Secret::new("hunter2")).await.unwrap_err();
    let text = format!("{error} {error:?} {endpoint:?}");
    assert!(!text.contains("hunter2") && !text.contains("hush"), "{text}");
}
