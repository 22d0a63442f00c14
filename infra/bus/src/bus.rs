//! The bus itself: opening, putting events, control of the queues, shutdown.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{Config, Queue};
use crate::delivery::Context;
use crate::entry::{ENTRIES_BYTES_MAX, ENTRIES_MAX, Entry, EntryError};
use crate::error::{BusError, ConfigError, PutError};
use crate::event::{Envelope, EventIds};
use crate::poller::{Poller, ms};
use crate::queue_state::{Mode, QueueState};
use crate::retention::sweep;
use crate::rng::{Draw, rng};
use crate::rules::Rules;
use crate::sqs::Origin;
use crate::store::messages::{Copy, publish};
use crate::store::{Store, open};
use crate::target::{AtRest, Target};

/// Bound on the data that waits for the writer, in KiB: about a second of a busy disk, and 64 MiB
/// of memory.
const INTAKE_KIB_MAX: usize = 65_536;

/// The size that the smallest request counts for, in KiB: so at most 4,096 requests wait.
const INTAKE_KIB_MIN: usize = 16;

/// A running bus. Clones share it; dropping the last one abandons the deliveries in flight, which
/// the next opening of the file repeats.
#[derive(Clone)]
pub struct Bus {
    pub(crate) shared: Arc<Shared>,
}

/// Counters since the bus was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    /// Requests with at least one accepted entry, made durable.
    pub puts: u64,
    /// Transactions, including those of deliveries.
    pub commits: u64,
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) rules: Rules,
    pub(crate) queue_states: Vec<Arc<QueueState>>,
    pub(crate) context: Arc<Context>,
    ids: EventIds,
    intake: Arc<Semaphore>,
    puts: Arc<AtomicU64>,
    tasks: Mutex<Option<Tasks>>,
}

/// Dropping a `JoinSet` aborts its tasks; the writer ends by itself when no handle to the store is
/// left.
struct Tasks {
    pollers: JoinSet<()>,
    sweeper: JoinSet<()>,
    writer: JoinHandle<()>,
}

/// An accepted entry and its copies for the queues.
struct Accepted {
    envelope: Envelope,
    copies: Vec<Copy>,
}

// === impl Bus ===

impl Bus {
    /// Opens or creates the file at `path` and starts serving the queues. `targets` holds one
    /// target for each queue, by name. Must be called inside a tokio runtime. The path `:memory:`
    /// keeps everything in memory.
    ///
    /// # Errors
    /// An invalid configuration, or a file that cannot be used.
    pub fn open(
        path: &Path,
        config: Config,
        targets: HashMap<String, Arc<dyn Target>>,
    ) -> Result<Self, BusError> {
        Self::start(path, config, targets, Mode::Serving)
    }

    /// Opens the file for maintenance, without deliveries: events may be put, redriven and
    /// replayed, and all of them wait for the next [`Bus::open`].
    ///
    /// # Errors
    /// As [`Bus::open`].
    pub fn open_at_rest(path: &Path, config: Config) -> Result<Self, BusError> {
        let at_rest = |queue: &Queue| (queue.name.clone(), Arc::new(AtRest) as Arc<dyn Target>);
        let targets = config.queues.iter().map(at_rest).collect();
        Self::start(path, config, targets, Mode::Stopping)
    }

