//! The HTTP server: connections, bodies, timeouts. `protocol` interprets the requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::bus::Bus;
use crate::entry::EntryError;
use crate::protocol::{RequestError, answer, check_head, entries_in};

/// Connections at once; further ones wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 1_024;

/// A body: 1 MiB of entries, of which the worst JSON escaping (`\u0000`) makes six times as much,
/// and room for the frame around them.
const BODY_BYTES_MAX: usize = 7 * 1_048_576;

/// The time for a whole body to arrive; a local sender needs milliseconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The time for the next request on a connection: longer than the 90 s for which hyper's clients,
/// including the AWS SDK's, hold an idle one, so that the client closes it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// The time for requests in progress when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait after a failed accept (usually out of file descriptors).
const ACCEPT_REST: Duration = Duration::from_millis(100);

// === impl Bus ===

impl Bus {
    /// Serves `PutEvents` on `listener` until `shutdown` resolves and the requests in progress are
    /// answered. The bus itself continues; see [`Bus::shutdown`].
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let graceful = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let next = async {
                let permit = Arc::clone(&permits).acquire_owned().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = &mut shutdown => break,
                next = next => next,
            };
            match accepted {
                Ok((stream, _)) => {
                    let connection = graceful.watch(self.connection(stream));
                    tokio::spawn(async move {
                        let _permit = permit;
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
        if timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still in progress when the bus stopped serving");
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
    ) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + use<> {
        // Responses are small and the client waits for them: Nagle's algorithm would delay them.
        _ = stream.set_nodelay(true);
        let bus = self.clone();
        let service = service_fn(move |request| {
            let bus = bus.clone();
            async move { Ok::<_, Infallible>(bus.respond(request).await) }
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let id = self.request_id();
        match self.put_events(request).await {
            Ok(results) => answer(&results, &id),
            Err(error) => error.into_response(&id),
        }
    }

    async fn put_events(
        &self,
        request: Request<Incoming>,
    ) -> Result<Vec<Result<String, EntryError>>, RequestError> {
        check_head(request.method(), request.uri(), request.headers())?;
        let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
        let body = match timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(RequestError::too_large(BODY_BYTES_MAX));
            }
            Ok(Err(_)) | Err(_) => return Err(RequestError::unread_body()),
        };
        Ok(self.put(&entries_in(&body)?).await?)
    }
}
