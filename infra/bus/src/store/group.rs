//! Group commit: one writer, one transaction for everything that is waiting.
//!
//! While one transaction commits, further jobs wait; the next transaction takes all of them. There
//! is no deliberate delay, and under load the jobs share the cost of a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::error::StoreError;

/// Jobs in one transaction: with more, the first job's wait would exceed what the others save.
const GROUP_MAX: usize = 512;

/// Jobs waiting for the writer. Puts are bounded before they get here (see `intake`); the rest is
/// bounded by the queues' concurrency. A full channel makes its senders wait.
const WAITING_MAX: usize = 8_192;

/// A handle on the database; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    commands: mpsc::Sender<Command>,
    commits: Arc<AtomicU64>,
}

enum Command {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// A piece of work inside a shared transaction.
trait Job: Send {
    fn run(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;
    /// Called once the transaction is committed or rolled back, in the order of the jobs.
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Work<T, F, C> {
    statements: Option<F>,
    value: Option<T>,
    committed: C,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

// === impl Store ===

impl Store {
    /// Starts the writer. It ends when the store is closed or the last handle is dropped.
    pub(crate) fn start(connection: Connection) -> (Self, JoinHandle<()>) {
        let (commands, waiting) = mpsc::channel(WAITING_MAX);
        let commits = Arc::new(AtomicU64::new(0));
        let writer = tokio::spawn(write(connection, waiting, Arc::clone(&commits)));
        (Self { commands, commits }, writer)
    }

    /// Runs statements in the next transaction and returns once it is committed. Once sent, the
    /// work is done even if the caller no longer waits.
    pub(crate) async fn run<T, F>(&self, statements: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run_then(statements, |_| {}).await
    }

    /// As [`Store::run`]; `committed` receives the result right after the commit, before any other
    /// job runs, even if the caller is gone.
    pub(crate) async fn run_then<T, F, C>(
        &self,
        statements: F,
        committed: C,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
        C: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = Work { statements: Some(statements), value: None, committed, reply };
        let command = Command::Run(Box::new(work));
        self.commands.send(command).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Lets the jobs already sent finish, then closes the file.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Transactions committed so far.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

async fn write(
    mut connection: Connection,
    mut waiting: mpsc::Receiver<Command>,
    commits: Arc<AtomicU64>,
) {
    let mut commands = Vec::with_capacity(GROUP_MAX);
    while waiting.recv_many(&mut commands, GROUP_MAX).await > 0 {
        let mut close = None;
        let mut jobs = Vec::with_capacity(commands.len());
        for command in commands.drain(..) {
            match command {
                // A job sent after the request to close is dropped, which its sender notices.
                Command::Run(job) if close.is_none() => jobs.push(job),
                Command::Run(_) => {}
                Command::Close(reply) => close = Some(reply),
            }
        }
        // The blocking pool, not a thread of our own: tokio's paused time waits for it.
        let group = spawn_blocking(move || {
            let outcome = commit(&mut connection, &mut jobs);
            (connection, jobs, outcome)
        });
        let Ok((returned, jobs, outcome)) = group.await else {
            tracing::error!("the bus's writer panicked; the bus is closed");
            return;
        };
        connection = returned;
        match &outcome {
            Ok(()) => _ = commits.fetch_add(1, Ordering::Relaxed),
            Err(error) => tracing::error!(%error, count = jobs.len(), "a transaction failed"),
        }
        for job in jobs {
            job.finish(outcome.clone());
        }
        if let Some(reply) = close {
            drop(waiting);
            let closed = spawn_blocking(move || connection.close().map_err(|(_, error)| error));
            let closed = closed.await.map_err(|_| StoreError::Closed);
            _ = reply.send(closed.and_then(|done| done.map_err(StoreError::from)));
            return;
        }
    }
}

fn commit(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        job.run(&transaction)?;
    }
    Ok(transaction.commit()?)
}

// === impl Work ===

impl<T, F, C> Job for Work<T, F, C>
where
    T: Send,
    F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send,
    C: FnOnce(&T) + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let statements = self.statements.take().expect("a job runs once");
        self.value = Some(statements(transaction)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { value, committed, reply, .. } = *self;
        let answer = outcome.map(|()| {
            let value = value.expect("every job of a committed transaction has run");
            committed(&value);
            value
        });
        // Fails if the caller no longer waits, which is fine.
        _ = reply.send(answer);
    }
}

// === impl StoreError ===

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(Arc::new(error))
    }
}
