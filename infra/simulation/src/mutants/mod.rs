//! Wrong implementations, as hooks of a world: at the ports, at the edge, around the router, and
//! around the consumers. Production code has no switch for them.

mod consumers;
mod edge;
mod router;
mod table;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain_cart::CartEvent;
use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_core::port::PortError;
use edge_emulator::Distribution;
use edge_wire::function::HttpFunction;
use http::{Request, Response};
use origin_adapters::table::SharedTable;
use origin_functions::runtime::clock::Clock;

use crate::engine::Mutant;
use crate::world::{Consume, Delivery, Hooked, Hooks, Instance, Outcome, SharedHooks, Side};
use table::MutantTable;

/// The hooks that run a mutant.
pub(crate) fn hooks(mutant: Mutant) -> SharedHooks {
    let (recorded_ids, first_answers) = (Arc::default(), Mutex::default());
    Arc::new(MutantHooks { mutant, recorded_ids, first_answers })
}

struct MutantHooks {
    mutant: Mutant,
    /// The commands that were already recorded.
    recorded_ids: Arc<Mutex<HashSet<CommandId>>>,
    /// The answers to the first attempts of commands, by their keys.
    first_answers: Mutex<HashMap<String, Response<Bytes>>>,
}

impl Hooks for MutantHooks {
    fn distribution(&self, text: &str) -> Distribution {
        edge::distribution(self.mutant, text)
    }

    fn edge_verdict(&self, verdict: Vec<u8>) -> Vec<u8> {
        edge::verdict(self.mutant, verdict)
    }

    fn table(&self, side: Side, table: SharedTable, clock: &Clock) -> SharedTable {
        let recorded_ids = Arc::clone(&self.recorded_ids);
        Arc::new(MutantTable::new(self.mutant, side, table, clock.clone(), recorded_ids))
    }

    fn publishes(&self, _: Side, events: &[Event]) -> bool {
        if self.mutant != Mutant::RecordedIsPublished {
            return true;
        }
        let recorded_ids = lock(&self.recorded_ids);
        let is_recorded = |event: &Event| {
            let event: Result<CartEvent, _> = serde_json::from_str(&event.detail);
            event.is_ok_and(|event| recorded_ids.contains(&event.command.id))
        };
        !events.iter().all(is_recorded)
    }

    fn published(
        &self,
        side: Side,
        events: &[Event],
        outcome: Result<(), PortError>,
    ) -> Result<(), PortError> {
        let is = |kind| events.iter().all(|event| event.kind == kind);
        let is_ignored = match (self.mutant, side) {
            (Mutant::AcknowledgedUnpublished, Side::Instance) => is(Kind::CartCommanded),
            (Mutant::ReceivedUnpublished, Side::Instance) => is(Kind::ShopifyWebhook),
            (Mutant::DecisionUnpublished, Side::Consumer) => true,
            _ => false,
        };
        if is_ignored { Ok(()) } else { outcome }
    }

    fn serve<'a>(
        &'a self,
        instance: &'a Instance,
        function: HttpFunction,
        request: Request<Bytes>,
    ) -> Hooked<'a, Response<Bytes>> {
        Box::pin(router::serve(self, instance, function, request))
    }

    fn consume<'a>(
        &'a self,
        delivery: Delivery,
        consume: Consume<'a>,
    ) -> Hooked<'a, Vec<(String, Outcome)>> {
        Box::pin(consumers::consume(self.mutant, delivery, consume))
    }

    fn drops_poison(&self) -> bool {
        self.mutant == Mutant::PoisonDropped
    }

    fn replays_as_new(&self, event: &Event) -> bool {
        self.mutant == Mutant::ReplayDecides && event.kind == Kind::LoyaltyCommanded
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id of no command: a read with it as pending is not answered from an instance's cache.
fn unknown_command() -> CommandId {
    CommandId::of_cause("no", "command")
}
