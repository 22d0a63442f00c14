//! The event as EventBridge delivers it, and event ids.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::Config;
use crate::entry::ValidEntry;

/// Generates event ids that are unique over all openings of one file: the time of the opening, the
/// number of the opening, a counter.
#[derive(Debug)]
pub(crate) struct EventIds {
    opened_ms: u64,
    opening: u64,
    next: AtomicU64,
}

/// An event ready to be stored: `body` is the JSON document that targets receive.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) id: String,
    pub(crate) time_s: i64,
    pub(crate) body: String,
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    id: &'a str,
    #[serde(rename = "detail-type")]
    detail_type: &'a str,
    source: &'a str,
    account: &'a str,
    time: String,
    region: &'a str,
    resources: &'a [String],
    detail: &'a RawValue,
}

// === impl EventIds ===

impl EventIds {
    pub(crate) fn new(opened_ms: u64, opening: u64) -> Self {
        Self { opened_ms, opening, next: AtomicU64::new(0) }
    }

    /// An id, and a number unique among the events of the file, which seeds the event's faults.
    pub(crate) fn next(&self) -> (String, u64) {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        (uuid(self.opened_ms, self.opening, count), self.opening << 40 | count)
    }
}

// === impl Envelope ===

impl Envelope {
    pub(crate) fn new(config: &Config, id: String, entry: &ValidEntry<'_>) -> Option<Self> {
        let now_s = i64::try_from(config.clock.now_ms() / 1_000).unwrap_or(i64::MAX);
        let time_s = entry.time_s.unwrap_or(now_s);
        let document = Document {
            version: "0",
            id: &id,
            detail_type: entry.detail_type,
            source: entry.source,
            account: &config.account,
            time: OffsetDateTime::from_unix_timestamp(time_s).ok()?.format(&Rfc3339).ok()?,
            region: &config.region,
            resources: entry.resources,
            detail: serde_json::from_str(entry.detail).ok()?,
        };
        let body = serde_json::to_string(&document).ok()?;
        Some(Self { id, time_s, body })
    }
}

/// The same event with the mark that EventBridge adds to replayed events.
pub(crate) fn with_replay_name(body: &str, replay: &str) -> String {
    let open = body.strip_suffix('}').unwrap_or(body);
    format!(r#"{open},"replay-name":"{replay}"}}"#)
}

/// A string in the format of a UUID that is unique by construction, not by chance.
pub(crate) fn uuid(stamp_ms: u64, tag: u64, number: u64) -> String {
    let stamp = stamp_ms & 0xFFFF_FFFF_FFFF;
    let (high, low) = (stamp >> 16, stamp & 0xFFFF);
    let variant = 0x8000 | (number >> 48 & 0x3FFF);
    let node = number & 0xFFFF_FFFF_FFFF;
    format!("{high:08x}-{low:04x}-8{:03x}-{variant:04x}-{node:012x}", tag & 0xFFF)
}
