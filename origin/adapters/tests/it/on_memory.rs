//! The same contracts, run in memory: the tables and the bus of the simulation behave as DynamoDB
//! and EventBridge do.

use origin_adapters::memory::{MemoryBus, MemoryTable};
use origin_adapters::table::SharedTable;
use origin_adapters::{
    CartRepository, CommandLogRepository, LedgerRepository, OrderHistoryRepository,
    ProgramRepository, ReconciliationRepository, SelectionRepository, TokenRepository,
};

use crate::contract::cases::{cases, contracts};
use crate::contract::{self, events::Arrived};
use crate::world::Both;

macro_rules! in_memory {
    ($port:ident on $fresh:expr; $($case:ident,)+) => {
        mod $port {
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    let table = MemoryTable::new().shared();
                    contract::$port::$case($fresh(&table)).await;
                }
            )+
        }
    };
}

contracts!(in_memory);

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
