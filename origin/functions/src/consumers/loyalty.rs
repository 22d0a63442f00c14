//! The loyalty consumer: writes webhooks and commands to the ledger and completes decisions. A
//! message is done only when its decision is published.

use domain_core::event::{Events, Kind};
use domain_core::time::Time;
use domain_loyalty::{
    Absorber, CodePools, Decider, Delivery, Fate, LedgerStore, LoyaltyEvent, Outcome, Programs,
    RedemptionItem,
};

use super::{Batch, Consumer, Envelope, Message, MessageError, Unfinished, log_erased};
use crate::runtime::clock::Clock;

/// Consumes `shopifyWebhook`, `loyalty.commanded` and the decisions on redemptions.
#[derive(Debug, Clone)]
pub struct LoyaltyConsumer<L, P, E, C> {
    /// The store of ledgers.
    pub ledger: L,
    /// The store of programs.
    pub programs: P,
    /// Publishes decisions.
    pub events: E,
    /// The pools of reward codes.
    pub pools: C,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
    /// Whether the archive is being replayed into a restored table.
    pub is_replaying: bool,
    /// The instance's clock.
    pub clock: Clock,
}

// === impl LoyaltyConsumer ===

impl<L, P, E, C> Consumer for LoyaltyConsumer<L, P, E, C>
where
    L: LedgerStore + 'static,
    P: Programs + 'static,
    E: Events + 'static,
    C: CodePools + 'static,
{
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for message in batch.records {
            let outcome = self.one(&message).await.map(|fate| match fate {
                Fate::Done => {}
                Fate::Erased => log_erased(&message),
            });
            unfinished.note(message.message_id, outcome);
        }
        unfinished
    }
}

impl<L: LedgerStore, P: Programs, E: Events, C: CodePools> LoyaltyConsumer<L, P, E, C> {
    async fn one(&self, message: &Message) -> Result<Fate, MessageError> {
        let envelope = message.envelope()?;
        let detail = envelope.detail.get();
        let delivery = self.delivery(&envelope);
        let is = |kind: Kind| kind.detail_type() == envelope.detail_type;
        if is(Kind::LoyaltyCommanded) {
            let event: LoyaltyEvent = serde_json::from_str(detail)?;
            return Ok(self.decider().command(&event, delivery).await?);
        }
        if Kind::REDEMPTIONS.into_iter().any(is) {
            let item: RedemptionItem = serde_json::from_str(detail)?;
            return Ok(self.decider().decided(&item, delivery).await?);
        }
        let absorber = Absorber {
            ledger: &self.ledger,
            programs: &self.programs,
            shop: &self.shop,
            sent_at: Time::from_rfc3339(&envelope.time).unwrap_or_else(|| self.clock.now()),
        };
        let outcome = absorber.absorb(detail).await?;
        tracing::debug!(?outcome, "absorbed a webhook");
        Ok(if let Outcome::Erased { .. } = outcome { Fate::Erased } else { Fate::Done })
    }

    fn decider(&self) -> Decider<'_, L, P, E, C> {
        Decider {
            ledger: &self.ledger,
            programs: &self.programs,
            events: &self.events,
            pools: &self.pools,
            now: self.clock.now(),
        }
    }

    fn delivery(&self, envelope: &Envelope<'_>) -> Delivery {
        match envelope.replay_name {
            Some(_) => Delivery::Replayed,
            None if self.is_replaying => Delivery::DuringReplay,
            None => Delivery::Live,
        }
    }
}
