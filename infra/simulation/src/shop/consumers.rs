//! Delivers events from the bus to the table: late, repeatedly, in any order, several at once; with
//! the dead letters of those that fail.

use std::cell::RefCell;
use std::rc::Rc;

use domain_cart::{Absorbed, CartEvent};
use domain_core::event::{Event, Kind};
use domain_core::time::Time;
use origin_adapters::CartRepository;
use origin_adapters::memory::MemoryBus;
use origin_functions::consumers::{OrderReading, Orders};

use super::observers::{ObservedBus, ObservedCarts};
use crate::coverage::Coverage;
use crate::executor::{Executor, TaskGroup};
use crate::faults::{DUPLICATE_MS_MAX, FaultInjector, POISON_MS_MAX, STRAGGLER_MS_MAX};
use crate::mutant::Mutant;
use crate::mutants::{MutantWriter, absorb, mutate_order};
use crate::oracle::{DeadLetterReason, OracleHandle};
use crate::ports::FaultyPort;

/// How often a queue delivers a message before it becomes a dead letter, and the delay between two
/// attempts: the values of the queues in `infra/bus`.
const ATTEMPTS_MAX: u32 = 12;
const WAIT_MS_MIN: u64 = 200;
const WAIT_MS_MAX: u64 = 30_000;
/// How often a dead letter is redriven before the operator gives up: every defect is fixed long
/// before.
const REDRIVES_MAX: u32 = 50;

/// Rule, queue, consumers and dead letters.
pub(crate) struct Consumers {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
    pub(crate) oracle: OracleHandle,
    pub(crate) carts: CartRepository,
    pub(crate) bus: ObservedBus<MemoryBus>,
    /// Reads the lines that orders have bought.
    pub(crate) orders: Orders,
    pub(crate) mutant: Option<Mutant>,
    /// Every published event, including repetitions.
    pub(crate) archive: RefCell<Vec<Rc<CartEvent>>>,
}

/// A message of the queue.
struct Message {
    event: Rc<CartEvent>,
    /// Until when every consumer fails on it.
    poisonous_until_ms: u64,
}

// === impl Consumers ===

impl Consumers {
    /// Takes published events from the bus until the world ends.
    pub(crate) async fn run(self: Rc<Self>) {
        loop {
            self.bus.arrived.notified().await;
            for event in self.bus.port.fetch() {
                Self::accept(&self, &event);
            }
        }
    }

    /// Replays the archived events of commands later than `after`.
    pub(crate) fn replay(self: &Rc<Self>, after: Time) {
        let mut events: Vec<Rc<CartEvent>> = self.archive.borrow().clone();
        events.retain(|event| event.command.time > after);
        events.sort_by_key(|event| event.command.place());
        events.dedup_by_key(|event| event.command.place());
        for event in events {
            self.schedule(&event, self.faults.profile.bus_ms_max);
        }
    }

    fn accept(this: &Rc<Self>, event: &Event) {
        // The oracle has already reported an unreadable event.
        let Some(event) = this.read(event) else { return };
        let event = Rc::new(event);
        this.archive.borrow_mut().push(Rc::clone(&event));
        let profile = &this.faults.profile;
        let first_ms = if this.faults.occurs(profile.straggler) {
            STRAGGLER_MS_MAX
        } else {
            profile.bus_ms_max
        };
        this.schedule(&event, first_ms);
        if this.faults.occurs(profile.duplicate) {
            this.schedule(&event, 10 * profile.bus_ms_max);
        }
        if this.faults.occurs(profile.late_duplicate) {
            this.schedule(&event, DUPLICATE_MS_MAX);
        }
    }

    /// The cart event of a command, or the one derived from an order.
    fn read(&self, event: &Event) -> Option<CartEvent> {
        if event.kind != Kind::ShopifyWebhook {
            return serde_json::from_str(&event.detail).ok();
        }
        match self.orders.read(&event.detail) {
            Ok(OrderReading::Bought(bought)) => {
                Some(mutate_order(self.mutant, bought, event, &self.faults.timeline))
            }
            Ok(OrderReading::Nothing(why)) => {
                self.oracle.lock().unexpected(&format!("{why}: {}", event.detail));
                None
            }
            Err(error) => {
                self.oracle.lock().unexpected(&format!("{error}: {}", event.detail));
                None
            }
        }
    }

    fn schedule(self: &Rc<Self>, event: &Rc<CartEvent>, ms_max: u64) {
        let consumers = Rc::clone(self);
        let poison_ms =
            if self.faults.occurs(self.faults.profile.poison) { POISON_MS_MAX } else { 0 };
        let message = Message {
            event: Rc::clone(event),
            poisonous_until_ms: self.faults.timeline.now_ms()
                + self.faults.rng.below(poison_ms + 1),
        };
        self.executor.spawn(&self.group, async move {
            consumers.faults.delay_without_spike(ms_max).await;
            consumers.process(&message).await;
        });
    }

    /// Delivers a message; a dead letter is redriven after some time.
    async fn process(&self, message: &Message) {
        let CartEvent { cart, command } = &*message.event;
        for _ in 0..REDRIVES_MAX {
            let Err(reason) = self.deliver(message).await else { return };
            if self.mutant == Some(Mutant::PoisonDropped) {
                return;
            }
            self.oracle.lock().dead_lettered(cart, command.id, reason);
            if reason != DeadLetterReason::Attempts {
                return;
            }
            self.faults.delay_without_spike(self.faults.profile.dead_letter_ms_max).await;
            self.oracle.lock().count(Coverage::Redriven);
        }
    }

    async fn deliver(&self, message: &Message) -> Result<(), DeadLetterReason> {
        let event = &*message.event;
        let id = event.command.id;
        let port = MutantWriter { port: self.carts.clone(), mutant: self.mutant };
        let port = ObservedCarts { port, oracle: self.oracle.clone(), event: Some(id) };
        let carts = FaultyPort { port, faults: self.faults.clone(), group: None };
        for attempt in 0..ATTEMPTS_MAX {
            let is_poisonous = self.faults.timeline.now_ms() < message.poisonous_until_ms;
            if !is_poisonous && let Ok(absorbed) = absorb(&carts, event, self.mutant).await {
                match absorbed {
                    Absorbed::TooLate => return Err(DeadLetterReason::TooLate),
                    Absorbed::TooOld => return Err(DeadLetterReason::TooOld),
                    Absorbed::Elsewhere(_) => return Err(DeadLetterReason::Elsewhere),
                    Absorbed::Known | Absorbed::Erased => {
                        self.oracle.lock().count(Coverage::Repetition)
                    }
                    Absorbed::Changed => {}
                }
                self.oracle.lock().consumed(&event.cart, id);
                return Ok(());
            }
            self.oracle.lock().count(Coverage::Redelivered);
            self.faults.timeline.sleep((WAIT_MS_MIN << attempt).min(WAIT_MS_MAX)).await;
        }
        Err(DeadLetterReason::Attempts)
    }
}
