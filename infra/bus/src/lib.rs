#![doc = include_str!("../README.md")]

mod bus;
mod clock;
mod config;
mod delivery;
mod detail;
mod entry;
mod error;
mod event;
mod faults;
mod pattern;
mod poller;
mod protocol;
mod queue_state;
mod recovery;
mod retention;
mod rng;
mod rules;
mod serve;
mod sqs;
mod store;
mod target;

pub use bus::{Bus, Stats};
pub use clock::Clock;
pub use config::{
    BACKOFF_MAX, BATCH_MAX, CONCURRENCY_MAX, Config, DELIVERY_DELAY_MAX, Durability, Queue,
    RECEIVE_COUNT_MAX, RULES_MAX, Rule,
};
pub use entry::{ENTRIES_BYTES_MAX, ENTRIES_MAX, Entry, EntryError};
pub use error::{BusError, ConfigError, OpenError, PatternError, PutError, StoreError};
pub use faults::{DELAY_MS_MAX, Faults, FaultsError};
pub use pattern::test_event_pattern;
pub use recovery::Replay;
pub use store::archive::ArchivedEvent;
pub use store::dead_letters::{DeadLetter, Redrive};
pub use target::{BoxFuture, Target, TargetError};
