//! The rewards consumer: keeps the pools of reward codes filled. It is woken when codes run low, when a
//! program is published, when the app is installed, and once a day.

use std::sync::Arc;

use domain_core::event::{Event, Events, Kind};
use domain_core::port::{Consistency, PortError};
use domain_loyalty::{
    ACTIVATION_LEAD_MS, CodePools, CodesRanLow, Discounts, Filler, PoolStore, Program, Programs,
    Reward, Supply, pools_due,
};

use super::{Batch, Consumer, Message, MessageError, Unfinished};
use crate::runtime::clock::Clock;

/// Consumes `rewards.codes_ran_low` and `program.published`.
#[derive(Debug, Clone)]
pub struct RewardsConsumer<S, P, E, D> {
    /// The store of pools.
    pub pools: S,
    /// The store of programs.
    pub programs: P,
    /// Publishes one event for each reward, and decisions that wait for a code.
    pub events: E,
    /// Shopify's discounts.
    pub discounts: D,
    /// Random bits.
    pub random: fn() -> [u8; 16],
    /// Whether the archive is being replayed into a restored table.
    pub is_replaying: bool,
    /// The instance's clock.
    pub clock: Clock,
}

// === impl RewardsConsumer ===

impl<S, P, E, D> Consumer for RewardsConsumer<S, P, E, D>
where
    S: CodePools + PoolStore + 'static,
    P: Programs + 'static,
    E: Events + 'static,
    D: Discounts + 'static,
{
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for message in batch.records {
            let outcome = self.one(&message).await;
            unfinished.note(message.message_id, outcome);
        }
        unfinished
    }
}

impl<S: CodePools + PoolStore, P: Programs, E: Events, D: Discounts> RewardsConsumer<S, P, E, D> {
    async fn one(&self, message: &Message) -> Result<(), MessageError> {
        let envelope = message.envelope()?;
        // Codes that were made are made; a restored table has its pools and learns the claims from the
        // decisions.
        if envelope.replay_name.is_some() {
            return Ok(());
        }
        if self.is_replaying {
            let reason = "no pool is filled while the archive is replayed";
            return Err(PortError::Unavailable(reason.to_owned()).into());
        }
        let low = match envelope.detail_type == Kind::CodesRanLow.detail_type() {
            true => serde_json::from_str(envelope.detail.get())?,
            false => CodesRanLow::default(),
        };
        for program in self.programs().await? {
            match &low.reward {
                Some(reward) => self.fill(program.reward(reward), &program).await?,
                None => self.wake_each(&program).await?,
            }
        }
        // Its own message may be delivered again in minutes only.
        let waiting: Vec<Event> = low.waiting.iter().map(|held| held.to_event()).collect();
        if !waiting.is_empty() {
            self.events.publish(&waiting).await?;
        }
        Ok(())
    }

    /// The program that applies, and the one that applies in some seconds if another was published: its
    /// codes are ready by then.
    async fn programs(&self) -> Result<Vec<Arc<Program>>, PortError> {
        let now = self.clock.now();
        let mut versions = Vec::new();
        for at in [now, now.plus_ms(ACTIVATION_LEAD_MS)] {
            versions.extend(self.programs.in_effect(at, Consistency::Strong).await?);
        }
        versions.dedup_by_key(|version| version.activation);
        Ok(versions.into_iter().map(|version| version.program).collect())
    }

    async fn fill(&self, reward: Option<&Reward>, program: &Program) -> Result<(), MessageError> {
        let Some(reward) = reward else { return Ok(()) };
        let filler = Filler {
            pools: &self.pools,
            discounts: &self.discounts,
            random: (self.random)(),
            now: self.clock.now(),
        };
        let filled = filler.fill(reward, &program.currency).await?;
        tracing::debug!(outcome = ?filled, reward = reward.id, "looked at the codes of a reward");
        Ok(())
    }

    /// Publishes one event for each reward that has pools: each is a message of its own, so that many
    /// rewards do not share the time of one.
    async fn wake_each(&self, program: &Program) -> Result<(), MessageError> {
        let now = self.clock.now();
        let mut events = Vec::new();
        for reward in &program.rewards {
            let due = pools_due(reward, &program.currency, now);
            let Some(first) = due.first() else { continue };
            if self.pools.supply(&first.pool).await? == Supply::OwnCodes {
                return Ok(());
            }
            let low = CodesRanLow { reward: Some(reward.id.clone()), waiting: None };
            events.push(low.to_event());
        }
        if !events.is_empty() {
            self.events.publish(&events).await?;
        }
        Ok(())
    }
}
