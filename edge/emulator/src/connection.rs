//! One viewer's connection over HTTP/1.1, and a tunnel if the viewer begins a WebSocket. Everything
//! is bounded.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use crate::admission::{HEADERS_MAX, Rejection};
use crate::emulator::Emulator;
use crate::viewer_stream::{Unread, ViewerStream};
use crate::{framing, websocket};

/// A request's body is held in memory whole: four times the largest request here
/// (a webhook of 5 MiB). Above it: 413.
const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;
/// What one connection may buffer: beyond the 8,192 + 32,768 bytes that the edge itself checks
/// (414, 494) it needs room to see that they are exceeded. Past this hyper answers 431.
const BUFFER_BYTES_MAX: usize = 128 * 1024;
/// What one request may have hyper parse: room to see that the edge's own bound is exceeded (494).
/// Past this hyper answers 431.
const PARSED_HEADERS_MAX: usize = 2 * HEADERS_MAX;
/// From the first byte of a request's head, or of an idle connection's wait, to the head's end.
const HEAD_READ_TIMEOUT: Duration = Duration::from_secs(60);
/// From the head to the end of the body (CloudFront closes a silent viewer after 30 s).
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// For a viewer to take some bytes of an answer (CloudFront does not say; nginx waits for 60 s).
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection's place among those of its listener, until it ends.
pub(crate) struct Place {
    pub(crate) _permit: OwnedSemaphorePermit,
    /// Changes when the edge stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// A connection, as its requests share it.
struct Connection {
    emulator: Emulator,
    viewer: IpAddr,
    unread: Unread,
    place: Place,
}

/// Serves a connection until the viewer or a bound ends it, or the edge stops.
pub(crate) async fn serve(
    emulator: Emulator,
    stream: TcpStream,
    viewer: IpAddr,
    place: Place,
) {
    let unread = Unread::default();
    let stream = ViewerStream::new(stream, WRITE_TIMEOUT, unread.clone());
    Arc::new(Connection { emulator, viewer, unread, place }).serve_http1(stream).await;
}

// === impl Connection ===

impl Connection {
    async fn serve_http1(self: Arc<Self>, stream: ViewerStream) {
        let mut stop = self.place.stop.clone();
        let service = service_fn(move |request| {
            let connection = Arc::clone(&self);
            async move { Ok::<_, Infallible>(connection.answer(request).await.map(Full::new)) }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_READ_TIMEOUT)
            .max_buf_size(BUFFER_BYTES_MAX)
            .max_headers(PARSED_HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut served = pin!(served);
        let ended = tokio::select! {
            biased;
            ended = served.as_mut() => ended,
            _ = stop.changed() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a viewer's connection broke");
        }
    }

    async fn answer(self: &Arc<Self>, mut request: Request<Incoming>) -> Response<Bytes> {
        let is_websocket =
            websocket::is_handshake(request.method(), request.version(), request.headers());
        let upgrade = is_websocket.then(|| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        let has_body = !body.is_end_stream();
        let read = match self.check_head(&mut parts, has_body) {
            Ok(()) => read(body).await,
            Err(rejection) => Err(rejection),
        };
        match read {
            Ok(body) => {
                let request = Request::from_parts(parts, body);
                let response = self.emulator.handle(request, self.viewer).await;
                match upgrade {
                    Some(upgrade) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                        self.begin_tunnel(upgrade, response)
                    }
                    _ => response,
                }
            }
            Err(rejection) => {
                let mut response = self.emulator.edge.reject(rejection);
                if has_body {
                    self.unread.set();
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
        let edge = &self.emulator.edge;
        let is_https = parts.uri.scheme() == Some(&Scheme::HTTPS);
        if is_https && !edge.switches.local_http {
            return Err(Rejection::Misdirected);
        }
        let waits = has_body && framing::expects_continue(parts);
        if waits { edge.check_head(parts) } else { Ok(()) }
    }

    /// Answers the handshake of a WebSocket, and passes bytes on until either side ends it, or the
    /// edge stops. The tunnel has the place of its connection.
    fn begin_tunnel(
        self: &Arc<Self>,
        viewer: OnUpgrade,
        mut response: Response<Bytes>,
    ) -> Response<Bytes> {
        let origin = hyper::upgrade::on(&mut response);
        websocket::add_handshake(response.headers_mut());
        let connection = Arc::clone(self);
        tokio::spawn(async move {
            let mut stop = connection.place.stop.clone();
            let ended = tokio::select! {
                ended = websocket::tunnel(viewer, origin) => ended,
                _ = stop.changed() => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a WebSocket broke");
            }
        });
        response
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
