//! Delivers events from the bus to the ledger: in batches that fail in part, late, repeatedly, in
//! any order, several batches at once, and with crashes at any step. The real consumer processes
//! each batch.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use domain_core::event::Event;
use domain_core::time::{HOUR_MS, MINUTE_MS, Time};
use origin_adapters::{LedgerRepository, ProgramRepository};
use origin_functions::consumers::{Batch, Consumer as _, LoyaltyConsumer, Unfinished};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::mutants::{MutantPort, mutate_event};
use super::observers::{ObservedBus, ObservedCodes, ObservedLedger};
use super::oracle::OracleHandle;
use crate::coverage::Coverage;
use crate::executor::{Executor, TaskGroup};
use crate::faults::{DUPLICATE_MS_MAX, FaultInjector};
use crate::mutant::Mutant;
use crate::shop::SHOP;

/// How often a queue delivers a message before it becomes a dead letter, and the delay between two
/// attempts: the values of the queues in `infra/bus`.
const ATTEMPTS_MAX: u32 = 12;
const WAIT_MS_MIN: u64 = 200;
const WAIT_MS_MAX: u64 = 30_000;
/// How often a dead letter is redriven before the operator gives up.
const REDRIVES_MAX: u32 = 50;
/// The maximum size of a batch, and how long it waits for more messages.
const BATCH_MAX: usize = 10;
const GATHER_MS_MAX: u64 = 20;
/// How late a message may be. Together with Shopify's day, a broken consumer and a dead letter it
/// stays under the 48 hours after which figures count as complete.
const STRAGGLER_MS_MAX: u64 = 8 * HOUR_MS;
const POISON_MS_MAX: u64 = 4 * HOUR_MS;
const DEAD_LETTER_MS_MAX: u64 = HOUR_MS;
/// How long the consumers are stopped each time, in a world that stops them.
const STOPPED_MS: u64 = 7 * MINUTE_MS;

/// Rule, queue, consumers and dead letters.
pub(crate) struct Consumers {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
    pub(crate) oracle: OracleHandle,
    pub(crate) ledger: LedgerRepository,
    pub(crate) programs: ProgramRepository,
    pub(crate) bus: ObservedBus,
    pub(crate) mutant: Option<Mutant>,
    /// Whether the consumers are stopped periodically.
    pub(crate) is_stopped_often: bool,
    /// Every published event, including repetitions.
    pub(crate) archive: RefCell<Vec<Rc<Event>>>,
    pub(crate) queue: RefCell<Vec<Rc<Message>>>,
    pub(crate) messages: Cell<u64>,
}

/// A message of the queue.
pub(crate) struct Message {
    id: String,
    event: Rc<Event>,
    /// Until when every consumer fails on it.
    poisonous_until_ms: u64,
    attempts: Cell<u32>,
    redrives: Cell<u32>,
}

// === impl Consumers ===

impl Consumers {
    /// Takes published events from the bus until the world ends.
    pub(crate) async fn run(self: Rc<Self>) {
        loop {
            self.bus.arrived.notified().await;
            for event in self.bus.port.fetch() {
                let event = Rc::new(event);
                self.archive.borrow_mut().push(Rc::clone(&event));
                self.accept(&event);
            }
        }
    }

    fn accept(self: &Rc<Self>, event: &Rc<Event>) {
        let profile = &self.faults.profile;
        let is_straggler = self.faults.occurs(profile.straggler);
        self.send(event, if is_straggler { STRAGGLER_MS_MAX } else { profile.bus_ms_max });
        if self.faults.occurs(profile.duplicate) {
            self.send(event, 10 * profile.bus_ms_max);
        }
        if self.faults.occurs(profile.late_duplicate) {
            self.send(event, DUPLICATE_MS_MAX);
        }
    }

