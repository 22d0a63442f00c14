//! Buses, targets and clients for the tests.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use infra_bus::{BoxFuture, Bus, Clock, Config, Entry, Queue, Rule, Target, TargetError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// 2025-11-21T18:00:00Z.
pub(crate) const NOW_MS: u64 = 1_763_748_000_000;

/// A temporary directory for one bus's file.
pub(crate) struct BusDirectory(TempDir);

impl BusDirectory {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("bus.sqlite")
    }
}

/// The path of a bus in memory.
pub(crate) fn nowhere() -> &'static Path {
    Path::new(":memory:")
}

/// A configuration at `NOW_MS` in which every event goes to every one of the queues.
pub(crate) fn config(queues: &[Queue]) -> Config {
    let mut config = Config::new(Clock::at(NOW_MS));
    for queue in queues {
        config.rules.push(rule(&queue.name, json!({ "source": [{ "prefix": "" }] })));
        config.queues.push(queue.clone());
    }
    config
}

/// A rule named after its queue.
pub(crate) fn rule(queue: &str, event_pattern: Value) -> Rule {
    Rule { name: format!("to-{queue}"), event_pattern, queue: queue.to_owned() }
}

/// One queue's target.
pub(crate) fn one(queue: &str, target: Arc<dyn Target>) -> HashMap<String, Arc<dyn Target>> {
    HashMap::from([(queue.to_owned(), target)])
}

/// Opens a bus with a single queue `orders`.
pub(crate) fn orders(path: &Path, target: Arc<dyn Target>) -> Bus {
    Bus::open(path, config(&[Queue::new("orders")]), one("orders", target)).unwrap()
}

/// An entry whose detail is `{"n":…}`.
pub(crate) fn numbered(n: u64) -> Entry {
    Entry::new("shop", "Numbered", format!(r#"{{"n":{n}}}"#))
}

/// A record of a batch, as a target receives it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) message_id: String,
    pub(crate) attempt: u32,
    pub(crate) event: Value,
}

impl Record {
    pub(crate) fn n(&self) -> u64 {
        self.event["detail"]["n"].as_u64().unwrap()
    }
}

/// The records of an SQS event.
pub(crate) fn records(event: &[u8]) -> Vec<Record> {
    let event: Value = serde_json::from_slice(event).unwrap();
    let record = |record: &Value| Record {
        message_id: record["messageId"].as_str().unwrap().to_owned(),
        attempt: record["attributes"]["ApproximateReceiveCount"].as_str().unwrap().parse().unwrap(),
        event: serde_json::from_str(record["body"].as_str().unwrap()).unwrap(),
    };
    event["Records"].as_array().unwrap().iter().map(record).collect()
}

/// The records reported as failed, with their reason.
pub(crate) fn failed<'a>(records: impl IntoIterator<Item = &'a Record>, reason: &str) -> Value {
    let failure = |r: &Record| json!({ "itemIdentifier": r.message_id, "reason": reason });
    json!({ "batchItemFailures": records.into_iter().map(failure).collect::<Vec<_>>() })
}

struct Answering<F>(F);

impl<F> Target for Answering<F>
where
    F: Fn(Bytes) -> BoxFuture<Result<Bytes, TargetError>> + Send + Sync + 'static,
{
    fn invoke(&self, event: Bytes) -> BoxFuture<Result<Bytes, TargetError>> {
        (self.0)(event)
    }
}

/// A target that is a function from the raw event.
pub(crate) fn raw(
    answer: impl Fn(Bytes) -> BoxFuture<Result<Bytes, TargetError>> + Send + Sync + 'static,
) -> Arc<dyn Target> {
    Arc::new(Answering(answer))
}

/// A target that answers at once.
pub(crate) fn answering(
    answer: impl Fn(Vec<Record>) -> Result<Value, TargetError> + Send + Sync + 'static,
) -> Arc<dyn Target> {
    raw(move |event| {
        let answer = answer(records(&event)).map(|answer| Bytes::from(answer.to_string()));
        Box::pin(std::future::ready(answer))
    })
}

/// A target that accepts everything and sends each batch to the test.
pub(crate) fn taking() -> (Arc<dyn Target>, mpsc::UnboundedReceiver<Vec<Record>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let target = answering(move |batch| {
        sender.send(batch).unwrap();
        Ok(json!({ "batchItemFailures": [] }))
    });
    (target, receiver)
}

/// A target that accepts everything.
pub(crate) fn accepting() -> Arc<dyn Target> {
    answering(|_| Ok(Value::Null))
}

/// A target that must not be called.
pub(crate) fn untouched() -> Arc<dyn Target> {
    answering(|batch| panic!("called with {batch:?}"))
}

/// A target that never answers.
pub(crate) fn hanging() -> Arc<dyn Target> {
    raw(|_| Box::pin(std::future::pending()))
}

/// How often each number has been delivered.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<HashMap<u64, u64>>>);

impl Tally {
    pub(crate) fn count(&self, batch: &[Record]) {
        let mut counts = self.0.lock().unwrap();
        for record in batch {
            *counts.entry(record.n()).or_default() += 1;
        }
    }

    pub(crate) fn of(&self, n: u64) -> u64 {
        self.0.lock().unwrap().get(&n).copied().unwrap_or(0)
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.lock().unwrap().values().sum()
    }
}
