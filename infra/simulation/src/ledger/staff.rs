//! The merchant's staff: they give points, take points, and publish further programs.

use std::cell::RefCell;
use std::rc::Rc;

use domain_core::id::CommandId;
use domain_core::time::Time;
use domain_loyalty::{ProgramPublication, PublicationRequest, publish};
use origin_adapters::ProgramRepository;

use super::instance::{ErrorReply, Gift, Instance};
use super::oracle::OracleHandle;
use super::plan::Plan;
use crate::fleet::Fleet;
use crate::link::Link;
use crate::workload::Workload;

/// How many times they repeat a request that was not answered.
const ROUNDS_MAX: usize = 8;
/// The maximum number of programs in a world.
const PLANS_MAX: usize = 6;

/// The merchant's staff.
pub(crate) struct Staff {
    pub(crate) customers: Vec<u64>,
    pub(crate) link: Rc<Link>,
    pub(crate) fleet: Rc<Fleet<Instance>>,
    pub(crate) oracle: OracleHandle,
    pub(crate) programs: ProgramRepository,
    /// The program that customers read.
    pub(crate) plan: Rc<RefCell<Plan>>,
}

// === impl Staff ===

impl Staff {
    /// Runs until no operation remains.
    pub(crate) async fn run(self: Rc<Self>, workload: Rc<Workload>) {
        let (mut plans, mut gifts) = (1, 0_u64);
        while workload.next().await {
            let rng = &self.link.faults.rng;
            if plans < PLANS_MAX && rng.below(3) == 0 {
                let plan = Plan::random(rng);
                self.publish(plans, plan).await;
                plans += 1;
            } else {
                gifts += 1;
                self.give(gifts).await;
            }
        }
    }

    /// Publishes a program; it takes effect some seconds later. Publishing has no faults: the lead
    /// time exists so that the write is done within ten seconds.
    pub(crate) async fn publish(&self, number: usize, plan: Plan) {
        let document = plan.document(number);
        let request =
            PublicationRequest { expected: None, now: Time(self.link.faults.timeline.now_ms()) };
        let published = publish(&self.programs, &document, request).await;
        let Ok(ProgramPublication::Done(activation)) = published else {
            return self.oracle.lock().unexpected(&format!("{published:?} to a program"));
        };
        self.oracle.lock().activated(activation.version, activation.active_from.0, &plan);
        *self.plan.borrow_mut() = plan;
    }

    /// Gives or takes points, until the outcome is known.
    async fn give(&self, number: u64) {
        let rng = &self.link.faults.rng;
        let customer = rng.pick(&self.customers).to_string();
        let points = rng.pick(&[5, 20, 90, -15]);
        let gift = Gift { customer, key: format!("gift-{number:016}"), points };
        let id = CommandId::of_key(&format!("adjustments/{}", gift.customer), &gift.key);
        self.oracle.lock().gift_sent(id, &gift);
        for _ in 0..ROUNDS_MAX {
            let (fleet, gift) = (Rc::clone(&self.fleet), gift.clone());
            let answer = async move {
                let adjust = |one: Rc<Instance>| async move { one.adjust(&gift).await };
                fleet.call(adjust).await.unwrap_or(Err(ErrorReply::Unavailable))
            };
            match self.link.send(answer).await {
                Some(Ok(_)) => return self.oracle.lock().acknowledged(id),
                Some(Err(ErrorReply::Unavailable)) | None => {}
                Some(Err(error)) => {
                    return self.oracle.lock().unexpected(&format!("{error:?} to a gift"));
                }
            }
        }
    }
}
