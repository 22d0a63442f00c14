//! How attempts and deliveries end.

use super::delivery::Delivery;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered. All but 2xx are failures, redirects included.
    Status(u16),
    /// It did not, or not in time.
    Failed(String),
}

/// A delivery that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// Its last attempt.
    pub delivery: Delivery,
    /// How that ended.
    pub outcome: Outcome,
    /// When.
    pub at_ms: u64,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Deliveries that were made.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Deliveries that failed for good.
    pub abandoned: u64,
    /// Deliveries that a fault lost.
    pub lost: u64,
}
