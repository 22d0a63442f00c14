//! The edge on a socket: HTTP/1.1, keep-alive, everything bounded, ended gracefully.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::admission::Rejection;
use crate::emulator::Emulator;

/// A request's body is held in memory whole: four times the largest request here
/// (a webhook of 5 MiB). Above it: 413.
const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;
/// What one connection may buffer: beyond the 8,192 + 32,768 bytes that the edge itself checks
/// (414, 494) it needs room to see that they are exceeded. Past this hyper answers 431.
const BUFFER_BYTES_MAX: usize = 128 * 1024;
/// Connections at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 4_096;
/// From the first byte of a request's head, or of an idle connection's wait, to the head's end.
const HEAD_READ_TIMEOUT: Duration = Duration::from_secs(60);
/// From the head to the end of the body (CloudFront closes a silent viewer after 30 s).
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests under way may end; then their connections are cut.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept (no file handles left) wait until some are free.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

// === impl Emulator ===

impl Emulator {
    /// Serves on the listener until `shutdown` is done; then lets requests under way end.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut shutdown = pin!(shutdown);
        loop {
            let next = accept(&listener, &places);
            tokio::select! {
                () = &mut shutdown => break,
                accepted = next => match accepted {
                    Ok((stream, viewer, place)) => {
                        self.spawn_connection(&connections, stream, viewer, place);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "no connection could be accepted");
                        sleep(ACCEPT_BACKOFF).await;
                    }
                },
            }
        }
        drop(listener);
        if timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await.is_err() {
            tracing::warn!("connections were cut at shutdown");
        }
    }

    fn spawn_connection(
        &self,
        connections: &GracefulShutdown,
        stream: TcpStream,
        viewer: IpAddr,
        place: OwnedSemaphorePermit,
    ) {
        let emulator = self.clone();
        let service = service_fn(move |request| {
            let emulator = emulator.clone();
            async move {
                let response = emulator.answer(request, viewer).await;
                Ok::<_, Infallible>(response.map(Full::new))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_READ_TIMEOUT)
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a viewer's connection broke");
            }
            drop(place);
        });
    }

    async fn answer(&self, request: Request<Incoming>, viewer: IpAddr) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect();
        match timeout(BODY_READ_TIMEOUT, body).await {
            Ok(Ok(body)) => self.handle(Request::from_parts(parts, body.to_bytes()), viewer).await,
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                self.edge.reject(Rejection::BodyTooLarge)
            }
            Ok(Err(_)) | Err(_) => self.edge.reject(Rejection::BodyTimeout),
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a viewer left at once");
    }
    Ok((stream, address.ip(), place))
}
