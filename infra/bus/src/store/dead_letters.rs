//! Dead letters: messages whose attempts are used up, with their reason.

use rusqlite::{Row, Transaction, params};

use crate::event::with_replay_name;

/// Dead letters in one page.
const PAGE_MAX: usize = 100;

/// Bodies in one page, in bytes: a page of the largest events must fit in memory too.
const PAGE_BYTES_MAX: usize = 8 * 1_048_576;

/// A message that is no longer retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number among the dead letters; never reused.
    pub id: u64,
    /// The queue it was in.
    pub queue: String,
    /// The event, as it was last delivered.
    pub body: String,
    /// The text of the last failure.
    pub reason: String,
    /// How many attempts were made.
    pub attempts: u32,
    /// When it entered the queue, in milliseconds since 1970.
    pub sent_ms: u64,
    /// When it became a dead letter, in milliseconds since 1970.
    pub died_ms: u64,
}

/// Which dead letters to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redrive {
    /// Every one of the queue.
    All,
    /// These; unknown ids are ignored.
    Ids(Vec<u64>),
}

/// A page of a queue's dead letters, those after `after`.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    queue: &str,
    after: u64,
) -> rusqlite::Result<Vec<DeadLetter>> {
    let letter = |row: &Row<'_>| {
        let body: String = row.get(2)?;
        let replay: Option<String> = row.get(3)?;
        Ok(DeadLetter {
            id: row.get(0)?,
            queue: row.get(1)?,
            body: replay.map_or_else(|| body.clone(), |name| with_replay_name(&body, &name)),
            reason: row.get(4)?,
            attempts: row.get(5)?,
            sent_ms: row.get(6)?,
            died_ms: row.get(7)?,
        })
    };
    let mut statement = transaction.prepare_cached(
        "SELECT d.seq, d.queue, e.body, d.replay, d.reason, d.received, d.sent_ms, d.died_ms
         FROM dead_letter d JOIN event e ON e.seq = d.event
         WHERE d.queue = ?1 AND d.seq > ?2 ORDER BY d.seq LIMIT ?3",
    )?;
    let rows = statement.query_map(params![queue, after, PAGE_MAX], letter)?;
    let mut page = Vec::new();
    let mut page_bytes = 0;
    for letter in rows {
        let letter = letter?;
        page_bytes += letter.body.len();
        page.push(letter);
        if page_bytes >= PAGE_BYTES_MAX {
            break;
        }
    }
    Ok(page)
}

/// Deletes a dead letter of the queue. Returns whether it existed.
pub(crate) fn discard(
    transaction: &Transaction<'_>,
    queue: &str,
    id: u64,
) -> rusqlite::Result<bool> {
    let deleted = transaction
        .prepare_cached("DELETE FROM dead_letter WHERE queue = ?1 AND seq = ?2")?
        .execute(params![queue, id])?;
    Ok(deleted > 0)
}

/// Puts dead letters back into their queue as if they had just been sent. Returns how many.
pub(crate) fn redrive(
    transaction: &Transaction<'_>,
    queue: &str,
    which: &Redrive,
    now_ms: u64,
) -> rusqlite::Result<u64> {
    let mut moved = 0;
    match which {
        Redrive::All => moved += move_back(transaction, queue, 1, i64::MAX as u64, now_ms)?,
        Redrive::Ids(ids) => {
            for id in ids {
                moved += move_back(transaction, queue, *id, *id, now_ms)?;
            }
        }
    }
    Ok(moved)
}

fn move_back(
    transaction: &Transaction<'_>,
    queue: &str,
    first: u64,
    last: u64,
    now_ms: u64,
) -> rusqlite::Result<u64> {
    let moved = transaction
        .prepare_cached(
            "INSERT INTO message (queue, event, replay, sent_ms, due_ms)
             SELECT queue, event, replay, ?4, ?4 FROM dead_letter
             WHERE queue = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq",
        )?
        .execute(params![queue, first, last, now_ms])?;
    transaction
        .prepare_cached("DELETE FROM dead_letter WHERE queue = ?1 AND seq BETWEEN ?2 AND ?3")?
        .execute(params![queue, first, last])?;
    Ok(moved as u64)
}
