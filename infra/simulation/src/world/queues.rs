//! Rules, queues and dead letters: delivers events from the bus to the consumers in batches that
//! fail in part, late, repeatedly, in any order, several batches at once. A message that is not
//! finished is received again on the deployed schedule.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use domain_core::event::{Event, Kind};
use domain_core::time::{DAY_MS, MINUTE_MS, Time};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use origin_functions::consumers::redelivery::{WAIT_MS_MAX, wait_ms};

use super::bus::ObservedBus;
use super::consumers::{ConsumerInstance, Consumers};
use super::hooks::Outcome;
use super::oracle::{Finished, Oracles};
use super::wiring::{QueueSettings, queues};
use crate::engine::{Coverage, Executor, FaultInjector, Invariant, TaskGroup};

/// How late a duplicate may come: after the 48 hours, and before or after ids are forgotten.
const DUPLICATE_MS_MAX: u64 = 20 * DAY_MS;
/// How often a dead letter is redriven before the operator waits for the end of all faults: every defect
/// of a consumer is fixed long before.
const REDRIVES_MAX: u32 = 50;
/// How long a batch waits for more messages.
const GATHER_MS_MAX: u64 = 20;
/// How long the consumers are stopped each time, in a world that stops them.
const STOPPED_MS: u64 = 7 * MINUTE_MS;

/// How late the messages of a world may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lateness {
    /// How long EventBridge and the queue together may take.
    pub(crate) straggler_ms_max: u64,
    /// How long a consumer may be broken.
    pub(crate) poison_ms_max: u64,
    /// How long a dead letter waits for the operator.
    pub(crate) dead_letter_ms_max: u64,
}

/// All queues of a world.
pub(crate) struct Queues {
    executor: Executor,
    group: TaskGroup,
    faults: FaultInjector,
    oracles: Oracles,
    bus: ObservedBus,
    consumers: Consumers,
    lateness: Lateness,
    /// Whether the consumers are stopped periodically.
    is_stopped_often: bool,
    queues: Vec<Queue>,
    /// Every published event, including repetitions, with its time.
    archive: RefCell<Vec<(u64, Rc<Event>)>>,
    /// The dead letters that the operator does not redrive before the end.
    given_up: RefCell<Vec<Rc<Message>>>,
    messages: Cell<u64>,
    replays: Cell<u64>,
    /// The messages of replays that are not finished.
    open_replays: Cell<u64>,
}

/// The parts of the queues.
pub(crate) struct QueuesParts {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
    pub(crate) oracles: Oracles,
    pub(crate) bus: ObservedBus,
    pub(crate) consumers: Consumers,
    pub(crate) lateness: Lateness,
    /// The names of the queues.
    pub(crate) names: &'static [&'static str],
}

struct Queue {
    settings: &'static QueueSettings,
    ready: RefCell<Vec<Rc<Message>>>,
    /// The consumers that wait for a batch.
    idle: RefCell<Vec<ConsumerInstance>>,
}

/// The body of a message.
struct Body {
    text: String,
    /// When the bus accepted the event.
    at_ms: u64,
    is_replay: bool,
}

/// A message of a queue.
struct Message {
    id: String,
    queue: usize,
    event: Rc<Event>,
    body: String,
    at_ms: u64,
    is_replay: bool,
    /// Until when every consumer fails on it.
    poisonous_until_ms: u64,
    receives: Cell<u32>,
    redrives: Cell<u32>,
}

// === impl Queues ===

impl Queues {
    pub(crate) fn new(parts: QueuesParts) -> Self {
        let QueuesParts { executor, group, faults, oracles, bus, consumers, lateness, names } =
            parts;
        let deployed = queues().iter().filter(|queue| names.contains(&queue.name.as_str()));
        let queue = |settings| {
            let (ready, idle) = (RefCell::default(), RefCell::default());
            Queue { settings, ready, idle }
        };
        let is_stopped_often = faults.rng.below(4) == 0;
        let (archive, given_up) = (RefCell::default(), RefCell::default());
        let (messages, replays, open_replays) = Default::default();
        Self {
            queues: deployed.map(queue).collect(),
            executor,
            group,
            faults,
            oracles,
            bus,
            consumers,
            lateness,
            is_stopped_often,
            archive,
            given_up,
            messages,
            replays,
            open_replays,
        }
    }

    /// Takes published events from the bus until the world ends.
    pub(crate) async fn run(self: Rc<Self>) {
        loop {
            self.bus.arrived.notified().await;
            for event in self.bus.bus.fetch() {
                let event = Rc::new(event);
                let now_ms = self.faults.timeline.now_ms();
                self.archive.borrow_mut().push((now_ms, Rc::clone(&event)));
                self.accept(&event, now_ms);
            }
        }
    }

    /// All events so far, oldest first.
    pub(crate) fn archived(&self) -> Vec<Rc<Event>> {
        self.archive.borrow().iter().map(|(_, event)| Rc::clone(event)).collect()
    }

