//! Operations on past events: dead letters, the archive, replays.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::bus::{Bus, Shared};
use crate::config::is_name;
use crate::error::{BusError, StoreError};
use crate::event::with_replay_name;
use crate::retention::expired_before_ms;
use crate::store::archive::{self, ArchivedEvent, Span};
use crate::store::dead_letters::{self, DeadLetter, Redrive};
use crate::store::messages::{Copy, enqueue};

/// Every time an event can have.
const ALL_TIME: RangeInclusive<i64> = i64::MIN..=i64::MAX;

/// Makes the random faults of a replay's copies independent of those of the original ones.
const REPLAY_DRAW: u64 = 1 << 63;

/// The events to publish again, and the name of the replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Marks every event of the replay.
    pub name: String,
    /// The span of event time, in seconds since 1970.
    pub time_s: RangeInclusive<i64>,
    /// The rules to replay through; all configured ones if not set.
    pub rules: Option<Vec<String>>,
}

/// Events, each with the copies that a replay makes.
type ReplayCopies = Vec<(i64, Vec<Copy>)>;

// === impl Replay ===

impl Replay {
    /// A replay of everything.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), time_s: ALL_TIME, rules: None }
    }
}

// === impl Bus ===

impl Bus {
    /// The queue's dead letters with an id above `after`, oldest first: at most a page. Call again
    /// with the last id until the page is empty.
    ///
    /// # Errors
    /// No such queue, or the database failed.
    pub async fn dead_letters(&self, queue: &str, after: u64) -> Result<Vec<DeadLetter>, BusError> {
        let queue = self.shared.queue_state(queue)?.queue.name.clone();
        let store = &self.shared.context.store;
        Ok(store.run(move |transaction| dead_letters::page(transaction, &queue, after)).await?)
    }

    /// Puts dead letters back into their queue with all their attempts. Returns how many.
    ///
    /// # Errors
    /// No such queue, or the database failed.
    pub async fn redrive(&self, queue: &str, which: Redrive) -> Result<u64, BusError> {
        let queue_state = Arc::clone(self.shared.queue_state(queue)?);
        let name = queue_state.queue.name.clone();
        let now_ms = self.shared.config.clock.now_ms();
        let redriven = self.shared.context.store.run_then(
            move |transaction| dead_letters::redrive(transaction, &name, &which, now_ms),
            move |moved| queue_state.arrived(*moved),
        );
        Ok(redriven.await?)
    }

    /// Deletes a dead letter. Returns whether it existed.
    ///
    /// # Errors
    /// No such queue, or the database failed.
    pub async fn discard(&self, queue: &str, id: u64) -> Result<bool, BusError> {
        let queue = self.shared.queue_state(queue)?.queue.name.clone();
        let store = &self.shared.context.store;
        Ok(store.run(move |transaction| dead_letters::discard(transaction, &queue, id)).await?)
    }

    /// The archived events numbered above `after`, in the order of acceptance: at most a page. Call
    /// again with the last number until the page is empty.
    ///
    /// # Errors
    /// The database failed.
    pub async fn archive(&self, after: u64) -> Result<Vec<ArchivedEvent>, BusError> {
        Ok(self.archived(after, ALL_TIME).await?)
    }

    /// Publishes archived events again, each marked with `"replay-name"`; they are not archived
    /// again. Returns how many deliveries that makes. Like on AWS they need not arrive in order.
    ///
    /// # Errors
    /// A name that AWS would reject, a rule that does not exist, or a failure of the database,
    /// after which a part may be published.
    pub async fn replay(&self, replay: &Replay) -> Result<u64, BusError> {
        if !is_name(&replay.name) {
            return Err(BusError::ReplayName(replay.name.clone()));
        }
        let mut rules = replay.rules.iter().flatten();
        if let Some(unknown) = rules.find(|rule| !self.shared.rules.has(rule)) {
            return Err(BusError::UnknownRule(unknown.clone()));
        }
        let (mut deliveries, mut after) = (0, 0);
        loop {
            let page = self.archived(after, replay.time_s.clone()).await?;
            let Some(last) = page.last() else { return Ok(deliveries) };
            after = last.seq;
            deliveries += self.republish(replay, &page).await?;
        }
    }

    async fn archived(
        &self,
        after: u64,
        time_s: RangeInclusive<i64>,
    ) -> Result<Vec<ArchivedEvent>, StoreError> {
        let config = &self.shared.config;
        let since_ms = config
            .archive_retention
            .map_or(0, |retention| expired_before_ms(config.clock.now_ms(), retention));
        let span = Span { time_s, since_ms };
        let store = &self.shared.context.store;
        store.run(move |transaction| archive::page(transaction, after, &span)).await
    }

    async fn republish(&self, replay: &Replay, page: &[ArchivedEvent]) -> Result<u64, StoreError> {
        let mut replayed = ReplayCopies::new();
        let mut queues = Vec::new();
        for event in page {
            let marked = with_replay_name(&event.body, &replay.name);
            let (of, rules) = (event.seq | REPLAY_DRAW, replay.rules.as_deref());
            let copies = self.shared.copies(&marked, of, rules).unwrap_or_default();
            queues.extend(copies.iter().map(|copy| copy.queue.clone()));
            let seq = i64::try_from(event.seq).expect("SQLite numbers rows with 63 bits");
            replayed.push((seq, copies));
        }
        let deliveries = queues.len() as u64;
        let (name, now_ms) = (replay.name.clone(), self.shared.config.clock.now_ms());
        let queue_states = self.shared.queue_states.clone();
        let published = self.shared.context.store.run_then(
            move |transaction| {
                for (event, copies) in &replayed {
                    for copy in copies {
                        enqueue(transaction, *event, copy, Some(&name), now_ms)?;
                    }
                }
                Ok(())
            },
            move |()| Shared::announce(&queue_states, &queues),
        );
        published.await.map(|()| deliveries)
    }
}