    fn send(self: &Rc<Self>, event: &Rc<Event>, ms_max: u64) {
        let number = self.messages.replace(self.messages.get() + 1);
        let poison_ms =
            if self.faults.occurs(self.faults.profile.poison) { POISON_MS_MAX } else { 0 };
        let message = Rc::new(Message {
            id: format!("message-{number}"),
            event: Rc::clone(event),
            poisonous_until_ms: self.faults.timeline.now_ms()
                + self.faults.rng.below(poison_ms + 1),
            attempts: Cell::new(0),
            redrives: Cell::new(0),
        });
        self.queue_after(message, self.faults.rng.below(ms_max + 1));
    }

    /// Puts a message into the queue after a delay, and takes a batch from the queue soon after.
    fn queue_after(self: &Rc<Self>, message: Rc<Message>, ms: u64) {
        let consumers = Rc::clone(self);
        self.executor.spawn(&self.group, async move {
            let timeline = &consumers.faults.timeline;
            timeline.sleep(if consumers.faults.is_disabled() { 0 } else { ms }).await;
            consumers.queue.borrow_mut().push(message);
            timeline.sleep(consumers.faults.rng.below(GATHER_MS_MAX)).await;
            timeline.sleep_until(consumers.starts_at_ms()).await;
            let batch: Vec<Rc<Message>> = {
                let mut queue = consumers.queue.borrow_mut();
                let count = queue.len().min(BATCH_MAX);
                queue.drain(..count).collect()
            };
            if !batch.is_empty() {
                consumers.process(batch).await;
            }
        });
    }

    /// The time at which the consumers run: now, unless they are stopped.
    fn starts_at_ms(&self) -> u64 {
        let now_ms = self.faults.timeline.now_ms();
        let since_ms = now_ms % (3 * STOPPED_MS);
        let is_stopped =
            self.is_stopped_often && !self.faults.is_disabled() && since_ms < STOPPED_MS;
        if is_stopped { now_ms - since_ms + STOPPED_MS } else { now_ms }
    }

    async fn process(self: &Rc<Self>, batch: Vec<Rc<Message>>) {
        let now_ms = self.faults.timeline.now_ms();
        let is_deliverable = |message: &Rc<Message>| message.poisonous_until_ms <= now_ms;
        let (deliverable, mut failed): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(is_deliverable);
        let reasons = self.deliver(&deliverable).await;
        for message in deliverable {
            match reasons.as_ref().map(|reasons| reasons.get(&message.id)) {
                Some(None) => self.oracle.lock().consumed(&message.event),
                Some(Some((_, true))) => {
                    let why = &reasons.as_ref().expect("there are reasons")[&message.id].0;
                    self.oracle.lock().unexpected(&format!("{:?}: {why}", message.event));
                }
                Some(Some((_, false))) | None => failed.push(message),
            }
        }
        for message in failed {
            self.retry(message);
        }
    }

    fn retry(self: &Rc<Self>, message: Rc<Message>) {
        self.oracle.lock().count(Coverage::Redelivered);
        let attempts = message.attempts.get() + 1;
        message.attempts.set(attempts);
        if attempts < ATTEMPTS_MAX {
            return self.queue_after(message, (WAIT_MS_MIN << attempts).min(WAIT_MS_MAX));
        }
        self.oracle.lock().count(Coverage::DeadLetter);
        message.attempts.set(0);
        message.redrives.set(message.redrives.get() + 1);
        if message.redrives.get() < REDRIVES_MAX {
            self.queue_after(message, self.faults.rng.below(DEAD_LETTER_MS_MAX));
        }
    }

