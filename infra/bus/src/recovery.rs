//! What is done with events after the fact: dead letters, the archive, replays.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::bus::{Bus, Shared};
use crate::config::is_name;
use crate::error::{BusError, StoreError};
use crate::event::with_replay_name;
use crate::store::archive::{self, ArchivedEvent};
use crate::store::dead_letters::{self, DeadLetter, Redrive};
use crate::store::messages::{Copy, enqueue};

/// Every time an event can have.
pub const ALL_TIME: RangeInclusive<i64> = i64::MIN..=i64::MAX;

/// Keeps the chances of a replay's copies apart from those of the original ones.
const REPLAY_DRAW: u64 = 1 << 63;

/// Events with the copies a replay makes of them, and the queues of all of them.
type Replayed = Vec<(i64, Vec<Copy>)>;

// === impl Bus ===

impl Bus {
    /// The queue's dead letters with an id above `after`, oldest first: at most a page. Ask again
    /// with the last id until there are none.
    ///
    /// # Errors
    /// No such queue, or the database failed.
    pub async fn dead_letters(&self, queue: &str, after: u64) -> Result<Vec<DeadLetter>, BusError> {
        let queue = self.shared.line(queue)?.queue.name.clone();
        let store = &self.shared.world.store;
        Ok(store.run(move |transaction| dead_letters::page(transaction, &queue, after)).await?)
    }

    /// Puts dead letters back into their queue with all their attempts. Returns how many.
    ///
    /// # Errors
    /// No such queue, or the database failed.
    pub async fn redrive(&self, queue: &str, which: Redrive) -> Result<u64, BusError> {
        let line = Arc::clone(self.shared.line(queue)?);
        let name = line.queue.name.clone();
        let now_ms = self.shared.config.clock.now_ms();
        let redriven = self.shared.world.store.run_then(
            move |transaction| dead_letters::redrive(transaction, &name, &which, now_ms),
            move |moved| line.arrived(*moved),
        );
        Ok(redriven.await?)
    }

    /// The archived events numbered above `after`, in the order of acceptance: at most a page. Ask
    /// again with the last number until there are none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn archive(&self, after: u64) -> Result<Vec<ArchivedEvent>, BusError> {
        Ok(self.archived(after, ALL_TIME).await?)
    }

    /// Publishes the archived events of a span of event time (seconds since 1970) again, through
    /// today's rules, each marked with `"replay-name"`; they are not archived again. Returns how
    /// many events were read, matched by a rule or not. Like on AWS they need not arrive in order.
    ///
    /// # Errors
    /// A name that AWS would not take, or the database failed; then a part may be published.
    pub async fn replay(&self, name: &str, time_s: RangeInclusive<i64>) -> Result<u64, BusError> {
        if !is_name(name) {
            return Err(BusError::ReplayName(name.to_owned()));
        }
        let (mut events, mut after) = (0, 0);
        loop {
            let page = self.archived(after, time_s.clone()).await?;
            let Some(last) = page.last() else { return Ok(events) };
            after = last.seq;
            events += page.len() as u64;
            self.republish(name, &page).await?;
        }
    }

    async fn archived(
        &self,
        after: u64,
        time_s: RangeInclusive<i64>,
    ) -> Result<Vec<ArchivedEvent>, StoreError> {
        let (from_s, to_s) = time_s.into_inner();
        let store = &self.shared.world.store;
        store.run(move |transaction| archive::page(transaction, after, from_s, to_s)).await
    }

    async fn republish(&self, name: &str, page: &[ArchivedEvent]) -> Result<(), StoreError> {
        let mut replayed = Replayed::new();
        let mut queues = Vec::new();
        for event in page {
            let marked = with_replay_name(&event.body, name);
            let copies = self.shared.copies(&marked, event.seq | REPLAY_DRAW).unwrap_or_default();
            queues.extend(copies.iter().map(|copy| copy.queue.clone()));
            let seq = i64::try_from(event.seq).expect("SQLite numbers rows with 63 bits");
            replayed.push((seq, copies));
        }
        let (name, now_ms) = (name.to_owned(), self.shared.config.clock.now_ms());
        let lines = self.shared.lines.clone();
        let published = self.shared.world.store.run_then(
            move |transaction| {
                for (event, copies) in &replayed {
                    for copy in copies {
                        enqueue(transaction, *event, copy, Some(&name), now_ms)?;
                    }
                }
                Ok(())
            },
            move |()| Shared::announce(&lines, &queues),
        );
        published.await
    }
}
