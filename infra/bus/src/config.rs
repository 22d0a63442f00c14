//! The configuration of a bus: its name, account and region, its rules, its queues.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Clock;
use crate::error::ConfigError;
use crate::faults::Faults;

/// Rules per bus (EventBridge quota for a classic bus).
pub const RULES_MAX: usize = 300;

/// Records in one batch (SQS allows 10,000 with a batching window, which one machine does not need).
pub const BATCH_MAX: usize = 1_000;

/// Records in a batch, unless it is set (the SQS maximum without a batching window).
const USUAL_BATCH: usize = 10;

/// A queue's longest delivery delay (SQS: `DelaySeconds` is at most 15 minutes).
pub const DELIVERY_DELAY_MAX: Duration = Duration::from_secs(900);

/// Concurrent invocations of one queue's target (the ceiling of Lambda's own maximum-concurrency
/// setting for SQS is 1,000; one machine needs far fewer).
pub const CONCURRENCY_MAX: usize = 256;

/// A queue's `maxReceiveCount` (SQS allows 1 to 1,000).
pub const RECEIVE_COUNT_MAX: u32 = 1_000;

/// The longest wait between two attempts that may be configured (the SQS visibility timeout's
/// maximum, 12 hours).
pub const BACKOFF_MAX: Duration = Duration::from_secs(43_200);

/// Everything a bus needs to open.
#[derive(Clone, Debug)]
pub struct Config {
    /// The event bus's name; an entry without a bus name means `default`.
    pub bus: String,
    /// The account id shown in events and ARNs.
    pub account: String,
    /// The region shown in events and ARNs.
    pub region: String,
    /// The rules that send events to queues.
    pub rules: Vec<Rule>,
    /// The queues and how they are delivered.
    pub queues: Vec<Queue>,
    /// The faults to inject.
    pub faults: Faults,
    /// Seeds every fault and every jitter; the same seed gives the same ones.
    pub seed: u64,
    /// Which failures an acknowledged event survives.
    pub durability: Durability,
    /// How long the archive stores an event; forever if not set. An event that a queue or a dead
    /// letter still refers to stays in the file, but is no longer replayed.
    pub archive_retention: Option<Duration>,
    /// The source of time.
    pub clock: Clock,
}

/// An EventBridge rule with one target, a queue.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Names the rule in errors.
    pub name: String,
    /// An EventBridge event pattern.
    pub event_pattern: Value,
    /// The queue that receives the matching events.
    pub queue: String,
}

/// A queue in front of a target.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The queue's name, unique on the bus.
    pub name: String,
    /// Records per invocation, at most [`BATCH_MAX`].
    pub batch_max: usize,
    /// How long a message waits before its first delivery, at most [`DELIVERY_DELAY_MAX`].
    pub delivery_delay: Duration,
    /// Invocations at once, at most [`CONCURRENCY_MAX`].
    pub concurrency_max: usize,
    /// Attempts before a message becomes a dead letter, at most [`RECEIVE_COUNT_MAX`].
    pub max_receive_count: u32,
    /// The first wait after a failure; each further one doubles.
    pub backoff_base: Duration,
    /// The longest wait between two attempts, at most [`BACKOFF_MAX`].
    pub backoff_max: Duration,
    /// How long one invocation may take (a Lambda's timeout).
    pub invoke_timeout: Duration,
}

/// Which failures an acknowledged event survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// The event survives the death of the process, kill -9 included (SQLite `NORMAL`).
    #[default]
    Process,
    /// It survives a power cut as well: one fsync for each group of entries (SQLite `FULL`).
    Disk,
}

// === impl Config ===

impl Config {
    /// A bus called `default` in an invented account, with no rules, no queues and no faults.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            bus: "default".to_owned(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            rules: Vec::new(),
            queues: Vec::new(),
            faults: Faults::default(),
            seed: 0,
            durability: Durability::Process,
            archive_retention: None,
            clock,
        }
    }

    /// The ARN of one of this bus's queues.
    #[must_use]
    pub fn queue_arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:{}:{}:{queue}", self.region, self.account)
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (kind, value) in [("bus", &self.bus), ("region", &self.region)] {
            if !is_name(value) {
                return Err(ConfigError::BadName { kind, name: value.clone() });
            }
        }
        if self.account.len() != 12 || !self.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ConfigError::BadName { kind: "account", name: self.account.clone() });
        }
        let mut queues = HashSet::new();
        for queue in &self.queues {
            queue.check()?;
            if !queues.insert(queue.name.as_str()) {
                return Err(ConfigError::Twice { kind: "queue", name: queue.name.clone() });
            }
        }
        if self.rules.len() > RULES_MAX {
            return Err(ConfigError::TooManyRules(self.rules.len()));
        }
        let mut rules = HashSet::new();
        for rule in &self.rules {
            if !is_name(&rule.name) {
                return Err(ConfigError::BadName { kind: "rule", name: rule.name.clone() });
            }
            if !rules.insert(rule.name.as_str()) {
                return Err(ConfigError::Twice { kind: "rule", name: rule.name.clone() });
            }
            if !queues.contains(rule.queue.as_str()) {
                return Err(ConfigError::NoSuchQueue {
                    rule: rule.name.clone(),
                    queue: rule.queue.clone(),
                });
            }
        }
        Ok(())
    }
}

// === impl Queue ===

impl Queue {
    /// A queue with the usual settings: batches of ten, four at once, twelve attempts. Eleven waits
    /// from 200 ms doubling to 30 s sum to more than 70 s at the least jitter, so a table that
    /// is unavailable for a minute loses no event.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            batch_max: USUAL_BATCH,
            delivery_delay: Duration::ZERO,
            concurrency_max: 4,
            max_receive_count: 12,
            backoff_base: Duration::from_millis(200),
            backoff_max: Duration::from_secs(30),
            invoke_timeout: Duration::from_secs(30),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !is_name(&self.name) {
            return Err(ConfigError::BadName { kind: "queue", name: self.name.clone() });
        }
        let out_of_range = |setting| ConfigError::OutOfRange { queue: self.name.clone(), setting };
        if !(1..=BATCH_MAX).contains(&self.batch_max) {
            return Err(out_of_range("batch_max"));
        }
        if self.delivery_delay > DELIVERY_DELAY_MAX {
            return Err(out_of_range("delivery_delay"));
        }
        if !(1..=CONCURRENCY_MAX).contains(&self.concurrency_max) {
            return Err(out_of_range("concurrency_max"));
        }
        if !(1..=RECEIVE_COUNT_MAX).contains(&self.max_receive_count) {
            return Err(out_of_range("max_receive_count"));
        }
        if self.backoff_max > BACKOFF_MAX {
            return Err(out_of_range("backoff_max"));
        }
        if self.backoff_base.is_zero() || self.backoff_base > self.backoff_max {
            return Err(out_of_range("backoff_base"));
        }
        if self.invoke_timeout.is_zero() {
            return Err(out_of_range("invoke_timeout"));
        }
        Ok(())
    }
}

/// EventBridge's name pattern, which also fits queues: `[.\-_A-Za-z0-9]{1,64}`.
pub(crate) fn is_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(legal)
}
