//! The archive: every accepted event, in the order of acceptance.

use std::ops::RangeInclusive;

use rusqlite::{Row, Transaction, params};

/// Events in one page.
const PAGE_EVENTS_MAX: usize = 500;

/// Bodies in one page, in bytes: a page of the largest events must fit in memory too.
const PAGE_BYTES_MAX: usize = 8 * 1_048_576;

/// An event as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedEvent {
    /// Its place in the archive, counted from 1.
    pub seq: u64,
    /// The event's id.
    pub id: String,
    /// Its `time`, in seconds since 1970.
    pub time_s: i64,
    /// The event as it was delivered.
    pub body: String,
}

/// A filter on events.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) time_s: RangeInclusive<i64>,
    /// The earliest time at which they were stored.
    pub(crate) since_ms: u64,
}

/// The result of trimming one page of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrimmedPage {
    /// The last event of the page.
    pub(crate) last: u64,
    /// How many were deleted.
    pub(crate) events: usize,
}

/// The events of a span after `after`: a page of them.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    after: u64,
    span: &Span,
) -> rusqlite::Result<Vec<ArchivedEvent>> {
    let (from_s, to_s) = (span.time_s.start(), span.time_s.end());
    let archived = |row: &Row<'_>| {
        Ok(ArchivedEvent {
            seq: row.get(0)?,
            id: row.get(1)?,
            time_s: row.get(2)?,
            body: row.get(3)?,
        })
    };
    let mut statement = transaction.prepare_cached(
        "SELECT seq, id, time_s, body FROM event
         WHERE seq > ?1 AND time_s BETWEEN ?2 AND ?3 AND stored_ms >= ?4 ORDER BY seq LIMIT ?5",
    )?;
    let bounds = params![after, from_s, to_s, span.since_ms, PAGE_EVENTS_MAX];
    let rows = statement.query_map(bounds, archived)?;
    let mut page = Vec::new();
    let mut page_bytes = 0;
    for event in rows {
        let event = event?;
        page_bytes += event.body.len();
        page.push(event);
        if page_bytes >= PAGE_BYTES_MAX {
            break;
        }
    }
    Ok(page)
}

/// Deletes the events of the page after `after` that were stored before `before_ms`, except those
/// that a message or a dead letter still refers to. `None` at the first younger event: they were
/// stored in the order of their numbers.
pub(crate) fn trim(
    transaction: &Transaction<'_>,
    after: u64,
    before_ms: u64,
) -> rusqlite::Result<Option<TrimmedPage>> {
    let last: Option<u64> = transaction
        .prepare_cached(
            "SELECT max(seq) FROM (SELECT seq, stored_ms FROM event WHERE seq > ?1
             ORDER BY seq LIMIT ?2) WHERE stored_ms < ?3",
        )?
        .query_row(params![after, PAGE_EVENTS_MAX, before_ms], |row| row.get(0))?;
    let Some(last) = last else { return Ok(None) };
    let events = transaction
        .prepare_cached(
            "DELETE FROM event WHERE seq > ?1 AND seq <= ?2 AND stored_ms < ?3
             AND seq NOT IN (SELECT event FROM message)
             AND seq NOT IN (SELECT event FROM dead_letter)",
        )?
        .execute(params![after, last, before_ms])?;
    Ok(Some(TrimmedPage { last, events }))
}