    fn start(
        path: &Path,
        config: Config,
        mut targets: HashMap<String, Arc<dyn Target>>,
        mode: Mode,
    ) -> Result<Self, BusError> {
        config.check()?;
        let names: Vec<String> = config.queues.iter().map(|queue| queue.name.clone()).collect();
        let rules = Rules::compile(&config.rules, &names)?;
        if let Some(name) = names.iter().find(|name| !targets.contains_key(*name)) {
            return Err(ConfigError::NoTarget(name.clone()).into());
        }
        if let Some(stray) = targets.keys().find(|name| !names.contains(name)) {
            return Err(ConfigError::StrayTarget(stray.clone()).into());
        }
        let now_ms = config.clock.now_ms();
        let opened = open::open(path, config.durability, now_ms)?;
        let mut unfinished: HashMap<_, _> = opened.unfinished.into_iter().collect();
        let queue_state = |queue: &Queue| {
            let origin = Origin {
                queue_arn: config.queue_arn(&queue.name),
                region: config.region.clone(),
                account: config.account.clone(),
                created_ms: opened.created_ms,
            };
            let target = targets.remove(&queue.name).expect("every queue has a target");
            let messages = unfinished.remove(&queue.name).unwrap_or(0);
            Arc::new(QueueState::new(queue.clone(), origin, target, messages, mode))
        };
        let queue_states: Vec<_> = config.queues.iter().map(queue_state).collect();
        for (queue, messages) in unfinished {
            tracing::warn!(
                queue,
                count = messages,
                "the file holds messages of a queue not configured"
            );
        }
        let (store, writer) = Store::start(opened.connection);
        let context = Arc::new(Context {
            store,
            faults: config.faults.clone(),
            seed: config.seed,
            clock: config.clock,
        });
        let mut pollers = JoinSet::new();
        for queue_state in &queue_states {
            pollers.spawn(Poller::new(Arc::clone(queue_state), Arc::clone(&context)).run());
        }
        let mut sweeper = JoinSet::new();
        if let Some(retention) = config.archive_retention {
            sweeper.spawn(sweep(Arc::clone(&context), retention));
        }
        let shared = Shared {
            rules,
            queue_states,
            context,
            ids: EventIds::new(now_ms, opened.opening),
            intake: Arc::new(Semaphore::new(INTAKE_KIB_MAX)),
            puts: Arc::default(),
            tasks: Mutex::new(Some(Tasks { pollers, sweeper, writer })),
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Accepts a request's entries: each gets its event's id, once it is durable, or its error.
    ///
    /// # Errors
    /// The request as a whole is rejected, or no part of it could be stored.
    pub async fn put(
        &self,
        entries: &[Entry],
    ) -> Result<Vec<Result<String, EntryError>>, PutError> {
        let size_bytes = request_size_bytes(entries)?;
        let permit = self.shared.admit(size_bytes)?;
        let mut results = Vec::with_capacity(entries.len());
        let mut accepted = Vec::with_capacity(entries.len());
        for entry in entries {
            results.push(self.shared.accept(entry).map(|one| {
                let id = one.envelope.id.clone();
                accepted.push(one);
                id
            }));
        }
        if !accepted.is_empty() {
            self.shared.store(accepted, permit).await?;
        }
        Ok(results)
    }

    /// The names of its queues.
    pub fn queues(&self) -> impl Iterator<Item = &str> {
        self.shared.queue_states.iter().map(|queue_state| queue_state.queue.name.as_str())
    }

    /// Stops handing out the queue's messages; deliveries in flight continue.
    ///
    /// # Errors
    /// No such queue.
    pub fn pause(&self, queue: &str) -> Result<(), BusError> {
        self.shared.queue_state(queue).map(|queue_state| queue_state.switch(Mode::Paused))
    }

    /// Hands out the queue's messages again.
    ///
    /// # Errors
    /// No such queue.
    pub fn resume(&self, queue: &str) -> Result<(), BusError> {
        self.shared.queue_state(queue).map(|queue_state| queue_state.switch(Mode::Serving))
    }

    /// Messages of the queue that are waiting or being delivered.
    ///
    /// # Errors
    /// No such queue.
    pub fn unfinished(&self, queue: &str) -> Result<u64, BusError> {
        self.shared.queue_state(queue).map(|queue_state| queue_state.unfinished())
    }

    /// Resolves when no message of the queue is waiting or being delivered: its target has accepted
    /// every message or it is a dead letter. A paused queue with messages never drains.
    ///
    /// # Errors
    /// No such queue.
    pub async fn drained(&self, queue: &str) -> Result<(), BusError> {
        self.shared.queue_state(queue)?.drained().await;
        Ok(())
    }

    /// Resolves when all queues are drained at once.
    pub async fn idle(&self) {
        while self.shared.queue_states.iter().any(|queue_state| queue_state.unfinished() > 0) {
            for queue_state in &self.shared.queue_states {
                queue_state.drained().await;
            }
        }
    }

    /// The counters since the bus was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            puts: self.shared.puts.load(Ordering::Relaxed),
            commits: self.shared.context.store.commits(),
        }
    }

    /// An id for one HTTP request, unique like an event's.
    pub(crate) fn request_id(&self) -> String {
        self.shared.ids.next().0
    }

    /// Stops accepting events and handing out messages, waits up to `grace` for the deliveries in
    /// flight, and closes the file. Deliveries that have not ended by then are abandoned and
    /// repeated after the next opening. A second call does nothing.
    ///
    /// # Errors
    /// The file could not be closed properly.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), BusError> {
        let Some(mut tasks) = self.shared.tasks.lock().await.take() else { return Ok(()) };
        self.shared.intake.close();
        for queue_state in &self.shared.queue_states {
            queue_state.switch(Mode::Stopping);
        }
        let ended = async { while tasks.pollers.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tasks.pollers.shutdown().await;
        }
        tasks.sweeper.shutdown().await;
        self.shared.context.store.close().await?;
        // The writer returns once the store is closed.
        _ = (&mut tasks.writer).await;
        Ok(())
    }
}

