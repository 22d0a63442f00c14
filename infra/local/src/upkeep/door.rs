//! The door of a running process: a Unix socket in its data folder. One order a connection, one
//! line each way: the order, then the reports and how it ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as Caller;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::keeper::Keeper;
use super::order::{Order, Report};

/// Orders at once: whoever gives them sits at a terminal.
const ORDERS_MAX: usize = 4;

/// Longest order: a thousand ids of twenty digits, and room.
const ORDER_BYTES_MAX: u64 = 65_536;

/// For an order to arrive.
const ORDER_TIMEOUT: Duration = Duration::from_secs(5);

/// Reports that wait for whoever reads them.
const REPORTS_MAX: usize = 16;

/// After a failed accept (out of file descriptors, usually).
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// An open door.
pub(crate) struct Door {
    listener: UnixListener,
    path: PathBuf,
}

/// One line to the caller.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Report(Report),
    Failed(String),
    Done(()),
}

// === impl Door ===

impl Door {
    /// Opens the door and lets orders in until `stopped` resolves. Without it the shop serves all
    /// the same: the path of a socket is at most 108 bytes long, that of a data folder need not be.
    pub(crate) fn spawn(
        path: &Path,
        keeper: Keeper,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> Option<JoinHandle<()>> {
        match Self::open(path) {
            Ok(door) => Some(tokio::spawn(door.serve(keeper, stopped))),
            Err(error) => {
                let door = path.display();
                tracing::warn!(%door, %error, "dead-letters and replay will need Forecourt stopped");
                None
            }
        }
    }

    /// Opens the door. Whoever calls holds the data folder, so a socket that is there belongs to
    /// nobody any more.
    fn open(path: &Path) -> std::io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Lets orders in until `stopped` resolves.
    async fn serve(self, keeper: Keeper, stopped: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(ORDERS_MAX));
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                () = &mut stopped => break,
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            };
            let (places, keeper) = (Arc::clone(&places), keeper.clone());
            tokio::spawn(async move {
                let _place = places.acquire_owned().await;
                if let Err(error) = attend(stream, &keeper).await {
                    tracing::debug!(%error, "whoever gave an order has gone");
                }
            });
        }
        // Left behind, it would only make the next order fail in other words.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn attend(mut stream: UnixStream, keeper: &Keeper) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut order = String::new();
    let mut limited = tokio::io::BufReader::new(read.take(ORDER_BYTES_MAX));
    timeout(ORDER_TIMEOUT, limited.read_line(&mut order)).await??;
    let order: Order = serde_json::from_str(&order)?;
    let (sender, mut reports) = mpsc::channel(REPORTS_MAX);
    let carry_out = async move { keeper.carry_out(order, &sender).await };
    let tell = async {
        while let Some(report) = reports.recv().await {
            write.write_all(&line(&Line::Report(report))?).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let (outcome, ()) = tokio::try_join!(async { Ok(carry_out.await) }, tell)?;
    write.write_all(&line(&outcome.map_or_else(Line::Failed, Line::Done))?).await
}

fn line(line: &Line) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Gives an order at the door of a running process.
///
/// # Errors
/// One line: what the keeper said, or that the process does not answer.
pub(super) fn knock(
    path: &Path,
    order: &Order,
    mut on_report: impl FnMut(Report),
) -> Result<(), String> {
    let silent = |error: std::io::Error| {
        format!("Forecourt is running but does not answer at {} ({error})", path.display())
    };
    let mut stream = Caller::connect(path).map_err(silent)?;
    let mut sent = serde_json::to_vec(order).map_err(|error| error.to_string())?;
    sent.push(b'\n');
    stream.write_all(&sent).map_err(silent)?;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(silent)?;
        match serde_json::from_str(&line).map_err(|error| error.to_string())? {
            Line::Report(report) => on_report(report),
            Line::Failed(reason) => return Err(reason),
            Line::Done(()) => return Ok(()),
        }
    }
    Err("Forecourt ended before it was done; the same order may be given again".to_owned())
}