    /// Replays the events that were published after a time. Until the last of its messages is finished,
    /// the operator has the consumers make no decision.
    pub(crate) fn replay(self: &Rc<Self>, after: Time) {
        self.replays.set(self.replays.get() + 1);
        let name = format!("replay-{}", self.replays.get());
        let archive = self.archive.borrow().clone();
        for (at_ms, event) in archive.into_iter().filter(|(at_ms, _)| *at_ms > after.0) {
            let text = body(&event, at_ms, Some(&name));
            let body = Body { text, at_ms, is_replay: true };
            for queue in self.selecting(&event) {
                self.send(queue, &event, &body, self.faults.profile.bus_ms_max);
            }
        }
    }

    /// A message is not received again.
    fn close(&self, message: &Message) {
        self.open_replays.update(|open| open - u64::from(message.is_replay));
    }

    fn accept(self: &Rc<Self>, event: &Rc<Event>, now_ms: u64) {
        let profile = &self.faults.profile;
        let body = Body { text: body(event, now_ms, None), at_ms: now_ms, is_replay: false };
        for queue in self.selecting(event) {
            let is_straggler = self.faults.occurs(profile.straggler);
            let first_ms =
                if is_straggler { self.lateness.straggler_ms_max } else { profile.bus_ms_max };
            self.send(queue, event, &body, first_ms);
            if self.faults.occurs(profile.duplicate) {
                self.send(queue, event, &body, 10 * profile.bus_ms_max);
            }
            if self.faults.occurs(profile.late_duplicate) {
                self.send(queue, event, &body, DUPLICATE_MS_MAX);
            }
        }
    }

    /// The queues whose rules select an event.
    fn selecting(&self, event: &Event) -> Vec<usize> {
        // Only the rules for webhooks look into the detail.
        let detail: Value = match event.kind {
            Kind::ShopifyWebhook => serde_json::from_str(&event.detail).unwrap_or_default(),
            _ => Value::Null,
        };
        let metadata = json!({"metadata": detail["metadata"]});
        let event = json!({"source": event.kind.source(), "detail-type": event.kind.detail_type(),
            "detail": metadata});
        let selects = |queue: &usize| self.queues[*queue].settings.selects(&event);
        (0..self.queues.len()).filter(selects).collect()
    }

