//! The merchant's staff: they give points, take points, and publish further programs.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use domain_core::id::CommandId;
use domain_core::time::Time;
use domain_loyalty::{ProgramPublication, PublicationRequest, publish};
use http::Method;
use http::header::AUTHORIZATION;
use origin_adapters::ProgramRepository;
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::SharedTable;
use serde_json::json;

use super::oracle::LedgerOracle;
use super::plan::Plan;
use crate::engine::Handle;
use crate::world::{ClientOracle as _, ClientRequest, ErrorReply, Network, STAFF_TOKEN, Workload};

/// How many times they repeat a request that was not answered.
const ROUNDS_MAX: usize = 8;
/// The maximum number of programs in a world.
const PLANS_MAX: usize = 6;

/// The merchant's staff.
pub(crate) struct Staff {
    pub(crate) customers: Vec<u64>,
    pub(crate) network: Rc<Network>,
    pub(crate) oracle: Handle<LedgerOracle>,
    pub(crate) table: MemoryTable,
    /// The program that customers read.
    pub(crate) plan: Rc<RefCell<Plan>>,
}

/// An adjustment by staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gift {
    pub(crate) customer: String,
    pub(crate) key: String,
    pub(crate) points: i64,
}

// === impl Staff ===

impl Staff {
    /// Runs until no operation remains.
    pub(crate) async fn run(self: Rc<Self>, workload: Rc<Workload>) {
        let (mut plans, mut gifts) = (1, 0_u64);
        while workload.next().await {
            let rng = &self.network.link.faults.rng;
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
        let table: SharedTable = Arc::new(self.table.clone());
        let now = Time(self.network.link.faults.timeline.now_ms());
        let request = PublicationRequest { expected: None, now };
        let published = publish(&ProgramRepository::new(&table), &document, request).await;
        let Ok(ProgramPublication::Done(activation)) = published else {
            return self.oracle.lock().unexpected(&format!("{published:?} to a program"));
        };
        self.oracle.lock().activated(activation.version, activation.active_from.0, &plan);
        *self.plan.borrow_mut() = plan;
    }

    /// Gives or takes points, until the outcome is known.
    async fn give(&self, number: u64) {
        let rng = &self.network.link.faults.rng;
        let customer = rng.pick(&self.customers).to_string();
        let points = rng.pick(&[5, 20, 90, -15]);
        let gift = Gift { customer, key: format!("gift-{number:016}"), points };
        let id = CommandId::of_key(&format!("adjustments/{}", gift.customer), &gift.key);
        self.oracle.lock().gift_sent(id, &gift);
        for _ in 0..ROUNDS_MAX {
            let edge = rng.index(self.network.edges.len());
            let Some(answer) = self.network.send(edge, request(&gift)).await else { continue };
            if answer.status().is_success() {
                return self.oracle.lock().acknowledged(id);
            }
            match ErrorReply::of(&answer) {
                ErrorReply::Unavailable => {}
                error => return self.oracle.lock().unexpected(&format!("{error:?} to a gift")),
            }
        }
    }
}

fn request(gift: &Gift) -> ClientRequest {
    let path = format!("/v1/admin/loyalty/customers/{}/adjustments", gift.customer);
    ClientRequest::new(Method::POST, path)
        .header((AUTHORIZATION, format!("Bearer {STAFF_TOKEN}")))
        .json(&json!({"points": gift.points, "reason": "a gift"}))
        .key(&gift.key)
}
