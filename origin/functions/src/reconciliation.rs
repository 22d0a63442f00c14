//! Reconciliation of the ledger with the store's orders, one page at a time: read from Shopify,
//! compare, and publish what is missing as the webhooks that were lost. The loyalty consumer
//! absorbs them like any other, so a repetition changes nothing.

use domain_core::port::PortError;
use domain_core::time::Time;
use domain_loyalty::{Comparison, Missing, StatedOrder, StatedPayload};
use origin_adapters::{LedgerRepository, PayloadRepository, ProgramRepository};
use origin_shopify::admin_api::{AdminApi, AdminError};
use origin_shopify::orders::{OrderPage, OrderReader, ReadOrder};
use serde_json::json;

use crate::runtime::clock::Clock;
use crate::runtime::ports::{Ports, SharedEvents};
use crate::webhook_event;

/// Compares the ledger with the store.
#[derive(Debug, Clone)]
pub struct Reconciler {
    ledger: LedgerRepository,
    programs: ProgramRepository,
    payloads: PayloadRepository,
    events: SharedEvents,
    api: AdminApi,
    shop: String,
    clock: Clock,
}

/// One page of the store's orders, compared.
#[derive(Debug)]
pub struct ComparedPage {
    /// How many orders were read.
    pub orders: usize,
    /// What the ledger lacks.
    pub missing: Missing,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// Why a page could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Shopify does not answer, or refuses.
    #[error(transparent)]
    Shopify(#[from] AdminError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

// === impl Reconciler ===

impl Reconciler {
    /// The reconciler of a shop.
    #[must_use]
    pub fn new(ports: &Ports, api: AdminApi, shop: &str, clock: &Clock) -> Self {
        Self {
            ledger: LedgerRepository::new(&ports.table),
            programs: ProgramRepository::new(&ports.table),
            payloads: PayloadRepository::new(&ports.table),
            events: ports.events.clone(),
            api,
            shop: shop.to_owned(),
            clock: clock.clone(),
        }
    }

    /// A reader of the store's orders.
    ///
    /// # Errors
    /// [`ReconcileError::Shopify`].
    pub async fn reader(&self, until: Time) -> Result<OrderReader, ReconcileError> {
        Ok(OrderReader::open(&self.api, until).await?)
    }

    /// Compares one page of the orders that changed since then. Nothing is written.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn compare(
        &self,
        reader: &OrderReader,
        (since, after): (Time, Option<String>),
        until: Time,
    ) -> Result<ComparedPage, ReconcileError> {
        let OrderPage { orders, next } = reader.page(since, after, until).await?;
        let orders: Vec<StatedOrder> = orders.into_iter().map(stated).collect();
        let (ledger, programs) = (&self.ledger, &self.programs);
        let comparison = Comparison { ledger, programs, shop: &self.shop, now: self.clock.now() };
        let missing = comparison.missing(&orders).await?;
        Ok(ComparedPage { orders: orders.len(), missing, next })
    }

    /// Publishes what is missing. After an error some may have been published; repeating the call
    /// is safe.
    ///
    /// # Errors
    /// [`ReconcileError::Port`].
    pub async fn publish(&self, missing: &Missing) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        for StatedPayload { topic, payload } in &missing.payloads {
            let metadata = json!({
                "X-Shopify-Topic": topic,
                "X-Shopify-Shop-Domain": self.shop,
                "X-Shopify-Triggered-At": now.to_rfc3339(),
            });
            webhook_event::publish(&self.events, &self.payloads, (payload, &metadata), now).await?;
        }
        for (order, reason) in &missing.rejected {
            tracing::error!(order, reason, "an order of the store can't be absorbed");
        }
        Ok(())
    }
}

fn stated(ReadOrder { order, payloads }: ReadOrder) -> StatedOrder {
    let payloads = payloads.into_iter();
    let payloads =
        payloads.map(|one| StatedPayload { topic: one.topic, payload: one.payload }).collect();
    StatedOrder { order, payloads, is_imported: false }
}
