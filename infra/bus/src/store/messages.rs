//! The queues' messages: enqueued, leased, settled.

use rusqlite::{Row, Transaction, params};

use crate::event::Envelope;

/// Bodies in one batch, before escaping: so an invocation stays below Lambda's 6 MB. A single
/// larger message is a batch of its own.
const BATCH_BODY_BYTES_MAX: usize = 2 * 1_048_576;

/// One copy of an event for one queue.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) queue: String,
    pub(crate) due_ms: u64,
}

/// A message that is being delivered.
#[derive(Debug)]
pub(crate) struct Leased {
    pub(crate) seq: u64,
    pub(crate) body: String,
    pub(crate) replay: Option<String>,
    pub(crate) sent_ms: u64,
    pub(crate) first_received_ms: u64,
    /// How often it has been leased, including this time.
    pub(crate) received: u32,
}

/// A poller's request for a batch.
#[derive(Clone, Debug)]
pub(crate) struct LeaseRequest {
    pub(crate) queue: String,
    pub(crate) batch_max: usize,
    /// Whether to include messages that have failed before.
    pub(crate) retries: bool,
    pub(crate) now_ms: u64,
}

/// A batch, or the moment of the next poll.
#[derive(Debug)]
pub(crate) enum Lease {
    Batch(Vec<Leased>),
    NothingUntil(Option<u64>),
}

/// How one message of a batch ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Done,
    Again { due_ms: u64 },
    Dead { reason: String, died_ms: u64 },
}

/// Archives an event and puts its copies into the queues.
pub(crate) fn publish(
    transaction: &Transaction<'_>,
    envelope: &Envelope,
    copies: &[Copy],
    now_ms: u64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO event (id, time_s, body, stored_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![envelope.id, envelope.time_s, envelope.body, now_ms])?;
    let event = transaction.last_insert_rowid();
    copies.iter().try_for_each(|copy| enqueue(transaction, event, copy, None, now_ms))
}

/// Puts one copy of an archived event into a queue.
pub(crate) fn enqueue(
    transaction: &Transaction<'_>,
    event: i64,
    copy: &Copy,
    replay: Option<&str>,
    now_ms: u64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO message (queue, event, replay, sent_ms, due_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![copy.queue, event, replay, now_ms, copy.due_ms])?;
    Ok(())
}

/// Leases the messages that have waited longest. One that has failed before is a batch of its own,
/// so that it cannot fail other messages; new ones share a batch.
pub(crate) fn lease(
    transaction: &Transaction<'_>,
    request: &LeaseRequest,
) -> rusqlite::Result<Lease> {
    let mut batch = due(transaction, request)?;
    let Some(first) = batch.first() else {
        return next_due(transaction, request).map(Lease::NothingUntil);
    };
    if first.received > 1 {
        batch.truncate(1);
    } else {
        batch.retain(|message| message.received == 1);
        batch.truncate(fitting(&batch));
    }
    let mut lease = transaction.prepare_cached(
        "UPDATE message SET leased = 1, received = ?2, first_received_ms = ?3 WHERE seq = ?1",
    )?;
    for message in &batch {
        lease.execute(params![message.seq, message.received, message.first_received_ms])?;
    }
    Ok(Lease::Batch(batch))
}

/// How many messages of a batch one invocation can carry: at least one.
fn fitting(batch: &[Leased]) -> usize {
    let mut body_bytes = 0;
    let fits = batch.iter().take_while(|message| {
        body_bytes += message.body.len();
        body_bytes <= BATCH_BODY_BYTES_MAX
    });
    fits.count().max(1)
}

fn due(transaction: &Transaction<'_>, request: &LeaseRequest) -> rusqlite::Result<Vec<Leased>> {
    let LeaseRequest { queue, batch_max, retries, now_ms } = request;
    let leased = |row: &Row<'_>| {
        Ok(Leased {
            seq: row.get(0)?,
            body: row.get(1)?,
            replay: row.get(2)?,
            sent_ms: row.get(3)?,
            first_received_ms: row.get::<_, Option<u64>>(4)?.unwrap_or(*now_ms),
            received: row.get::<_, u32>(5)? + 1,
        })
    };
    transaction
        .prepare_cached(
            "SELECT m.seq, e.body, m.replay, m.sent_ms, m.first_received_ms, m.received
             FROM message m JOIN event e ON e.seq = m.event
             WHERE m.queue = ?1 AND m.leased = 0 AND m.due_ms <= ?2 AND (?3 OR m.received = 0)
             ORDER BY m.due_ms, m.seq LIMIT ?4",
        )?
        .query_map(params![queue, now_ms, retries, batch_max], leased)?
        .collect()
}

fn next_due(
    transaction: &Transaction<'_>,
    request: &LeaseRequest,
) -> rusqlite::Result<Option<u64>> {
    transaction
        .prepare_cached(
            "SELECT min(due_ms) FROM message
             WHERE queue = ?1 AND leased = 0 AND (?2 OR received = 0)",
        )?
        .query_row(params![request.queue, request.retries], |row| row.get(0))
}

/// Records how the messages of a batch ended.
pub(crate) fn settle(
    transaction: &Transaction<'_>,
    endings: &[(u64, Ending)],
) -> rusqlite::Result<()> {
    for (seq, ending) in endings {
        match ending {
            Ending::Again { due_ms } => {
                transaction
                    .prepare_cached("UPDATE message SET leased = 0, due_ms = ?2 WHERE seq = ?1")?
                    .execute(params![seq, due_ms])?;
                continue;
            }
            Ending::Dead { reason, died_ms } => {
                transaction
                    .prepare_cached(
                        "INSERT INTO dead_letter
                         (queue, event, replay, sent_ms, died_ms, received, reason)
                         SELECT queue, event, replay, sent_ms, ?2, received, ?3
                         FROM message WHERE seq = ?1",
                    )?
                    .execute(params![seq, died_ms, reason])?;
            }
            Ending::Done => {}
        }
        transaction.prepare_cached("DELETE FROM message WHERE seq = ?1")?.execute([seq])?;
    }
    Ok(())
}
