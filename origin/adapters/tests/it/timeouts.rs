//! How long the clients wait for an answer, and the TLS client for AWS.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::shared::IntoShared as _;
use domain_core::event::{Event, Events as _, Kind};
use domain_core::port::{Consistency, PortError};
use domain_core::resource::Source as _;
use origin_adapters::{
    Aws, AwsConfig, CartRepository, DynamoTable, ENTRY_ROUNDS_MAX, EventBridgeBus,
    OPERATION_MS_MAX, lambda_http_client,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::world::{config, table};

/// Accepts every request and never answers.
#[derive(Debug)]
struct Silent;

impl HttpConnector for Silent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

fn silent() -> SharedHttpClient {
    http_client_fn(|_, _| Silent.into_shared())
}

async fn within<T>(limit_ms: u64, answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_millis(limit_ms), answer)
        .await
        .expect("a timeout within the limit")
}

#[tokio::test(start_paused = true)]
async fn a_table_that_does_not_answer_times_out_before_the_caller_does() {
    let carts = CartRepository::new(&table(silent()));
    let answer = within(OPERATION_MS_MAX + 1, carts.item("a", Consistency::Strong)).await;
    assert_eq!(answer, Err(PortError::Unavailable("get: timeout".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_does_not_answer_times_out_before_the_caller_does() {
    let bus = EventBridgeBus::new(&Aws::new(config(), silent(), silent()));
    let one = [Event { kind: Kind::CartCommanded, detail: "{}".to_owned() }];
    let limit_ms = OPERATION_MS_MAX * u64::from(ENTRY_ROUNDS_MAX);
    let answer = within(limit_ms, bus.publish(&one)).await;
    assert_eq!(answer, Err(PortError::Unavailable("put events: timeout".to_owned())));
}

#[tokio::test]
async fn the_client_for_aws_speaks_tls_to_a_configured_endpoint() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let config = AwsConfig { dynamodb_endpoint: Some(endpoint), ..config() };
    let table = DynamoTable::shared(&Aws::new(config, lambda_http_client(), silent()));
    let carts = CartRepository::new(&table);
    let reading = tokio::spawn(async move { carts.item("a", Consistency::Strong).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut record = [0; 2];
    stream.read_exact(&mut record).await.unwrap();
    // A handshake record of TLS (RFC 8446, section 5.1).
    assert_eq!(record, [22, 3]);
    drop((stream, listener));
    let answer = reading.await.unwrap();
    assert_eq!(answer, Err(PortError::Unavailable("get: unreachable".to_owned())));
}
