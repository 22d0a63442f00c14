//! What may be asked of a keeper, and what it reports: the language of the door.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Something to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Show the dead letters: of one queue, or of all.
    List { queue: Option<String> },
    /// Deliver dead letters again; commands that came too late at a new time, if so wished.
    Redrive { which: Which, as_new: bool },
    /// Deliver what the archive holds again.
    Replay(ReplayOrder),
}

/// Which dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Which {
    All,
    Queue(String),
    Ids(Vec<u64>),
}

/// Which part of the archive, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReplayOrder {
    /// Marks every event; made up if not given.
    pub(crate) name: Option<String>,
    pub(crate) from_s: Option<i64>,
    pub(crate) to_s: Option<i64>,
    /// One rule, or all.
    pub(crate) rule: Option<String>,
    /// Forget the carts first.
    pub(crate) fresh: bool,
}

/// What was found or done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    Letter(Letter),
    Redriven(Redriven),
    Replayed(Replayed),
}

/// A dead letter, as `--json` shows it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) id: u64,
    pub(crate) queue: String,
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) sent_at: String,
    pub(crate) died_at: String,
    /// The event as it was last delivered.
    pub(crate) event: Box<RawValue>,
}

/// What became of the dead letters.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Redriven {
    /// Put back into their queues.
    pub(crate) redriven: u64,
    /// Published anew, at a new time.
    pub(crate) issued_anew: u64,
    /// Left where they are.
    pub(crate) refused: Vec<Refused>,
}

/// A dead letter that stays one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub(crate) id: u64,
    pub(crate) reason: String,
}

/// What was replayed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replayed {
    pub(crate) name: String,
    /// Messages put into queues.
    pub(crate) deliveries: u64,
    /// Whether a process delivers them now, or the next one will.
    pub(crate) is_served: bool,
}
