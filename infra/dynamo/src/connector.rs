//! The HTTP client below the SDK: each call gets a response or a broken connection.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dynoxide::Database;
use serde_json::Value;

use crate::answer::Answer;
use crate::faults::{Fault, Faults, Injection};
use crate::operation::Operation;
use crate::partial;

/// The SDK requests a connector from it for each call.
#[derive(Clone)]
pub(crate) struct Client {
    database: Database,
    faults: Faults,
}

/// A client with the timeout of the call.
struct Connector {
    client: Client,
    read_timeout: Option<Duration>,
}

// === impl Client ===

impl Client {
    pub(crate) fn new(database: Database, faults: Faults) -> Self {
        Self { database, faults }
    }

    pub(crate) async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target");
        let Some(operation) = target.and_then(Operation::from_target) else {
            return Ok(Answer::error(400, "UnknownOperationException", "").into());
        };
        let body = request.body().bytes().map(<[u8]>::to_vec);
        let body = body.ok_or_else(|| ConnectorError::user("a streamed body".into()))?;
        let Injection { latency, fault } = self.faults.draw(operation);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if fault == Some(Fault::Unreachable) {
            return Err(ConnectorError::io("injected fault: connection refused".into()));
        }
        let answer = self.run(operation, body, fault).await?;
        if fault == Some(Fault::AnswerLost) {
            return Err(ConnectorError::io("injected fault: connection broken".into()));
        }
        Ok(answer.into())
    }

    /// Runs the call on a blocking thread: it holds the only SQLite connection and may wait for the
    /// disk, and meanwhile other tasks continue. Once started it runs to its end, like a request
    /// that was sent.
    async fn run(
        self,
        operation: Operation,
        body: Vec<u8>,
        fault: Option<Fault>,
    ) -> Result<Answer, ConnectorError> {
        let work = move || match fault {
            Some(Fault::Throttled) => throttled(operation, &self.database, &body),
            Some(Fault::Conflict) => conflict(operation, &body),
            _ => operation.run(&self.database, &body),
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| ConnectorError::other(error.into(), None))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let read_timeout = settings.read_timeout();
        SharedHttpConnector::new(Connector { client: self.clone(), read_timeout })
    }
}

// === impl Connector ===

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.client.clone().answer(request);
        let Some(read_timeout) = self.read_timeout else {
            return HttpConnectorFuture::new(answer);
        };
        HttpConnectorFuture::new(async move {
            match tokio::time::timeout(read_timeout, answer).await {
                Ok(answer) => answer,
                Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
            }
        })
    }
}

fn throttled(operation: Operation, database: &Database, body: &[u8]) -> Answer {
    match partial::cut(operation, body) {
        Some(cut) => cut.run(|part| operation.run(database, part)),
        None => Answer::error(
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded",
        ),
    }
}

fn conflict(operation: Operation, body: &[u8]) -> Answer {
    if !operation.is_transaction() {
        let message = "Transaction is ongoing for the item";
        return Answer::error(400, "TransactionConflictException", message);
    }
    let request: Option<Value> = serde_json::from_slice(body).ok();
    let items = request.as_ref().and_then(|request| request.get("TransactItems")?.as_array());
    Answer::transaction_conflict(items.map_or(0, Vec::len))
}
