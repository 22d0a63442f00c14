//! The contracts of the repositories, run on DynamoDB.

use origin_adapters::table::SharedTable;
use origin_adapters::{
    CartRepository, CommandLogRepository, LedgerRepository, OrderHistoryRepository,
    ProgramRepository, ReconciliationRepository, SelectionRepository, TokenRepository,
};

use crate::contract;
use crate::contract::cases::{cases, contracts};
use crate::world::{Both, World};

macro_rules! on_dynamodb {
    ($port:ident on $fresh:expr; $($case:ident,)+) => {
        mod $port {
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    let world = World::new().await;
                    contract::$port::$case($fresh(&world.table)).await;
                }
            )+
        }
    };
}

contracts!(on_dynamodb);
