//! From the bus to the ledger: in batches of which some messages fail, late, more than once, in any
//! order, several batches at a time, each dead at any step; what a batch does is the real consumer's.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use origin_adapters::memory::{MemoryLedger, MemoryPrograms};
use origin_domain::event::Event;
use origin_domain::time::{HOUR_MS, MINUTE_MS, Time};
use origin_functions::clock::Clock;
use origin_functions::consume::{Batch, Consumer as _, LoyaltyConsumer, Unfinished};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::judge::Bench;
use super::sabotage::{Suspect, tampered};
use super::tap::{TappedBus, TappedCodes, TappedLedger};
use crate::bug::Bug;
use crate::counts::Occasion;
use crate::crew::{Crew, Life};
use crate::shop::SHOP;
use crate::weather::{DUPLICATE_MS_MAX, Sky};

/// How often a queue delivers before a message becomes a dead letter, and how long it waits between
/// two attempts: as the queues of `infra/bus` do.
const ATTEMPTS_MAX: u32 = 12;
const WAIT_MS_MIN: u64 = 200;
const WAIT_MS_MAX: u64 = 30_000;
/// How often a dead letter is redriven before the operator despairs.
const REDRIVES_MAX: u32 = 50;
/// Most messages of a batch, and how long one waits for others.
const BATCH_MAX: usize = 10;
const GATHER_MS_MAX: u64 = 20;
/// How late a message may be. With the day of Shopify's, a broken consumer and a dead letter it is
/// less than the 48 hours after which figures are taken for complete.
const STRAGGLER_MS_MAX: u64 = 8 * HOUR_MS;
const POISON_MS_MAX: u64 = 4 * HOUR_MS;
const LETTER_MS_MAX: u64 = HOUR_MS;
/// How long the consumers are stopped, again and again, in a world in which they are.
const STOPPED_MS: u64 = 7 * MINUTE_MS;

/// Rule, queue, consumers and dead letters.
pub(crate) struct Consumers {
    pub(crate) crew: Crew,
    pub(crate) life: Life,
    pub(crate) sky: Sky,
    pub(crate) bench: Bench,
    pub(crate) ledger: MemoryLedger,
    pub(crate) programs: MemoryPrograms,
    pub(crate) bus: TappedBus,
    pub(crate) bug: Option<Bug>,
    /// Whether the consumers are stopped every now and then.
    pub(crate) is_stopped_often: bool,
    /// Everything that was ever published, repetitions included.
    pub(crate) archive: RefCell<Vec<Rc<Event>>>,
    pub(crate) queue: RefCell<Vec<Rc<Message>>>,
    pub(crate) messages: Cell<u64>,
}

/// One message on its way.
pub(crate) struct Message {
    id: String,
    event: Rc<Event>,
    /// Until when no consumer can take it.
    poisonous_until_ms: u64,
    attempts: Cell<u32>,
    redrives: Cell<u32>,
}

// === impl Consumers ===

impl Consumers {
    /// Takes from the bus what is published, as long as the world lasts.
    pub(crate) async fn work(self: Rc<Self>) {
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
        let weather = &self.sky.weather;
        let is_straggler = self.sky.strikes(weather.straggler);
        self.send(event, if is_straggler { STRAGGLER_MS_MAX } else { weather.bus_ms_max });
        if self.sky.strikes(weather.duplicate) {
            self.send(event, 10 * weather.bus_ms_max);
        }
        if self.sky.strikes(weather.late_duplicate) {
            self.send(event, DUPLICATE_MS_MAX);
        }
    }

    fn send(self: &Rc<Self>, event: &Rc<Event>, ms_max: u64) {
        let number = self.messages.replace(self.messages.get() + 1);
        let poison_ms = if self.sky.strikes(self.sky.weather.poison) { POISON_MS_MAX } else { 0 };
        let message = Rc::new(Message {
            id: format!("message-{number}"),
            event: Rc::clone(event),
            poisonous_until_ms: self.sky.timeline.now_ms() + self.sky.dice.below(poison_ms + 1),
            attempts: Cell::new(0),
            redrives: Cell::new(0),
        });
        self.queue_after(message, self.sky.dice.below(ms_max + 1));
    }

    /// Lets a message lie in the queue after some time, and takes a batch from there soon.
    fn queue_after(self: &Rc<Self>, message: Rc<Message>, ms: u64) {
        let consumers = Rc::clone(self);
        self.crew.spawn(&self.life, async move {
            let timeline = &consumers.sky.timeline;
            timeline.sleep(if consumers.sky.is_calm() { 0 } else { ms }).await;
            consumers.queue.borrow_mut().push(message);
            timeline.sleep(consumers.sky.dice.below(GATHER_MS_MAX)).await;
            timeline.sleep_until(consumers.starts_at_ms()).await;
            let batch: Vec<Rc<Message>> = {
                let mut queue = consumers.queue.borrow_mut();
                let count = queue.len().min(BATCH_MAX);
                queue.drain(..count).collect()
            };
            if !batch.is_empty() {
                consumers.see_to(batch).await;
            }
        });
    }

    /// When the consumers run: now, unless they are stopped.
    fn starts_at_ms(&self) -> u64 {
        let now_ms = self.sky.timeline.now_ms();
        let since_ms = now_ms % (3 * STOPPED_MS);
        let is_stopped = self.is_stopped_often && !self.sky.is_calm() && since_ms < STOPPED_MS;
        if is_stopped { now_ms - since_ms + STOPPED_MS } else { now_ms }
    }

