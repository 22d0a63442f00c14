//! The admin socket of a running process: a Unix socket in its data folder that serves the admin
//! routes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::maintenance::Maintenance;
use super::routes::router;

/// Concurrent connections: they come from terminals. Further ones wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 4;

/// Longest body: a thousand ids of twenty digits, with room to spare.
const BODY_BYTES_MAX: usize = 65_536;

/// For the head of a request to arrive, and for its body.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// After a failed accept (out of file descriptors, usually).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listening admin socket.
pub(crate) struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

// === impl AdminSocket ===

impl AdminSocket {
    /// Opens the socket and serves requests until `stopped` resolves. The shop also runs without
    /// it: a socket's path has at most 108 bytes, and a data folder's path may be longer.
    pub(crate) fn spawn(
        path: &Path,
        maintenance: Maintenance,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> Option<JoinHandle<()>> {
        match Self::open(path) {
            Ok(socket) => Some(tokio::spawn(socket.serve(router(maintenance), stopped))),
            Err(error) => {
                let socket = path.display();
                tracing::warn!(%socket, %error, "dead-letters and replay need Forecourt stopped");
                None
            }
        }
    }

    /// Opens the socket. The caller holds the lock of the data folder, so an existing socket is
    /// stale.
    fn open(path: &Path) -> std::io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    async fn serve(self, router: Router, stopped: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = &mut stopped => break,
                next = next => next,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let router = router.clone();
            tokio::spawn(async move {
                let _place = place;
                if let Err(error) = serve_connection(stream, router).await {
                    tracing::debug!(%error, "the client of the admin socket disconnected");
                }
            });
        }
        // A stale socket would only change the error message of the next request.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve_connection(stream: UnixStream, router: Router) -> hyper::Result<()> {
    let service = service_fn(move |request| {
        let router = router.clone();
        async move { Ok::<_, std::convert::Infallible>(respond(router, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        // A client connects again for its next request: a place is never held by an idle one.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

async fn respond(router: Router, request: Request<Incoming>) -> Response {
    let (head, body) = request.into_parts();
    let body = match timeout(REQUEST_TIMEOUT, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("a request has at most {BODY_BYTES_MAX} bytes");
            return (StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
        }
        Ok(Err(_)) | Err(_) => {
            return (StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time")
                .into_response();
        }
    };
    // In a task of its own: what a client asked for is completed even if the client disconnects.
    let response = tokio::spawn(router.oneshot(Request::from_parts(head, Body::from(body)))).await;
    match response {
        Ok(Ok(response)) => response,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
