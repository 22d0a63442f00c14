//! The merchant's people: they give points and take some, and publish another programme.

use std::cell::RefCell;
use std::rc::Rc;

use origin_adapters::memory::MemoryPrograms;
use origin_domain::id::CommandId;
use origin_domain::loyalty::{Asked, ProgramPublication, publish};
use origin_domain::time::Time;

use super::instance::{Gift, Instance, Refused};
use super::judge::Bench;
use super::plan::Plan;
use crate::fleet::Fleet;
use crate::tempo::Tempo;
use crate::way::Way;

/// How often they send a request again whose answer did not come.
const ROUNDS_MAX: usize = 8;
/// Most programmes of a world.
const PLANS_MAX: usize = 6;

/// The merchant's people.
pub(crate) struct Staff {
    pub(crate) customers: Vec<u64>,
    pub(crate) way: Rc<Way>,
    pub(crate) fleet: Rc<Fleet<Instance>>,
    pub(crate) bench: Bench,
    pub(crate) programs: MemoryPrograms,
    /// The programme that customers read.
    pub(crate) plan: Rc<RefCell<Plan>>,
}

// === impl Staff ===

impl Staff {
    /// Works until nothing is left to do.
    pub(crate) async fn work(self: Rc<Self>, tempo: Rc<Tempo>) {
        let (mut plans, mut gifts) = (1, 0_u64);
        while tempo.next().await {
            let dice = &self.way.sky.dice;
            if plans < PLANS_MAX && dice.below(3) == 0 {
                let plan = Plan::drawn(dice);
                self.publish(plans, plan).await;
                plans += 1;
            } else {
                gifts += 1;
                self.give(gifts).await;
            }
        }
    }

    /// Publishes a programme; it applies some seconds later. Whoever publishes does so in good
    /// weather: that the write is there within ten seconds is what the lead is for.
    pub(crate) async fn publish(&self, number: usize, plan: Plan) {
        let document = plan.document(number);
        let asked = Asked { expected: None, now: Time(self.way.sky.timeline.now_ms()) };
        let published = publish(&self.programs, &document, asked).await;
        let Ok(ProgramPublication::Done(activation)) = published else {
            return self.bench.judge().astonished(&format!("{published:?} to a programme"));
        };
        self.bench.judge().activated(activation.version, activation.active_from.0, &plan);
        *self.plan.borrow_mut() = plan;
    }

    /// Gives points, or takes some, until that is known to be done.
    async fn give(&self, number: u64) {
        let dice = &self.way.sky.dice;
        let customer = dice.pick(&self.customers).to_string();
        let points = dice.pick(&[5, 20, 90, -15]);
        let gift = Gift { customer, key: format!("gift-{number:016}"), points };
        let id = CommandId::of_key(&format!("adjustments/{}", gift.customer), &gift.key);
        self.bench.judge().given(id, &gift);
        for _ in 0..ROUNDS_MAX {
            let (fleet, gift) = (Rc::clone(&self.fleet), gift.clone());
            let answer = async move {
                let adjust = |one: Rc<Instance>| async move { one.adjust(&gift).await };
                fleet.ask(adjust).await.unwrap_or(Err(Refused::Unavailable))
            };
            match self.way.send(answer).await {
                Some(Ok(_)) => return self.bench.judge().acknowledged(id),
                Some(Err(Refused::Unavailable)) | None => {}
                Some(Err(refused)) => {
                    return self.bench.judge().astonished(&format!("{refused:?} to a gift"));
                }
            }
        }
    }
}
