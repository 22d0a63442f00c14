//! The contracts of the table's ports, run on DynamoDB.

use origin_adapters::{
    DynamoCarts, DynamoCommandLog, DynamoLedger, DynamoOrderHistory, DynamoPrograms,
    DynamoSelections,
};

use crate::contract::{self, cases::cases};
use crate::world::{Both, World};

macro_rules! on_dynamodb {
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

/// Every contract, for the macro that makes tests on a DynamoDB.
macro_rules! contracts {
    ($tests:ident) => {
        cases!(carts, $tests, |world: &World| Both(
            DynamoCarts::new(&world.aws),
            DynamoCommandLog::new(&world.aws),
        ));
        cases!(command_log, $tests, |world: &World| DynamoCommandLog::new(&world.aws));
        cases!(ledger, $tests, |world: &World| DynamoLedger::new(&world.aws));
        cases!(order_history, $tests, |world: &World| contract::order_history::Shop(
            DynamoLedger::new(&world.aws),
            DynamoOrderHistory::new(&world.aws),
        ));
        cases!(programs, $tests, |world: &World| DynamoPrograms::new(&world.aws));
        cases!(selections, $tests, |world: &World| DynamoSelections::new(&world.aws));
    };
}

pub(crate) use contracts;

contracts!(on_dynamodb);
