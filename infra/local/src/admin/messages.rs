//! Paths, requests and results of the admin routes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// GET: the names of the queues.
pub(super) const QUEUES: &str = "/queues";

/// GET with [`PageRequest`]: a page of dead letters; the page after the last is empty.
pub(super) const DEAD_LETTERS: &str = "/dead-letters";

/// POST [`RedriveRequest`]: the [`RedriveResult`].
pub(super) const REDRIVE: &str = "/dead-letters/redrive";

/// POST [`ReplayRequest`]: the [`ReplayResult`].
pub(super) const REPLAYS: &str = "/replays";

/// Selects the dead letters of a queue after an id.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PageRequest {
    pub(crate) queue: String,
    pub(crate) after: u64,
}

/// Delivers dead letters again; with `as_new`, commands that came too late at a new time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RedriveRequest {
    pub(crate) selector: Selector,
    pub(crate) as_new: bool,
}

/// Selects dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Selector {
    All,
    Queue(String),
    Ids(Vec<u64>),
}

/// Delivers a part of the archive again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReplayRequest {
    /// Marks every event; generated if absent.
    pub(crate) name: Option<String>,
    pub(crate) from_s: Option<i64>,
    pub(crate) to_s: Option<i64>,
    /// One rule, or all.
    pub(crate) rule: Option<String>,
    /// Delete the carts first.
    pub(crate) fresh: bool,
}

/// A dead letter, as `--json` prints it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeadLetter {
    pub(crate) id: u64,
    pub(crate) queue: String,
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) sent_at: String,
    pub(crate) died_at: String,
    /// The event as it was last delivered.
    pub(crate) event: Box<RawValue>,
}

/// The result of a redrive.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RedriveResult {
    /// Put back into their queues.
    pub(crate) redriven: u64,
    /// Published again at a new time.
    #[serde(rename = "issued_anew")]
    pub(crate) reissued: u64,
    /// Still dead letters.
    #[serde(rename = "refused")]
    pub(crate) rejections: Vec<RedriveRejection>,
}

/// A dead letter that was not redriven.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RedriveRejection {
    pub(crate) id: u64,
    pub(crate) reason: String,
}

/// The result of a replay.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplayResult {
    pub(crate) name: String,
    /// Messages put into queues.
    pub(crate) deliveries: u64,
    /// Whether a running process delivers them now, or the next one to start.
    pub(crate) is_served: bool,
}
