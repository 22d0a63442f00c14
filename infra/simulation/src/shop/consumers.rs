//! From the bus to the table: late, more than once, in any order, several at a time; and where
//! events lie that could not be delivered.

use std::cell::RefCell;
use std::rc::Rc;

use origin_adapters::memory::{MemoryBus, MemoryCarts};
use origin_domain::cart::{Absorbed, CartEvent};
use origin_domain::event::{Event, Kind};
use origin_domain::time::Time;
use origin_functions::consume::{Orders, Told};

use super::tap::{TappedBus, TappedCarts};
use crate::bug::Bug;
use crate::counts::Occasion;
use crate::crew::{Crew, Life};
use crate::judge::{Bench, Reason};
use crate::ports::Exposed;
use crate::sabotage::{SuspectWriter, absorb, bought_wrongly};
use crate::weather::{DUPLICATE_MS_MAX, POISON_MS_MAX, STRAGGLER_MS_MAX, Sky};

/// How often a queue delivers before a message becomes a dead letter, and how long it waits between
/// two attempts: as the queues of `infra/bus` do.
const ATTEMPTS_MAX: u32 = 12;
const WAIT_MS_MIN: u64 = 200;
const WAIT_MS_MAX: u64 = 30_000;
/// How often a dead letter is redriven before the operator despairs: whatever is broken is mended
/// long before.
const REDRIVES_MAX: u32 = 50;

/// Rule, queue, consumers and dead letters.
pub(crate) struct Consumers {
    pub(crate) crew: Crew,
    pub(crate) life: Life,
    pub(crate) sky: Sky,
    pub(crate) bench: Bench,
    pub(crate) carts: MemoryCarts,
    pub(crate) bus: TappedBus<MemoryBus>,
    /// Reads what orders have bought.
    pub(crate) orders: Orders,
    pub(crate) bug: Option<Bug>,
    /// Everything that was ever published, repetitions included.
    pub(crate) archive: RefCell<Vec<Rc<CartEvent>>>,
}

/// One message on its way.
struct Message {
    event: Rc<CartEvent>,
    /// Until when no consumer can take it.
    poisonous_until_ms: u64,
}

// === impl Consumers ===

impl Consumers {
    /// Takes from the bus what is published, as long as the world lasts.
    pub(crate) async fn work(self: Rc<Self>) {
        loop {
            self.bus.arrived.notified().await;
            for event in self.bus.port.fetch() {
                Self::accept(&self, &event);
            }
        }
    }

    /// Replays what the archive holds of commands later than `after`.
    pub(crate) fn replay(self: &Rc<Self>, after: Time) {
        let mut events: Vec<Rc<CartEvent>> = self.archive.borrow().clone();
        events.retain(|event| event.command.time > after);
        events.sort_by_key(|event| event.command.place());
        events.dedup_by_key(|event| event.command.place());
        for event in events {
            self.schedule(&event, self.sky.weather.bus_ms_max);
        }
    }

    fn accept(this: &Rc<Self>, event: &Event) {
        // What cannot be read the judge has found already.
        let Some(event) = this.read(event) else { return };
        let event = Rc::new(event);
        this.archive.borrow_mut().push(Rc::clone(&event));
        let weather = &this.sky.weather;
        let first_ms =
            if this.sky.strikes(weather.straggler) { STRAGGLER_MS_MAX } else { weather.bus_ms_max };
        this.schedule(&event, first_ms);
        if this.sky.strikes(weather.duplicate) {
            this.schedule(&event, 10 * weather.bus_ms_max);
        }
        if this.sky.strikes(weather.late_duplicate) {
            this.schedule(&event, DUPLICATE_MS_MAX);
        }
    }

    /// A command as it was accepted, or as an order comes to one.
    fn read(&self, event: &Event) -> Option<CartEvent> {
        if event.kind != Kind::ShopifyWebhook {
            return serde_json::from_str(&event.detail).ok();
        }
        match self.orders.read(&event.detail) {
            Ok(Told::Bought(bought)) => {
                Some(bought_wrongly(self.bug, bought, event, &self.sky.timeline))
            }
            Ok(Told::Nothing(why)) => {
                self.bench.judge().astonished(&format!("{why}: {}", event.detail));
                None
            }
            Err(error) => {
                self.bench.judge().astonished(&format!("{error}: {}", event.detail));
                None
            }
        }
    }

    fn schedule(self: &Rc<Self>, event: &Rc<CartEvent>, ms_max: u64) {
        let consumers = Rc::clone(self);
        let poison_ms = if self.sky.strikes(self.sky.weather.poison) { POISON_MS_MAX } else { 0 };
        let message = Message {
            event: Rc::clone(event),
            poisonous_until_ms: self.sky.timeline.now_ms() + self.sky.dice.below(poison_ms + 1),
        };
        self.crew.spawn(&self.life, async move {
            consumers.sky.wait(ms_max).await;
            consumers.see_to(&message).await;
        });
    }

    /// Delivers a message; what does not work is looked at by somebody, some day.
    async fn see_to(&self, message: &Message) {
        let CartEvent { cart, command } = &*message.event;
        for _ in 0..REDRIVES_MAX {
            let Err(reason) = self.deliver(message).await else { return };
            if self.bug == Some(Bug::PoisonDropped) {
                return;
            }
            self.bench.judge().buried(cart, command.id, reason);
            if reason != Reason::Attempts {
                return;
            }
            self.sky.wait(self.sky.weather.letter_ms_max).await;
            self.bench.judge().note(Occasion::Redriven);
        }
    }

    async fn deliver(&self, message: &Message) -> Result<(), Reason> {
        let event = &*message.event;
        let id = event.command.id;
        let port = SuspectWriter { port: self.carts.clone(), bug: self.bug };
        let port = TappedCarts { port, bench: self.bench.clone(), event: Some(id) };
        let carts = Exposed { port, sky: self.sky.clone(), life: None };
        for attempt in 0..ATTEMPTS_MAX {
            let is_poisonous = self.sky.timeline.now_ms() < message.poisonous_until_ms;
            if !is_poisonous && let Ok(absorbed) = absorb(&carts, event, self.bug).await {
                match absorbed {
                    Absorbed::TooLate => return Err(Reason::TooLate),
                    Absorbed::TooOld => return Err(Reason::TooOld),
                    Absorbed::Elsewhere(_) => return Err(Reason::Elsewhere),
                    Absorbed::Known | Absorbed::Erased => {
                        self.bench.judge().note(Occasion::Repetition)
                    }
                    Absorbed::Changed => {}
                }
                self.bench.judge().consumed(&event.cart, id);
                return Ok(());
            }
            self.bench.judge().note(Occasion::Redelivered);
            self.sky.timeline.sleep((WAIT_MS_MIN << attempt).min(WAIT_MS_MAX)).await;
        }
        Err(Reason::Attempts)
    }
}
