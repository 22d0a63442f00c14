//! The archive: every accepted event, in the order of acceptance.

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

/// The events after `after` with a time in `from_s..=to_s`: a page of them.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    after: u64,
    from_s: i64,
    to_s: i64,
) -> rusqlite::Result<Vec<ArchivedEvent>> {
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
         WHERE seq > ?1 AND time_s BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4",
    )?;
    let rows = statement.query_map(params![after, from_s, to_s, PAGE_EVENTS_MAX], archived)?;
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
