//! One viewer's connection: TLS if the edge has a certificate, then HTTP/2 or HTTP/1.1, and a tunnel
//! if the viewer begins a WebSocket. Everything is bounded.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::access_log::ViewerSocket;
use crate::admission::{HEADERS_MAX, Rejection};
use crate::emulator::Emulator;
use crate::tls::TlsSession;
use crate::viewer_stream::{Unread, ViewerStream, Written};
use crate::{framing, http2, websocket};

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
/// From the first byte of a connection to the end of its TLS handshake.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

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
    socket: ViewerSocket,
    unread: Unread,
    place: Place,
}

/// Serves a connection until the viewer or a bound ends it, or the edge stops.
pub(crate) async fn serve(
    emulator: Emulator,
    stream: TcpStream,
    viewer: SocketAddr,
    tls: Option<TlsAcceptor>,
    place: Place,
) {
    let unread = Unread::default();
    let stream = ViewerStream::new(stream, WRITE_TIMEOUT, unread.clone());
    let socket = ViewerSocket { port: viewer.port(), tls: None };
    let connection = Connection { emulator, viewer: viewer.ip(), socket, unread, place };
    match tls {
        None => Arc::new(connection).serve_http1(stream).await,
        // Boxed, so that a connection without TLS has no room for one with it.
        Some(tls) => Box::pin(connection.serve_tls(stream, tls)).await,
    }
}

// === impl Connection ===

impl Connection {
    async fn serve_tls(mut self, stream: ViewerStream, tls: TlsAcceptor) {
        let stream = match timeout(TLS_HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "a viewer's TLS handshake failed"),
            Err(_) => return tracing::debug!("a viewer's TLS handshake took too long"),
        };
        let (socket, session) = stream.get_ref();
        let written = socket.written().clone();
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        self.socket.tls = TlsSession::of(session);
        let connection = Arc::new(self);
        if is_http2 {
            connection.serve_http2(stream, written).await;
        } else {
            connection.serve_http1(stream).await;
        }
    }

    async fn serve_http1(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) {
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

    async fn serve_http2(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        written: Written,
    ) {
        let stop = self.place.stop.clone();
        let answer = move |request| {
            let connection = Arc::clone(&self);
            async move {
                let mut response = connection.answer(request).await;
                // Only a stream ends with it; HTTP/2 has no such header.
                response.headers_mut().remove(CONNECTION);
                response
            }
        };
        http2::serve(stream, written, stop, answer).await;
    }

    async fn answer(self: &Arc<Self>, mut request: Request<Incoming>) -> Response<Bytes> {
        let is_websocket =
            websocket::is_handshake(request.method(), request.version(), request.headers());
        let upgrade = is_websocket.then(|| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        if self.socket.tls.is_some() || self.emulator.edge.access_log.is_some() {
            parts.extensions.insert(self.socket);
        }
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
                let request = Request::from_parts(parts, Bytes::new());
                let mut response = self.emulator.edge.reject(rejection, &request, self.viewer);
                if has_body && request.version() < Version::HTTP_2 {
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
        if parts.version == Version::HTTP_2 {
            http2::unify(parts)?;
        }
        framing::check(parts, BODY_BYTES_MAX)?;
        let edge = &self.emulator.edge;
        let scheme = if self.socket.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
        let is_misdirected = parts.uri.scheme().is_some_and(|named| *named != scheme);
        if is_misdirected && !edge.switches.local_http {
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
