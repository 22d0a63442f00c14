//! The nightly reconciliation: one event begins it, and each run continues by another one where its
//! time ends.

use std::time::Duration;

use domain_core::event::{Event, Events, Kind};
use domain_core::port::PortError;
use domain_core::time::{MINUTE_MS, SECOND_MS, Time};
use domain_loyalty::ReconciliationStore;
use origin_adapters::{CatalogRepository, ReconciliationRepository};
use origin_shopify::admin_api::AdminError;
use tokio::time::timeout;

use super::{Batch, Consumer, Message, MessageError, Unfinished};
use crate::reconciliation::{ReconcileError, Reconciler};
use crate::runtime::clock::Clock;
use crate::runtime::ports::SharedEvents;

/// How long one run may take; the function has a minute more.
const RUN_MS_MAX: u64 = 4 * MINUTE_MS;
/// A run that has less time left does not begin another page.
const PAGE_MS_MIN: u64 = 60 * SECOND_MS;

/// Consumes `reconciliation.due`.
#[derive(Debug, Clone)]
pub struct ReconciliationConsumer {
    /// Compares and publishes; `None` without an app.
    pub reconciler: Option<Reconciler>,
    /// Publications that the edge may not know of.
    pub catalog: CatalogRepository,
    /// Where the reconciliation stands.
    pub stored: ReconciliationRepository,
    /// Continues a run.
    pub events: SharedEvents,
    /// The instance's clock.
    pub clock: Clock,
}

impl Consumer for ReconciliationConsumer {
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for message in batch.records {
            let limit = Duration::from_millis(RUN_MS_MAX);
            let outcome = timeout(limit, self.one(&message)).await.unwrap_or_else(|_| {
                let reason = "the reconciliation took too long".to_owned();
                Err(PortError::Unavailable(reason).into())
            });
            unfinished.note(message.message_id, outcome);
        }
        unfinished
    }
}

impl ReconciliationConsumer {
    async fn one(&self, message: &Message) -> Result<(), MessageError> {
        // What the archive repeats was due then, not now.
        if message.envelope()?.replay_name.is_some() {
            return Ok(());
        }
        domain_catalog::announce(&self.catalog, &self.events).await?;
        let Some(reconciler) = &self.reconciler else {
            tracing::info!(reason = "no-app", "no orders are reconciled");
            return Ok(());
        };
        match self.run(reconciler, self.clock.now().plus_ms(RUN_MS_MAX)).await {
            Err(ReconcileError::Shopify(AdminError::Uninstalled(_))) => {
                tracing::info!(reason = "not-installed", "no orders are reconciled");
                Ok(())
            }
            // The next run that is answered begins where the last one that was ended.
            Err(ReconcileError::Shopify(error)) if error.is_shop_closed() => {
                tracing::info!(reason = "shop-closed", "no orders are reconciled");
                Ok(())
            }
            Err(ReconcileError::Shopify(error)) if error.is_access_denied() => {
                tracing::error!(%error, "orders earn no points: Shopify denies their customers");
                let denied = self.stored.load().await?.denied(self.clock.now());
                // Another run that was first has said the same, or knows better.
                self.stored.save(&denied).await?;
                Ok(())
            }
            Err(ReconcileError::Shopify(error)) => Err(PortError::from(error).into()),
            Err(ReconcileError::Port(error)) => Err(error.into()),
            Ok(()) => Ok(()),
        }
    }

    async fn run(&self, reconciler: &Reconciler, until: Time) -> Result<(), ReconcileError> {
        let mut item = self.stored.load().await?;
        let reader = reconciler.reader(until).await?;
        loop {
            let run = item.next_run(self.clock.now());
            let from = (run.since, run.after.clone());
            let page = reconciler.compare(&reader, from, until).await?;
            reconciler.publish(&page.missing).await?;
            let missing = page.missing.payloads.len() as u64;
            item = item.after_page(&run, missing, page.next, self.clock.now());
            // Another run at the same time has the same effect; its state is as good as this one's.
            self.stored.save(&item).await?;
            if item.run.is_none() {
                tracing::info!(count = item.missing, "the orders are reconciled");
                return Ok(());
            }
            if self.clock.now().plus_ms(PAGE_MS_MIN) > until {
                let due = Event { kind: Kind::ReconciliationDue, detail: "{}".to_owned() };
                return Ok(self.events.publish(&[due]).await?);
            }
        }
    }
}