    /// The names of the queues whose rules select an event.
    pub(crate) fn names_selecting(&self, event: &Event) -> Vec<&'static str> {
        let selecting = self.selecting(event).into_iter();
        selecting.map(|queue| self.queues[queue].settings.name.as_str()).collect()
    }

    fn send(self: &Rc<Self>, queue: usize, event: &Rc<Event>, body: &Body, ms_max: u64) {
        let number = self.messages.replace(self.messages.get() + 1);
        self.open_replays.update(|open| open + u64::from(body.is_replay));
        let is_poison = self.faults.occurs(self.faults.profile.poison);
        let poison_ms = if is_poison { self.lateness.poison_ms_max } else { 0 };
        let message = Rc::new(Message {
            id: format!("message-{number}"),
            queue,
            event: Rc::clone(event),
            body: body.text.clone(),
            at_ms: body.at_ms,
            is_replay: body.is_replay,
            poisonous_until_ms: self.faults.timeline.now_ms()
                + self.faults.rng.below(poison_ms + 1),
            receives: Cell::new(0),
            redrives: Cell::new(0),
        });
        let ms = if self.faults.is_disabled() { 0 } else { self.faults.rng.below(ms_max + 1) };
        self.ready_after(message, ms);
    }

    /// Makes a message ready after a delay, and has a batch received soon after.
    fn ready_after(self: &Rc<Self>, message: Rc<Message>, ms: u64) {
        let queues = Rc::clone(self);
        self.executor.spawn(&self.group, async move {
            let timeline = &queues.faults.timeline;
            timeline.sleep(ms).await;
            let at = message.queue;
            queues.queues[at].ready.borrow_mut().push(message);
            timeline.sleep(queues.faults.rng.below(GATHER_MS_MAX)).await;
            timeline.sleep_until(queues.starts_at_ms()).await;
            let Queue { settings, ready, .. } = &queues.queues[at];
            let batch: Vec<Rc<Message>> = {
                let mut ready = ready.borrow_mut();
                let count = ready.len().min(settings.batch_max);
                ready.drain(..count).collect()
            };
            if !batch.is_empty() {
                queues.process(settings, batch).await;
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

    async fn process(self: &Rc<Self>, settings: &'static QueueSettings, batch: Vec<Rc<Message>>) {
        let received_ms = self.faults.timeline.now_ms();
        let is_deliverable = |message: &Rc<Message>| message.poisonous_until_ms <= received_ms;
        let (deliverable, poisonous): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(is_deliverable);
        let outcomes = self.deliver(settings, &deliverable).await;
        for message in poisonous {
            self.retry(settings, message, received_ms, Some("poisonous"));
        }
        for message in deliverable {
            match outcomes.as_ref().and_then(|outcomes| outcomes.get(&message.id)) {
                Some(Outcome::Done) => {
                    let event = &message.event;
                    self.oracles
                        .trace(|| format!("queue   finishes {:?} {}", event.kind, event.detail));
                    let Message { at_ms, is_replay, .. } = *message;
                    let queue = settings.name.as_str();
                    let finished = Finished { queue, event, at_ms, is_replay };
                    self.oracles.each(|oracle| oracle.consumed(finished));
                    self.close(&message);
                }
                Some(Outcome::Failed(reason)) => {
                    self.retry(settings, message, received_ms, Some(reason));
                }
                None => self.retry(settings, message, received_ms, None),
            }
        }
    }

    /// The message is received again when the consumer said, or when its visibility timeout is over if the
    /// consumer said nothing (`reason`: why it did), or becomes a dead letter.
    fn retry(
        self: &Rc<Self>,
        settings: &QueueSettings,
        message: Rc<Message>,
        received_ms: u64,
        reason: Option<&str>,
    ) {
        self.oracles.count(Coverage::Redelivered);
        let receives = message.receives.get() + 1;
        message.receives.set(receives);
        let is_lasting =
            reason.is_some_and(|reason| LASTING.iter().any(|one| reason.contains(one)));
        if receives < settings.receives_max && !is_lasting {
            let now_ms = self.faults.timeline.now_ms();
            let hidden_ms = match reason {
                Some(_) => wait_ms(receives, self.faults.rng.below(WAIT_MS_MAX)),
                None => (received_ms + settings.visibility_ms).saturating_sub(now_ms),
            };
            return self.ready_after(message, hidden_ms);
        }
        if self.consumers.hooks.drops_poison() {
            return self.close(&message);
        }
        self.oracles.each(|oracle| oracle.dead_lettered(&message.event, reason));
        message.receives.set(0);
        message.redrives.set(message.redrives.get() + 1);
        if is_lasting {
            return self.close(&message);
        }
        if message.redrives.get() >= REDRIVES_MAX {
            if self.faults.is_disabled() {
                let text =
                    || format!("a consumer fails without faults: {reason:?} {}", message.body);
                self.oracles.run_log.report(Invariant::Accounted, text);
            }
            return self.given_up.borrow_mut().push(message);
        }
        self.oracles.count(Coverage::Redriven);
        self.ready_after(message, self.faults.rng.below(self.lateness.dead_letter_ms_max));
    }

    /// Redrives what the operator had given up. An erasure of a hundred steps never ends while one call
    /// in fifty fails.
    pub(super) fn redrive(self: &Rc<Self>) {
        for message in self.given_up.take() {
            self.oracles.count(Coverage::Redriven);
            self.ready_after(message, 0);
        }
    }

    /// The outcomes of a batch by message; `None` if the consumer crashed or took too long.
    async fn deliver(
        self: &Rc<Self>,
        settings: &'static QueueSettings,
        batch: &[Rc<Message>],
    ) -> Option<HashMap<String, Outcome>> {
        if batch.is_empty() {
            return None;
        }
        let idle = &self.queues[batch[0].queue].idle;
        let is_replaying = self.open_replays.get() > 0;
        idle.borrow_mut().retain(|instance| instance.is_replaying == is_replaying);
        let instance = idle.borrow_mut().pop();
        let instance = instance.unwrap_or_else(|| {
            self.consumers.start(&settings.name, self.executor.new_group(), is_replaying)
        });
        let messages = batch.iter().map(|one| (one.id.clone(), one.body.clone())).collect();
        let consume = self.consumers.consume(&instance, messages);
        let (sender, receiver) = oneshot::channel();
        self.executor.spawn(&instance.group, async move {
            // The receiver is gone if the world has ended.
            let _ = sender.send(consume.await);
        });
        let outcomes = self.faults.timeline.within(settings.timeout_ms, receiver).await;
        let outcomes = outcomes.and_then(Result::ok);
        if outcomes.is_none() {
            instance.group.crash();
            self.oracles.count(Coverage::Crash);
        } else if !instance.group.is_crashed() {
            idle.borrow_mut().push(instance);
        }
        Some(outcomes?.into_iter().collect())
    }
}

/// Reasons that another delivery does not change.
const LASTING: [&str; 3] = ["too-late", "too-old", "merged-elsewhere"];

/// The body of a queue message that carries an event.
pub(crate) fn body(event: &Event, at_ms: u64, replay: Option<&str>) -> String {
    let replay = replay.map(|name| format!(r#","replay-name":"{name}""#)).unwrap_or_default();
    let (source, kind, detail) = (event.kind.source(), event.kind.detail_type(), &event.detail);
    let time = Time(at_ms - at_ms % 1_000).to_rfc3339();
    format!(
        r#"{{"id":"event-{at_ms}","source":"{source}","detail-type":"{kind}","time":"{time}","detail":{detail}{replay}}}"#
    )
}
