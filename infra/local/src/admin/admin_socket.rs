//! The admin socket of a running process: a Unix socket in its data folder. A connection carries
//! one request line, then one line per report and a last line with the outcome.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::maintenance::Maintenance;
use super::protocol::{AdminRequest, Report};

/// Concurrent requests: they come from terminals.
const REQUESTS_MAX: usize = 4;

/// Longest request: a thousand ids of twenty digits, with room to spare.
const REQUEST_BYTES_MAX: u64 = 65_536;

/// For a request to arrive.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Reports buffered for the client.
const REPORTS_MAX: usize = 16;

/// After a failed accept (out of file descriptors, usually).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listening admin socket.
pub(crate) struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// One line to the client.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Report(Report),
    Failed(String),
    Done(()),
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
            Ok(socket) => Some(tokio::spawn(socket.serve(maintenance, stopped))),
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

    /// Serves requests until `stopped` resolves.
    async fn serve(self, maintenance: Maintenance, stopped: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(REQUESTS_MAX));
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                () = &mut stopped => break,
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (places, maintenance) = (Arc::clone(&places), maintenance.clone());
            tokio::spawn(async move {
                let _place = places.acquire_owned().await;
                if let Err(error) = answer(stream, &maintenance).await {
                    tracing::debug!(%error, "the client of the admin socket disconnected");
                }
            });
        }
        // A stale socket would only change the error message of the next request.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(mut stream: UnixStream, maintenance: &Maintenance) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut request = String::new();
    let mut limited = tokio::io::BufReader::new(read.take(REQUEST_BYTES_MAX));
    timeout(REQUEST_TIMEOUT, limited.read_line(&mut request)).await??;
    let request: AdminRequest = serde_json::from_str(&request)?;
    let (sender, mut reports) = mpsc::channel(REPORTS_MAX);
    let execution = async move { maintenance.execute(request, &sender).await };
    let send_reports = async {
        while let Some(report) = reports.recv().await {
            write.write_all(&line(&Line::Report(report))?).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let (outcome, ()) = tokio::try_join!(async { Ok(execution.await) }, send_reports)?;
    write.write_all(&line(&outcome.map_or_else(Line::Failed, Line::Done))?).await
}

fn line(line: &Line) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Sends a request to the admin socket of a running process.
///
/// # Errors
/// One line: the error of the process, or that the process does not answer.
pub(super) fn call(
    path: &Path,
    request: &AdminRequest,
    mut on_report: impl FnMut(Report),
) -> Result<(), String> {
    let no_answer = |error: std::io::Error| {
        format!("Forecourt is running but does not answer at {} ({error})", path.display())
    };
    let mut stream = StdUnixStream::connect(path).map_err(no_answer)?;
    let mut bytes = serde_json::to_vec(request).map_err(|error| error.to_string())?;
    bytes.push(b'\n');
    stream.write_all(&bytes).map_err(no_answer)?;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(no_answer)?;
        match serde_json::from_str(&line).map_err(|error| error.to_string())? {
            Line::Report(report) => on_report(report),
            Line::Failed(reason) => return Err(reason),
            Line::Done(()) => return Ok(()),
        }
    }
    Err("Forecourt ended before it was done; the same command may be repeated".to_owned())
}
