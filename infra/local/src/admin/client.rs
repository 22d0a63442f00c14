//! The client of the admin routes: it talks to the process that serves a data folder, or to the
//! routes on the folder's files if no process does.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use infra_bus::Bus;
use infra_dynamo::Embedded;
use origin_adapters::{Aws, DynamoTable};
use origin_functions::consumers::Orders;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tower::ServiceExt as _;

use super::maintenance::Maintenance;
use super::messages::{
    DEAD_LETTERS, DeadLetter, QUEUES, REDRIVE, REPLAYS, RedriveRequest, RedriveResult,
    ReplayRequest, ReplayResult,
};
use super::routes::router;
use crate::bus_client::bus_http_client;
use crate::data::DataFolder;
use crate::local::{LocalError, STOP_MAX, aws_config, unusable_file};
use crate::wiring::bus_config;

/// The process ended while it worked on a request. Every request may be repeated.
const ENDED: &str = "Forecourt ended before it was done; the same command may be repeated";

/// A client of the admin routes. Errors are one line for the terminal.
pub(crate) enum AdminClient {
    /// Of the process that listens at this socket.
    Process(PathBuf),
    /// On the files that this process has opened.
    Files(Router),
}

/// Runs `work` with a client for a data folder.
///
/// # Errors
/// Those of `work`, and that the folder cannot be used: one line for the terminal.
pub(crate) fn with_client<T>(
    data: &Path,
    orders: Orders,
    work: impl AsyncFnOnce(&AdminClient) -> Result<T, String>,
) -> Result<T, String> {
    let folder = DataFolder::open_existing(data);
    let runtime = tokio::runtime::Runtime::new().map_err(message)?;
    runtime.block_on(async {
        match folder {
            Ok(folder) => with_files(&folder, orders, work).await,
            Err(LocalError::InUse(_)) => {
                work(&AdminClient::Process(DataFolder::admin_socket_in(data))).await
            }
            Err(error) => Err(error.to_string()),
        }
    })
}

async fn with_files<T>(
    folder: &DataFolder,
    orders: Orders,
    work: impl AsyncFnOnce(&AdminClient) -> Result<T, String>,
) -> Result<T, String> {
    let table = Embedded::open(folder.table())
        .map_err(|error| message(unusable_file(&folder.table(), error)))?;
    // Nothing is published through it: events go to the bus directly.
    let aws = Aws::new(aws_config("bus.invalid"), table.http_client(), bus_http_client());
    let bus = Bus::open_at_rest(&folder.bus(), bus_config(infra_bus::Faults::default()))
        .map_err(|error| message(unusable_file(&folder.bus(), error)))?;
    let maintenance =
        Maintenance::new(bus.clone(), table, &DynamoTable::shared(&aws), orders, false);
    let outcome = work(&AdminClient::Files(router(maintenance))).await;
    bus.shutdown(STOP_MAX).await.map_err(message)?;
    outcome
}

// === impl AdminClient ===

impl AdminClient {
    /// The dead letters of one queue, or of all.
    pub(crate) async fn dead_letters(
        &self,
        queue: Option<&str>,
        mut on_letter: impl FnMut(DeadLetter),
    ) -> Result<(), String> {
        let queues = match queue {
            Some(queue) => vec![queue.to_owned()],
            None => self.get(QUEUES.to_owned()).await?,
        };
        for queue in queues {
            let mut after = 0;
            loop {
                let mut query = String::new();
                edge_wire::query::push(&mut query, "queue", &queue);
                edge_wire::query::push(&mut query, "after", &after.to_string());
                let page: Vec<DeadLetter> = self.get(format!("{DEAD_LETTERS}?{query}")).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                page.into_iter().for_each(&mut on_letter);
            }
        }
        Ok(())
    }

    /// Delivers dead letters again.
    pub(crate) async fn redrive(&self, request: &RedriveRequest) -> Result<RedriveResult, String> {
        self.post(REDRIVE, request).await
    }

    /// Delivers archived events again.
    pub(crate) async fn replay(&self, request: &ReplayRequest) -> Result<ReplayResult, String> {
        self.post(REPLAYS, request).await
    }

    async fn get<T: DeserializeOwned>(&self, uri: String) -> Result<T, String> {
        self.send(Request::get(uri).body(Body::empty()).map_err(message)?).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        uri: &str,
        request: &impl Serialize,
    ) -> Result<T, String> {
        let body = serde_json::to_vec(request).map_err(message)?;
        let request = Request::post(uri).header("content-type", "application/json");
        self.send(request.body(Body::from(body)).map_err(message)?).await
    }

    async fn send<T: DeserializeOwned>(&self, request: Request<Body>) -> Result<T, String> {
        let (status, body) = match self {
            Self::Process(socket) => over_socket(socket, request).await?,
            Self::Files(router) => {
                let Ok(response) = router.clone().oneshot(request).await;
                let status = response.status();
                (status, response.collect().await.map_err(message)?.to_bytes())
            }
        };
        if status == StatusCode::OK {
            serde_json::from_slice(&body).map_err(message)
        } else {
            Err(String::from_utf8_lossy(&body).into_owned())
        }
    }
}

async fn over_socket(socket: &Path, request: Request<Body>) -> Result<(StatusCode, Bytes), String> {
    let stream = UnixStream::connect(socket).await.map_err(|error| {
        format!("Forecourt is running but does not answer at {} ({error})", socket.display())
    })?;
    let exchange = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        Ok::<_, hyper::Error>((response.status(), response.collect().await?.to_bytes()))
    };
    exchange.await.map_err(|_| ENDED.to_owned())
}

fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}
