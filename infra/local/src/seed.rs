//! The demo shop: products, programme and history, through the same use cases as everything else.
//! The programme is written last: with it the shop is ready, and a seeding that broke off is done
//! again at the next start, changing nothing that is there.

use origin_adapters::{Aws, DynamoCatalog, DynamoLedger, DynamoPrograms, NewVersion};
use origin_domain::loyalty::{
    Absorber, Activation, LedgerStore, Program, ProgramShelf as _, ProgramVersion, Programs,
};
use origin_domain::port::{Consistency, PortError};
use origin_domain::time::{DAY_MS, Time};
use origin_functions::cached_catalog::variants_sold;
use origin_functions::clock::Clock;
use origin_functions::publishing;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::demo;
use crate::local::LocalError;

/// Days before the first demo order at which the programme began.
const PROGRAM_AGE_DAYS: u64 = 1_000;

/// One order of the demo history.
#[derive(Deserialize)]
struct PastOrder {
    id: String,
    customer: String,
    days_ago: u64,
    line_items: Vec<Value>,
}

/// The programme under which the demo history is told, before it is published.
struct Seeding<'a> {
    ledger: &'a DynamoLedger,
    version: ProgramVersion,
}

impl Programs for Seeding<'_> {
    async fn in_effect(
        &self,
        _: Time,
        _: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        Ok(Some(self.version.clone()))
    }
}

/// Sets up the demo shop unless that was done before.
pub(crate) async fn seed(aws: &Aws, clock: &Clock) -> Result<(), LocalError> {
    let (ledger, programs) = (DynamoLedger::new(aws), DynamoPrograms::new(aws));
    let now = clock.now();
    if programs.in_effect(now, Consistency::Strong).await.map_err(told)?.is_some() {
        return Ok(());
    }
    let catalog = DynamoCatalog::new(aws);
    for demo in demo::PRODUCTS {
        publish(&catalog, demo, now).await?;
    }
    let program = Program::parse(demo::PROGRAM)
        .map_err(|mistakes| LocalError::Seed(format!("{mistakes:?}")))?;
    let active_from = now.minus_ms(PROGRAM_AGE_DAYS * DAY_MS);
    let program = program.into();
    let version = ProgramVersion { activation: 1, version: 1, active_from, program };
    let seeding = Seeding { ledger: &ledger, version };
    for order in serde_json::from_str::<Vec<PastOrder>>(demo::ORDERS).map_err(told)? {
        let absorber = Absorber { ledger: seeding.ledger, programs: &seeding, shop: demo::SHOP };
        tell(&absorber, &order, now).await?;
    }
    let first = Activation { number: 1, version: 1, active_from };
    programs.activate(&first, Some(demo::PROGRAM)).await.map_err(told)?;
    Ok(())
}

async fn publish(
    catalog: &DynamoCatalog,
    (product, document): (&str, &str),
    at: Time,
) -> Result<(), LocalError> {
    if catalog.served(product, Consistency::Strong).await.map_err(told)?.is_some() {
        return Ok(());
    }
    let compiled = publishing::read(document.as_bytes(), None)
        .and_then(|document| publishing::compile(document, &mut |_| true))
        .map_err(|mistakes| LocalError::Seed(format!("{product}: {mistakes:?}")))?;
    let new = NewVersion {
        product,
        document: document.as_bytes(),
        artefact: &compiled.artefact,
        variant_ids: &compiled.variant_ids(),
        expected: None,
        at,
    };
    catalog.publish(&new, variants_sold).await.map(|_| ()).map_err(told)
}

/// Tells the ledger of a past order, as Shopify would have.
async fn tell<L: LedgerStore, P: Programs>(
    absorber: &Absorber<'_, L, P>,
    order: &PastOrder,
    now: Time,
) -> Result<(), LocalError> {
    let at = now.minus_ms(order.days_ago * DAY_MS).to_rfc3339();
    let detail = json!({
        "payload": {
            "id": order.id,
            "customer": {"id": order.customer},
            "created_at": at,
            "processed_at": at,
            "currency": demo::CURRENCY,
            "test": false,
            "line_items": order.line_items,
        },
        "metadata": {"X-Shopify-Topic": "orders/paid", "X-Shopify-Shop-Domain": demo::SHOP},
    });
    absorber.absorb(&detail.to_string()).await.map(|_| ()).map_err(told)
}

fn told(error: impl std::fmt::Display) -> LocalError {
    LocalError::Seed(error.to_string())
}
