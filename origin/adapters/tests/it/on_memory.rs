//! The same contracts, run in memory: the simulation's ports behave as those on DynamoDB and
//! EventBridge do.

use origin_adapters::memory::{
    MemoryBus, MemoryCarts, MemoryCommandLog, MemoryLedger, MemoryPrograms, MemoryTables, Replicas,
};

use crate::contract::{self, cases::cases, events::Arrived};
use crate::world::Both;

macro_rules! in_memory {
    ($port:ident on $fresh:expr; $($case:ident,)+) => {
        mod $port {
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    contract::$port::$case($fresh(&MemoryTables::new())).await;
                }
            )+
        }
    };
}

cases!(carts, in_memory, |tables| Both(MemoryCarts::new(tables), MemoryCommandLog::new(tables)));

cases!(command_log, in_memory, MemoryCommandLog::new);

/// Ledgers whose replicas are always up to date.
pub(crate) fn empty_ledger() -> MemoryLedger {
    MemoryLedger::new(Replicas::up_to_date())
}

cases!(ledger, in_memory, |_: &MemoryTables| super::empty_ledger());

cases!(programs, in_memory, |_: &MemoryTables| MemoryPrograms::new(Replicas::up_to_date()));

async fn arrived(bus: &MemoryBus) -> Arrived {
    let parts = |event: domain_core::event::Event| {
        (event.kind.source().to_owned(), event.kind.detail_type().to_owned(), event.detail)
    };
    bus.fetch().into_iter().map(parts).collect()
}

#[tokio::test]
async fn nothing_to_publish_is_nothing_to_do() {
    let bus = MemoryBus::new();
    contract::events::nothing_to_publish_is_nothing_to_do(bus.clone(), || arrived(&bus)).await;
}

#[tokio::test]
async fn every_event_arrives_as_it_was_published() {
    let bus = MemoryBus::new();
    contract::events::every_event_arrives_as_it_was_published(bus.clone(), || arrived(&bus)).await;
}