    async fn see_to(self: &Rc<Self>, batch: Vec<Rc<Message>>) {
        let now_ms = self.sky.timeline.now_ms();
        let is_taken = |message: &Rc<Message>| message.poisonous_until_ms <= now_ms;
        let (taken, mut undone): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_taken);
        let reasons = self.deliver(&taken).await;
        for message in taken {
            match reasons.as_ref().map(|reasons| reasons.get(&message.id)) {
                Some(None) => self.bench.judge().consumed(&message.event),
                Some(Some((_, true))) => {
                    let why = &reasons.as_ref().expect("there are reasons")[&message.id].0;
                    self.bench.judge().astonished(&format!("{:?}: {why}", message.event));
                }
                Some(Some((_, false))) | None => undone.push(message),
            }
        }
        for message in undone {
            self.retry(message);
        }
    }

    fn retry(self: &Rc<Self>, message: Rc<Message>) {
        self.bench.judge().note(Occasion::Redelivered);
        let attempts = message.attempts.get() + 1;
        message.attempts.set(attempts);
        if attempts < ATTEMPTS_MAX {
            return self.queue_after(message, (WAIT_MS_MIN << attempts).min(WAIT_MS_MAX));
        }
        self.bench.judge().note(Occasion::DeadLetter);
        message.attempts.set(0);
        message.redrives.set(message.redrives.get() + 1);
        if message.redrives.get() < REDRIVES_MAX {
            self.queue_after(message, self.sky.dice.below(LETTER_MS_MAX));
        }
    }

    /// What of a batch is unfinished, why, and whether for good; `None` if the consumer died.
    async fn deliver(
        self: &Rc<Self>,
        batch: &[Rc<Message>],
    ) -> Option<HashMap<String, (String, bool)>> {
        let life = self.crew.life();
        let consumer = self.consumer(&life);
        let records: Vec<(String, Rc<Event>)> =
            batch.iter().map(|one| (one.id.clone(), Rc::clone(&one.event))).collect();
        let (bug, ledger) = (self.bug, self.ledger.clone());
        let (tell, told) = oneshot::channel();
        self.crew.spawn(&life, async move {
            let mut read = Vec::new();
            for (id, event) in records {
                let instead = tampered(bug, &ledger, &event, consumer.clock.now()).await;
                let events = instead.unwrap_or_else(|| vec![(*event).clone()]);
                read.extend(events.iter().map(|event| record(&id, &body(event, None))));
            }
            let batch: Batch = serde_json::from_value(json!({"Records": read})).expect("a batch");
            // Nobody is left to be told if the world has ended.
            let _ = tell.send(consumer.consume(batch).await);
        });
        match told.await {
            Ok(unfinished) => Some(reasons(&unfinished)),
            Err(_) => {
                self.bench.judge().note(Occasion::Crash);
                None
            }
        }
    }

    fn consumer(&self, life: &Life) -> SuspectConsumer {
        let (timeline, skew_ms) = (self.sky.timeline.clone(), self.sky.skew_ms());
        let clock = Clock::new(move || Time(timeline.now_ms().saturating_add_signed(skew_ms)));
        let suspect = Tools { consumers: self, life, clock: clock.clone() };
        LoyaltyConsumer {
            ledger: suspect
                .of(TappedLedger { port: self.ledger.clone(), bench: self.bench.clone() }),
            programs: suspect.of(self.programs.clone()),
            events: suspect.of(self.bus.clone()),
            codes: suspect.of(TappedCodes { bench: self.bench.clone() }),
            shop: SHOP.to_owned(),
            clock,
        }
    }
}

/// The real consumer on the ports of a world.
type SuspectConsumer = LoyaltyConsumer<
    Suspect<TappedLedger>,
    Suspect<MemoryPrograms>,
    Suspect<TappedBus>,
    Suspect<TappedCodes>,
>;

/// What the ports of one batch have in common.
struct Tools<'a> {
    consumers: &'a Consumers,
    life: &'a Life,
    clock: Clock,
}

impl Tools<'_> {
    fn of<P>(&self, port: P) -> Suspect<P> {
        let Consumers { sky, programs, bug, .. } = self.consumers;
        let port = sky.exposed(self.life, port);
        Suspect { port, programs: programs.clone(), clock: self.clock.clone(), bug: *bug }
    }
}

fn record(id: &str, body: &str) -> Value {
    json!({"messageId": id, "body": body})
}

/// An event as a queue hands it to a consumer.
fn body(event: &Event, replay: Option<&str>) -> String {
    let replay = replay.map(|name| format!(r#","replay-name":"{name}""#)).unwrap_or_default();
    let (kind, detail) = (event.kind.detail_type(), &event.detail);
    format!(r#"{{"detail-type":"{kind}","detail":{detail}{replay}}}"#)
}

/// By message: why it is unfinished, and whether for good.
fn reasons(unfinished: &Unfinished) -> HashMap<String, (String, bool)> {
    let told = serde_json::to_value(unfinished).expect("an answer has a JSON form");
    let failures = told["batchItemFailures"].as_array().cloned().unwrap_or_default();
    let text = |failure: &Value, key: &str| failure[key].as_str().unwrap_or_default().to_owned();
    let reason = |failure: &Value| {
        let is_final = failure["final"].as_bool().unwrap_or_default();
        (text(failure, "itemIdentifier"), (text(failure, "reason"), is_final))
    };
    failures.iter().map(reason).collect()
}

/// One event as a batch of its own, delivered for a replay if that has a name.
pub(crate) fn batch_of(event: &Event, replay: Option<&str>) -> Batch {
    let record = record("only", &body(event, replay));
    serde_json::from_value(json!({"Records": [record]})).expect("a batch")
}

/// Whether everything of a batch is done.
pub(crate) fn is_finished(unfinished: &Unfinished) -> bool {
    reasons(unfinished).is_empty()
}
