//! The contracts of the table's ports, held on DynamoDB.

use origin_adapters::{
    DynamoCarts, DynamoCommandLog, DynamoLedger, DynamoOrderHistory, DynamoPrograms,
    DynamoSelections,
};

use crate::contract::{self, cases::cases};
use crate::world::{Both, World};

macro_rules! held {
    ($port:ident on $fresh:expr; $($case:ident,)+) => {
        mod $port {
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    let world = World::new().await;
                    contract::$port::$case($fresh(&world)).await;
                }
            )+
        }
    };
}

/// Every contract, for whatever holds them on a DynamoDB.
macro_rules! contracts {
    ($held:ident) => {
        cases!(carts, $held, |world: &World| Both(
            DynamoCarts::new(&world.aws),
            DynamoCommandLog::new(&world.aws),
        ));
        cases!(command_log, $held, |world: &World| DynamoCommandLog::new(&world.aws));
        cases!(ledger, $held, |world: &World| DynamoLedger::new(&world.aws));
        cases!(order_history, $held, |world: &World| contract::order_history::Shop(
            DynamoLedger::new(&world.aws),
            DynamoOrderHistory::new(&world.aws),
        ));
        cases!(programs, $held, |world: &World| DynamoPrograms::new(&world.aws));
        cases!(selections, $held, |world: &World| DynamoSelections::new(&world.aws));
    };
}

pub(crate) use contracts;

contracts!(held);
