//! The edge on a socket: HTTP/1.1, keep-alive, everything bounded, ended gracefully.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::admission::{HEADERS_MAX, Rejection};
use crate::emulator::Emulator;
use crate::framing;
use crate::viewer_stream::{Unread, ViewerStream};

/// A request's body is held in memory whole: four times the largest request here
/// (a webhook of 5 MiB). Above it: 413.
const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;
/// What one connection may buffer: beyond the 8,192 + 32,768 bytes that the edge itself checks
/// (414, 494) it needs room to see that they are exceeded. Past this hyper answers 431.
const BUFFER_BYTES_MAX: usize = 128 * 1024;
/// What one request may have hyper parse: room to see that the edge's own bound is exceeded (494).
/// Past this hyper answers 431.
const PARSED_HEADERS_MAX: usize = 2 * HEADERS_MAX;
/// Connections at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 4_096;
/// From the first byte of a request's head, or of an idle connection's wait, to the head's end.
const HEAD_READ_TIMEOUT: Duration = Duration::from_secs(60);
/// From the head to the end of the body (CloudFront closes a silent viewer after 30 s).
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// For a viewer to take some bytes of an answer (CloudFront does not say; nginx waits for 60 s).
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
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
        let unread = Unread::default();
        let stream = ViewerStream::new(stream, WRITE_TIMEOUT, unread.clone());
        let service = service_fn(move |request| {
            let (emulator, unread) = (emulator.clone(), unread.clone());
            async move {
                let response = emulator.answer(request, viewer, &unread).await;
                Ok::<_, Infallible>(response.map(Full::new))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_READ_TIMEOUT)
            .max_buf_size(BUFFER_BYTES_MAX)
            .max_headers(PARSED_HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a viewer's connection broke");
            }
            drop(place);
        });
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        viewer: IpAddr,
        unread: &Unread,
    ) -> Response<Bytes> {
        let (mut parts, body) = request.into_parts();
        let has_body = !body.is_end_stream();
        let read = match self.check_head(&mut parts, has_body) {
            Ok(()) => read(body).await,
            Err(rejection) => Err(rejection),
        };
        match read {
            Ok(body) => self.handle(Request::from_parts(parts, body), viewer).await,
            Err(rejection) => {
                let mut response = self.edge.reject(rejection);
                if has_body {
                    unread.set();
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                response
            }
        }
    }

    /// Checks what can be answered before the body is read (18.6).
    fn check_head(&self, parts: &mut Parts, has_body: bool) -> Result<(), Rejection> {
        framing::check(parts, BODY_BYTES_MAX)?;
        let is_https = parts.uri.scheme() == Some(&Scheme::HTTPS);
        if is_https && !self.edge.switches.local_http {
            return Err(Rejection::Misdirected);
        }
        let waits = has_body && framing::expects_continue(parts);
        if waits { self.edge.check_head(parts) } else { Ok(()) }
    }
}

async fn read(body: Incoming) -> Result<Bytes, Rejection> {
    match timeout(BODY_READ_TIMEOUT, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Rejection::BodyTooLarge),
        Ok(Err(_)) => Err(Rejection::Framing),
        Err(_) => Err(Rejection::BodyTimeout),
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
