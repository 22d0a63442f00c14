//! The demo shop: products, program and history, through the same use cases as everything else.
//! The program is written last: with it the shop is ready. An interrupted seeding is repeated at
//! the next start and changes nothing that exists.

use domain_catalog::{CatalogStore as _, NewVersion};
use domain_core::port::{Consistency, PortError};
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    Absorber, Activation, LedgerStore, Program, ProgramStore as _, ProgramVersion, Programs,
};
use origin_adapters::table::SharedTable;
use origin_adapters::{CatalogRepository, LedgerRepository, ProgramRepository};
use origin_functions::http::publishing;
use origin_functions::runtime::clock::Clock;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::demo;
use crate::local::{LocalError, LocalShop};

/// Days before the first demo order at which the program began.
const PROGRAM_AGE_DAYS: u64 = 1_000;

/// One order of the demo history.
#[derive(Deserialize)]
struct PastOrder {
    id: String,
    customer: String,
    days_ago: u64,
    line_items: Vec<Value>,
}

/// The program that the demo history is absorbed under, before it is published.
struct SeedProgram<'a> {
    ledger: &'a LedgerRepository,
    version: ProgramVersion,
}

impl Programs for SeedProgram<'_> {
    async fn in_effect(
        &self,
        _: Time,
        _: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        Ok(Some(self.version.clone()))
    }
}

/// Sets up the demo shop unless that was done before.
pub(crate) async fn seed(
    table: &SharedTable,
    shop: &LocalShop,
    clock: &Clock,
) -> Result<(), LocalError> {
    let (ledger, programs) = (LedgerRepository::new(table), ProgramRepository::new(table));
    let now = clock.now();
    if programs.in_effect(now, Consistency::Strong).await.map_err(seed_error)?.is_some() {
        return Ok(());
    }
    let catalog = CatalogRepository::new(table);
    let in_currency = |document| demo::in_currency(document, &shop.currency);
    for (product, document) in demo::PRODUCTS {
        publish(&catalog, (product, &in_currency(document)), now).await?;
    }
    let document = in_currency(demo::PROGRAM);
    let program =
        Program::parse(&document).map_err(|mistakes| LocalError::Seed(format!("{mistakes:?}")))?;
    let active_from = now.minus_ms(PROGRAM_AGE_DAYS * DAY_MS);
    let program = program.into();
    let version = ProgramVersion { activation: 1, version: 1, active_from, program };
    let seeding = SeedProgram { ledger: &ledger, version };
    let orders: Vec<PastOrder> =
        serde_json::from_str(&in_currency(demo::ORDERS)).map_err(seed_error)?;
    for order in orders {
        let absorber = Absorber {
            ledger: seeding.ledger,
            programs: &seeding,
            shop: &shop.domain,
            sent_at: now,
        };
        absorb(&absorber, &order, &shop.currency, now).await?;
    }
    let first = Activation { number: 1, version: 1, active_from };
    programs.activate(&first, Some(&document)).await.map_err(seed_error)?;
    Ok(())
}

async fn publish(
    catalog: &CatalogRepository,
    (product, document): (&str, &str),
    at: Time,
) -> Result<(), LocalError> {
    if catalog.active_version(product, Consistency::Strong).await.map_err(seed_error)?.is_some() {
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
    domain_catalog::publish(catalog, &new).await.map(|_| ()).map_err(seed_error)
}

/// Absorbs a past order into the ledger, as Shopify's webhook would be.
async fn absorb<L: LedgerStore, P: Programs>(
    absorber: &Absorber<'_, L, P>,
    order: &PastOrder,
    currency: &str,
    now: Time,
) -> Result<(), LocalError> {
    let at = now.minus_ms(order.days_ago * DAY_MS).to_rfc3339();
    let detail = json!({
        "payload": {
            "id": order.id,
            "customer": {"id": order.customer},
            "created_at": at,
            "processed_at": at,
            "currency": currency,
            "test": false,
            "line_items": order.line_items,
        },
        "metadata": {"X-Shopify-Topic": "orders/paid", "X-Shopify-Shop-Domain": absorber.shop},
    });
    absorber.absorb(&detail.to_string()).await.map(|_| ()).map_err(seed_error)
}

fn seed_error(error: impl std::fmt::Display) -> LocalError {
    LocalError::Seed(error.to_string())
}
