//! The errors of a bus, by operation.

use std::path::PathBuf;
use std::sync::Arc;

/// Why a bus did not open or an operation on it failed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database file cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed while the bus was running.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No queue of this name.
    #[error("there is no queue `{0}`")]
    UnknownQueue(String),
    /// No rule of this name.
    #[error("there is no rule `{0}`")]
    UnknownRule(String),
    /// AWS allows `[.\-_A-Za-z0-9]{1,64}`.
    #[error("`{0}` is not a replay name: 1 to 64 of letters, digits, `.`, `-`, `_`")]
    ReplayName(String),
}

/// An invalid configuration, rejected at start-up.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Names go into ARNs.
    #[error("`{name}` is not usable as {kind} name")]
    BadName {
        /// The kind of name.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two queues or rules with one name.
    #[error("{kind} `{name}` is declared twice")]
    Twice {
        /// Queue or rule.
        kind: &'static str,
        /// The repeated name.
        name: String,
    },
    /// More rules than EventBridge has on a bus.
    #[error("{0} rules: a bus has at most {max}", max = crate::config::RULES_MAX)]
    TooManyRules(usize),
    /// A rule's queue is not declared.
    #[error("rule `{rule}` sends to `{queue}`, which is not a queue of this bus")]
    NoSuchQueue {
        /// The rule.
        rule: String,
        /// The missing queue.
        queue: String,
    },
    /// A queue setting outside its bounds.
    #[error("queue `{queue}`: {setting} is out of range")]
    OutOfRange {
        /// The queue.
        queue: String,
        /// The setting's name.
        setting: &'static str,
    },
    /// A queue without a target.
    #[error("queue `{0}` has no target")]
    NoTarget(String),
    /// A target for a queue that does not exist.
    #[error("a target is given for `{0}`, which is not a queue of this bus")]
    StrayTarget(String),
    /// A pattern that the bus does not accept.
    #[error("rule `{rule}`: {problem}")]
    Pattern {
        /// The rule.
        rule: String,
        /// The error in its pattern.
        problem: PatternError,
    },
}

/// Why an event pattern is not accepted. `at` is a dotted path in the pattern.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PatternError {
    /// EventBridge would reject it too.
    #[error("invalid event pattern at {at}: {problem}")]
    Invalid {
        /// The place.
        at: String,
        /// The message.
        problem: String,
    },
    /// An operator that EventBridge has and this bus has not.
    #[error("event pattern at {at}: this bus does not emulate the operator `{operator}`")]
    NotEmulated {
        /// The place.
        at: String,
        /// The operator's name.
        operator: String,
    },
}

/// Why the database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process (or another bus in this one) holds the file.
    #[error("{}: in use by another process", .0.display())]
    InUse(PathBuf),
    /// Not a database, or a damaged one.
    #[error("{}: not a readable bus database; move it away or restore it", .0.display())]
    Corrupt(PathBuf),
    /// A database, but not of a bus, or of a newer release.
    #[error("{}: not a bus database of this version", .0.display())]
    Foreign(PathBuf),
    /// Directory missing, no permission, disk full, and so on.
    #[error("{}: cannot be opened: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
}

/// The database failed, or is closed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The transaction was rolled back.
    #[error("the bus database failed: {0}")]
    Failed(Arc<rusqlite::Error>),
    /// The bus has shut down.
    #[error("the bus is shut down")]
    Closed,
}

/// Why a whole `PutEvents` request was rejected; no entry was accepted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PutError {
    /// The request breaks a documented limit.
    #[error("{0}")]
    Validation(String),
    /// The intake is full; try again.
    #[error("Rate exceeded")]
    Throttled,
    /// The bus is shutting down.
    #[error("The bus is shutting down.")]
    ShuttingDown,
    /// The entries could not be made durable; the request may be retried.
    #[error("The events could not be stored: {0}")]
    Internal(StoreError),
}

// === impl PutError ===

impl From<StoreError> for PutError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::ShuttingDown,
            StoreError::Failed(_) => Self::Internal(error),
        }
    }
}