// === impl Shared ===

impl Shared {
    pub(crate) fn queue_state(&self, queue: &str) -> Result<&Arc<QueueState>, BusError> {
        let queue_state =
            self.queue_states.iter().find(|queue_state| queue_state.queue.name == queue);
        queue_state.ok_or_else(|| BusError::UnknownQueue(queue.to_owned()))
    }

    /// Adds the messages of a commit to the counts of their queues.
    pub(crate) fn announce(queue_states: &[Arc<QueueState>], queues: &[String]) {
        for queue_state in queue_states {
            let messages = queues.iter().filter(|queue| **queue == queue_state.queue.name).count();
            queue_state.arrived(messages as u64);
        }
    }

    /// The copies of event number `of` for the queues that all rules, or those named, send it to,
    /// randomly delayed and duplicated.
    pub(crate) fn copies(
        &self,
        event: &str,
        of: u64,
        only: Option<&[String]>,
    ) -> Result<Vec<Copy>, EntryError> {
        let queues = self.rules.queues_for(event, only);
        let queues = queues.map_err(|_| EntryError::malformed_detail())?;
        let now_ms = self.config.clock.now_ms();
        let mut copies = Vec::with_capacity(queues.len());
        for (nth, queue) in queues.into_iter().enumerate() {
            let mut rng = rng(self.config.seed, Draw::Arrival, [of, nth as u64]);
            let queue = &self.queue_states[queue].queue;
            let due_ms = now_ms + ms(queue.delivery_delay);
            for delay_ms in self.config.faults.arrivals_ms(&mut rng) {
                copies.push(Copy { queue: queue.name.clone(), due_ms: due_ms + delay_ms });
            }
        }
        Ok(copies)
    }

    fn admit(&self, size_bytes: usize) -> Result<OwnedSemaphorePermit, PutError> {
        let size_kib = INTAKE_KIB_MIN.max(size_bytes / 1_024);
        let permits = u32::try_from(size_kib).expect("a request is at most 1 MiB");
        Arc::clone(&self.intake).try_acquire_many_owned(permits).map_err(|error| match error {
            TryAcquireError::NoPermits => PutError::Throttled,
            TryAcquireError::Closed => PutError::ShuttingDown,
        })
    }

    fn accept(&self, entry: &Entry) -> Result<Accepted, EntryError> {
        let valid = entry.validate(&self.config.bus)?;
        let (id, number) = self.ids.next();
        let envelope =
            Envelope::new(&self.config, id, &valid).ok_or_else(EntryError::malformed_detail)?;
        let copies = self.copies(&envelope.body, number, None)?;
        Ok(Accepted { envelope, copies })
    }

    /// Makes accepted entries durable. The commit releases `permit`, even if the caller is gone.
    async fn store(
        &self,
        accepted: Vec<Accepted>,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), PutError> {
        let now_ms = self.config.clock.now_ms();
        let copies = accepted.iter().flat_map(|one| &one.copies);
        let queues: Vec<String> = copies.map(|copy| copy.queue.clone()).collect();
        let (queue_states, puts) = (self.queue_states.clone(), Arc::clone(&self.puts));
        let stored = self.context.store.run_then(
            move |transaction| {
                let mut accepted = accepted.iter();
                accepted
                    .try_for_each(|one| publish(transaction, &one.envelope, &one.copies, now_ms))
            },
            move |()| {
                drop(permit);
                puts.fetch_add(1, Ordering::Relaxed);
                Self::announce(&queue_states, &queues);
            },
        );
        Ok(stored.await?)
    }
}

/// Checks the limits of a request as a whole, which AWS does before it checks any entry.
fn request_size_bytes(entries: &[Entry]) -> Result<usize, PutError> {
    let reject = |bound: &str| {
        Err(PutError::Validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
             Member must have length {bound}"
        )))
    };
    if entries.is_empty() {
        return reject("greater than or equal to 1");
    }
    if entries.len() > ENTRIES_MAX {
        return reject("less than or equal to 10");
    }
    let size_bytes = entries.iter().map(Entry::size_bytes).sum();
    if size_bytes > ENTRIES_BYTES_MAX {
        let over = "Total size of the entries in the request is over the limit.";
        return Err(PutError::Validation(over.to_owned()));
    }
    Ok(size_bytes)
}