    /// The unfinished messages of a batch, with the reason and whether it is final; `None` if the
    /// consumer crashed.
    async fn deliver(
        self: &Rc<Self>,
        batch: &[Rc<Message>],
    ) -> Option<HashMap<String, (String, bool)>> {
        let group = self.executor.new_group();
        let consumer = self.consumer(&group);
        let records: Vec<(String, Rc<Event>)> =
            batch.iter().map(|one| (one.id.clone(), Rc::clone(&one.event))).collect();
        let (mutant, ledger) = (self.mutant, self.ledger.clone());
        let (sender, receiver) = oneshot::channel();
        self.executor.spawn(&group, async move {
            let mut read = Vec::new();
            for (id, event) in records {
                let replacement = mutate_event(mutant, &ledger, &event, consumer.clock.now()).await;
                let events = replacement.unwrap_or_else(|| vec![(*event).clone()]);
                read.extend(events.iter().map(|event| record(&id, &body(event, None))));
            }
            let batch: Batch = serde_json::from_value(json!({"Records": read})).expect("a batch");
            // The receiver is gone if the world has ended.
            let _ = sender.send(consumer.consume(batch).await);
        });
        match receiver.await {
            Ok(unfinished) => Some(reasons(&unfinished)),
            Err(_) => {
                self.oracle.lock().count(Coverage::Crash);
                None
            }
        }
    }

    fn consumer(&self, group: &TaskGroup) -> MutantConsumer {
        let (timeline, skew_ms) = (self.faults.timeline.clone(), self.faults.skew_ms());
        let clock = Clock::new(move || Time(timeline.now_ms().saturating_add_signed(skew_ms)));
        let ports = MutantPorts { consumers: self, group, clock: clock.clone() };
        LoyaltyConsumer {
            ledger: ports
                .of(ObservedLedger { port: self.ledger.clone(), oracle: self.oracle.clone() }),
            programs: ports.of(self.programs.clone()),
            events: ports.of(self.bus.clone()),
            codes: ports.of(ObservedCodes { oracle: self.oracle.clone() }),
            shop: SHOP.to_owned(),
            clock,
        }
    }
}

/// The real consumer on the ports of a world.
type MutantConsumer = LoyaltyConsumer<
    MutantPort<ObservedLedger>,
    MutantPort<ProgramRepository>,
    MutantPort<ObservedBus>,
    MutantPort<ObservedCodes>,
>;

/// What the ports of one batch share.
struct MutantPorts<'a> {
    consumers: &'a Consumers,
    group: &'a TaskGroup,
    clock: Clock,
}

impl MutantPorts<'_> {
    fn of<P>(&self, port: P) -> MutantPort<P> {
        let Consumers { faults, programs, mutant, .. } = self.consumers;
        let port = faults.wrap(self.group, port);
        MutantPort { port, programs: programs.clone(), clock: self.clock.clone(), mutant: *mutant }
    }
}

fn record(id: &str, body: &str) -> Value {
    json!({"messageId": id, "body": body})
}

/// The body of a queue message that carries an event.
fn body(event: &Event, replay: Option<&str>) -> String {
    let replay = replay.map(|name| format!(r#","replay-name":"{name}""#)).unwrap_or_default();
    let (kind, detail) = (event.kind.detail_type(), &event.detail);
    format!(r#"{{"detail-type":"{kind}","detail":{detail}{replay}}}"#)
}

/// By message id: the reason why it is unfinished, and whether that is final.
fn reasons(unfinished: &Unfinished) -> HashMap<String, (String, bool)> {
    let response = serde_json::to_value(unfinished).expect("an answer has a JSON form");
    let failures = response["batchItemFailures"].as_array().cloned().unwrap_or_default();
    let text = |failure: &Value, key: &str| failure[key].as_str().unwrap_or_default().to_owned();
    let reason = |failure: &Value| {
        let is_final = failure["final"].as_bool().unwrap_or_default();
        (text(failure, "itemIdentifier"), (text(failure, "reason"), is_final))
    };
    failures.iter().map(reason).collect()
}

/// A batch with one event, marked as part of a replay if `replay` names one.
pub(crate) fn batch_of(event: &Event, replay: Option<&str>) -> Batch {
    let record = record("only", &body(event, replay));
    serde_json::from_value(json!({"Records": [record]})).expect("a batch")
}

/// Whether every message of a batch is finished.
pub(crate) fn is_finished(unfinished: &Unfinished) -> bool {
    reasons(unfinished).is_empty()
}
