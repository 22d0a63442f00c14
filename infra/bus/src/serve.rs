//! The HTTP face: connections, bodies, timeouts. What they mean is in `protocol`.

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
use crate::protocol::{Refusal, answer, check_head, entries_in};

/// Connections at once; further ones wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 1_024;

/// A body: 1 MiB of entries, of which the worst JSON escaping (`\u0000`) makes six times as much,
/// and room for the frame around them.
const BODY_BYTES_MAX: usize = 7 * 1_048_576;

/// For a whole body to arrive; a local sender needs milliseconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// For the next request on a connection: longer than the 90 s for which hyper's clients, the AWS
/// SDK's among them, keep an idle one, so that it is the client that closes it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// For requests under way when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// After a failed accept (out of file descriptors, usually).
const ACCEPT_REST: Duration = Duration::from_millis(100);

// === impl Bus ===

impl Bus {
    /// Serves `PutEvents` on `listener` until `shutdown` resolves and the requests under way have
    /// been answered. The bus itself goes on; see [`Bus::shutdown`].
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let graceful = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = &mut shutdown => break,
                next = next => next,
            };
            match accepted {
                Ok((stream, _)) => {
                    let connection = graceful.watch(self.connection(stream));
                    tokio::spawn(async move {
                        let _place = place;
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
            tracing::warn!("requests were still under way when the bus stopped serving");
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
    ) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + use<> {
        // Answers are small and awaited: no reason to gather them.
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
            Err(refusal) => refusal.into_response(&id),
        }
    }

    async fn put_events(
        &self,
        request: Request<Incoming>,
    ) -> Result<Vec<Result<String, EntryError>>, Refusal> {
        check_head(request.method(), request.uri(), request.headers())?;
        let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
        let body = match timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(Refusal::too_large(BODY_BYTES_MAX));
            }
            Ok(Err(_)) | Err(_) => return Err(Refusal::unread_body()),
        };
        Ok(self.put(&entries_in(&body)?).await?)
    }
}
