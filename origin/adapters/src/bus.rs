//! Events on EventBridge. The result of each entry is checked.

use std::time::Duration;

use domain_core::event::{DETAIL_BYTES_MAX, Event, Events};
use domain_core::port::PortError;
use serde::{Deserialize, Serialize};

use crate::aws::Aws;
use crate::error::{coded, corrupt};

/// Entries of one `PutEvents` (EventBridge's limit).
pub const ENTRIES_MAX: usize = 10;
/// Bytes of one `PutEvents`: all its entries together (EventBridge's limit since 2026-01-29).
pub const REQUEST_BYTES_MAX: usize = 1_048_576;
/// How often entries that failed by themselves are sent again. Each round is a whole operation
/// with attempts of its own.
pub const ENTRY_ROUNDS_MAX: u32 = 3;
/// The wait before the second round; then it doubles.
const ROUND_WAIT_MS: u64 = 25;
/// Bytes that EventBridge counts for an entry's time, with or without one.
const ENTRY_TIME_BYTES: usize = 14;

/// The event bus.
#[derive(Debug, Clone)]
pub struct EventBridgeBus {
    aws: Aws,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents<'a> {
    entries: &'a [Entry<'a>],
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    event_bus_name: &'a str,
    source: &'a str,
    detail_type: &'a str,
    detail: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsAnswer {
    entries: Vec<EntryResult>,
}

/// Either an id or an error.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryResult {
    event_id: Option<String>,
    error_code: Option<String>,
}

// === impl EventBridgeBus ===

impl EventBridgeBus {
    /// The configured bus.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }

    /// Sends one request's worth of events until each is acknowledged.
    async fn publish_batch(&self, batch: &[Event]) -> Result<(), PortError> {
        let mut pending: Vec<Entry<'_>> = batch.iter().map(|event| self.entry(event)).collect();
        let mut last_code = String::new();
        for round in 0..ENTRY_ROUNDS_MAX {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(ROUND_WAIT_MS << (round - 1))).await;
            }
            let failed = self.put(&pending).await?;
            let mut codes = failed.iter().map(|(_, code)| code);
            let Some(code) = codes.next() else { return Ok(()) };
            last_code.clone_from(code);
            let errors = failed.iter().map(|(_, code)| coded("put events", code));
            if let Some(error) = errors.into_iter().find(|error| !error.is_retryable()) {
                return Err(error);
            }
            pending = failed.into_iter().map(|(entry, _)| entry).collect();
        }
        Err(coded("put events", &last_code))
    }

    /// Sends entries and returns those that failed, each with its code.
    async fn put<'a>(&self, entries: &[Entry<'a>]) -> Result<Vec<(Entry<'a>, String)>, PortError> {
        let answer = self.aws.put_events().send_json(&PutEvents { entries }).await?;
        let PutEventsAnswer { entries: results } = answer;
        if results.len() != entries.len() {
            return Err(corrupt("put events", "not an answer per entry"));
        }
        // An entry is acknowledged by its event id and by nothing else.
        let failed = entries.iter().zip(results).filter(|(_, result)| result.event_id.is_none());
        let code = |code: Option<String>| code.unwrap_or_else(|| "no code".to_owned());
        Ok(failed.map(|(entry, result)| (*entry, code(result.error_code))).collect())
    }

    fn entry<'a>(&'a self, event: &'a Event) -> Entry<'a> {
        Entry {
            event_bus_name: self.aws.bus(),
            source: event.kind.source(),
            detail_type: event.kind.detail_type(),
            detail: &event.detail,
        }
    }
}

impl Events for EventBridgeBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        if events.iter().any(|event| event.detail.len() > DETAIL_BYTES_MAX) {
            return Err(corrupt("put events", "detail too large"));
        }
        for batch in batches(events) {
            self.publish_batch(batch).await?;
        }
        Ok(())
    }
}

/// Cuts events into requests, in order, by number and by size.
fn batches(mut events: &[Event]) -> Vec<&[Event]> {
    let mut batches = Vec::new();
    while !events.is_empty() {
        let mut bytes = 0;
        let fits = |event: &&Event| {
            bytes += entry_bytes(event);
            bytes <= REQUEST_BYTES_MAX
        };
        // At least one: an event alone always fits.
        let count = events.iter().take(ENTRIES_MAX).take_while(fits).count().max(1);
        let (batch, rest) = events.split_at(count);
        batches.push(batch);
        events = rest;
    }
    batches
}

fn entry_bytes(event: &Event) -> usize {
    let Event { kind, detail } = event;
    ENTRY_TIME_BYTES + kind.source().len() + kind.detail_type().len() + detail.len()
}

#[cfg(test)]
mod tests {
    use domain_core::event::{DETAIL_BYTES_MAX, Event, Kind};

    use super::{REQUEST_BYTES_MAX, batches, entry_bytes};

    fn event(detail_bytes: usize) -> Event {
        Event { kind: Kind::CartCommanded, detail: "x".repeat(detail_bytes) }
    }

    fn lengths(events: &[Event]) -> Vec<usize> {
        batches(events).into_iter().map(<[Event]>::len).collect()
    }

    #[test]
    fn a_request_has_at_most_ten_entries() {
        let lengths_of = |count| lengths(&vec![event(2); count]);
        assert_eq!(lengths_of(0), [0; 0]);
        assert_eq!(lengths_of(1), [1]);
        assert_eq!(lengths_of(10), [10]);
        assert_eq!(lengths_of(23), [10, 10, 3]);
    }

    #[test]
    fn a_request_stays_below_its_size() {
        let overhead = entry_bytes(&event(0));
        let half = REQUEST_BYTES_MAX / 2 - overhead;
        assert_eq!(lengths(&[event(half), event(half), event(0)]), [2, 1]);
        assert_eq!(lengths(&[event(half), event(half + 1), event(0)]), [1, 2]);
        assert!(entry_bytes(&event(DETAIL_BYTES_MAX)) <= REQUEST_BYTES_MAX);
    }
}
