//! The Runtime API (2018-06-01): the calls with which a custom runtime gets an event and posts its
//! response.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

use crate::lambda::LambdaError;

/// Most bytes of an event or an answer (Lambda quotas, synchronous invocation).
pub const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Most invocations waiting for a poll; further ones are throttled.
pub const WAITING_MAX: usize = 256;
/// Longest time of an invocation: the timeout of our functions.
pub const INVOCATION_MAX: Duration = Duration::from_secs(30);

const PREFIX: &str = "/2018-06-01/runtime/";
/// The ARN of the function.
const ARN: &str = "arn:aws:lambda:local-1:000000000000:function:forecourt";

/// The outcome of an invocation.
pub(crate) type Outcome = Result<Bytes, LambdaError>;

/// An event that waits for a poll, and the channel for its outcome.
pub(crate) struct Invocation {
    pub(crate) event: Bytes,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// The state behind the four calls.
pub(crate) struct RuntimeApi {
    waiting: AsyncMutex<mpsc::Receiver<Invocation>>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    last: u64,
    replies: HashMap<String, oneshot::Sender<Outcome>>,
}

// === impl RuntimeApi ===

impl RuntimeApi {
    pub(crate) fn new(waiting: mpsc::Receiver<Invocation>) -> Arc<Self> {
        let waiting = AsyncMutex::new(waiting);
        Arc::new(Self { waiting, running: Mutex::default() })
    }

    /// Answers one call of the runtime.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Response<Full<Bytes>> {
        let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
        let call: Vec<&str> = path.split('/').collect();
        match (request.method(), call.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.end(id, request, false).await,
            (&Method::POST, ["invocation", id, "error"]) => self.end(id, request, true).await,
            (&Method::POST, ["init", "error"]) => answer(StatusCode::ACCEPTED),
            _ => answer(StatusCode::NOT_FOUND),
        }
    }

    /// Fails the invocations that the ended process had received.
    pub(crate) fn abandon(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, reply) in running.replies.drain() {
            // Fails if the caller is gone, which is fine.
            let _ = reply.send(Err(LambdaError::Died));
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(invocation) = self.waiting.lock().await.recv().await else {
            return answer(StatusCode::GONE);
        };
        let id = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.last += 1;
            let id = format!("00000000-0000-4000-8000-{:012}", running.last);
            running.replies.insert(id.clone(), invocation.reply);
            id
        };
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", id)
            // Far in the future: `invoke` enforces the timeout.
            .header("lambda-runtime-deadline-ms", u64::from(u32::MAX) * 1_000)
            .header("lambda-runtime-invoked-function-arn", ARN)
            .body(Full::new(invocation.event))
            .unwrap_or_else(|_| answer(StatusCode::INTERNAL_SERVER_ERROR))
    }

    async fn end(
        &self,
        id: &str,
        request: Request<Incoming>,
        is_error: bool,
    ) -> Response<Full<Bytes>> {
        let reply = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.replies.remove(id)
        };
        let Some(reply) = reply else { return answer(StatusCode::NOT_FOUND) };
        let body = Limited::new(request.into_body(), PAYLOAD_BYTES_MAX).collect().await;
        let outcome = match body {
            Ok(body) if is_error => {
                let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
                Err(LambdaError::Failed(text))
            }
            Ok(body) => Ok(body.to_bytes()),
            Err(_) => Err(LambdaError::TooLarge),
        };
        let status = match &outcome {
            Err(LambdaError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::ACCEPTED,
        };
        // Fails if the caller is gone, which is fine.
        let _ = reply.send(outcome);
        answer(status)
    }
}

fn answer(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
