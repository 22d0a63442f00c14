//! One binary as a child process behind the Runtime API.

use std::convert::Infallible;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::runtime_api::{
    INVOCATION_MAX, Invocation, Outcome, PAYLOAD_BYTES_MAX, RuntimeApi, WAITING_MAX,
};

/// A running function.
pub struct Lambda {
    invocations: mpsc::Sender<Invocation>,
    child: Child,
    api: Arc<RuntimeApi>,
    server: JoinHandle<()>,
}

/// Why an invocation returned no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LambdaError {
    /// The binary could not be started.
    #[error("the function can't be started: {0}")]
    Start(String),
    /// The function reported an error.
    #[error("the function failed: {0}")]
    Failed(String),
    /// The process ended during the invocation.
    #[error("the function's process ended")]
    Died,
    /// Event or answer over [`PAYLOAD_BYTES_MAX`].
    #[error("the payload is over {PAYLOAD_BYTES_MAX} bytes")]
    TooLarge,
    /// [`WAITING_MAX`] invocations wait already.
    #[error("too many invocations are waiting")]
    Throttled,
    /// No answer within [`INVOCATION_MAX`].
    #[error("the function took longer than {} s", INVOCATION_MAX.as_secs())]
    TimedOut,
}

// === impl Lambda ===

impl Lambda {
    /// Starts `binary` with this environment only.
    ///
    /// # Errors
    /// [`LambdaError::Start`].
    pub async fn start(binary: &Path, env: &[(&str, &str)]) -> Result<Self, LambdaError> {
        let start_error = |error: std::io::Error| LambdaError::Start(error.to_string());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(start_error)?;
        let address = listener.local_addr().map_err(start_error)?;
        let (invocations, waiting) = mpsc::channel(WAITING_MAX);
        let api = RuntimeApi::new(waiting);
        let server = tokio::spawn(serve(listener, Arc::clone(&api)));
        let child = Command::new(binary)
            .env_clear()
            .envs(env.iter().copied())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "forecourt")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(start_error)?;
        Ok(Self { invocations, child, api, server })
    }

    /// Invokes the function with an event and waits for its answer.
    ///
    /// # Errors
    /// [`LambdaError`].
    pub async fn invoke(&mut self, event: Bytes) -> Outcome {
        if event.len() > PAYLOAD_BYTES_MAX {
            return Err(LambdaError::TooLarge);
        }
        let (reply, outcome) = oneshot::channel();
        let invocation = Invocation { event, reply };
        self.invocations.try_send(invocation).map_err(|_| LambdaError::Throttled)?;
        tokio::select! {
            outcome = timeout(INVOCATION_MAX, outcome) => match outcome {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err(LambdaError::Died),
                Err(_) => Err(LambdaError::TimedOut),
            },
            _ = self.child.wait() => {
                self.api.abandon();
                Err(LambdaError::Died)
            }
        }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, api: Arc<RuntimeApi>) {
    // Ends with the `Lambda` that owns it; a runtime opens a handful of connections.
    while let Ok((stream, _)) = listener.accept().await {
        let api = Arc::clone(&api);
        let service = service_fn(move |request| {
            let api = Arc::clone(&api);
            async move { Ok::<_, Infallible>(api.serve(request).await) }
        });
        tokio::spawn(async move {
            // A broken connection ends only itself.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
