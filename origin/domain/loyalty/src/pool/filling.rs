//! Filling a pool: the discount at Shopify, then batches of codes under it, each confirmed before its
//! slots are ready.
//!
//! A worker may stop between any two steps. The next one makes the same codes again, because a slot
//! always has the same code; what Shopify then calls taken is either this pool's own or a collision, and
//! the discount that the code belongs to tells which. Slots become ready in transactions that also move
//! the pool's count, so no slot becomes ready twice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use domain_core::event::{Event, Kind};
use domain_core::port::{CONFLICT_ROUNDS_MAX, PortError, Written};
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use super::claiming::{LOW_WATER, PoolSlot, Supply};
use super::code::{CodeSeed, RewardCode};
use super::discount::{Discount, PoolId, pools_due};
use crate::ports::{CodePools, Discounts, PoolStore, TRANSACTION_ACTIONS_MAX};
use crate::program::definition::Reward;
use crate::redemption::lifecycle::RedemptionItem;

/// Most codes of one batch (Shopify, `discountRedeemCodeBulkAdd`).
pub const BATCH_CODES_MAX: u32 = 250;
/// How often one attempt asks whether a batch is imported; the port waits before it answers no.
pub const POLLS_MAX: u32 = 20;
/// Most slots that one transaction makes ready, besides the pool.
const READY_PER_WRITE: usize = TRANSACTION_ACTIONS_MAX - 1;
/// The slot whose code names the discount. It is never given out.
const NAME_SLOT: u32 = 0;

/// A discount at Shopify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiscountId(pub String);

/// A batch of codes that Shopify is importing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationId(pub String);

/// The outcome of creating a discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It exists.
    Done(DiscountId),
    /// A discount with its first code exists, perhaps from an earlier attempt.
    Taken,
}

/// One code of an imported batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The code.
    pub code: RewardCode,
    /// Whether Shopify made it.
    pub is_made: bool,
}

/// A pool as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The number of writes.
    pub version: u64,
    /// What its codes are worth.
    pub discount: Discount,
    /// The discount at Shopify, once it is known.
    pub id: Option<DiscountId>,
    /// Slots below this are confirmed, claimed, or will never be ready.
    pub filled: u32,
}

/// The detail of a `rewards.codes_ran_low` event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodesRanLow {
    /// The reward whose pool ran low; `None`: look at every reward.
    #[serde(default)]
    pub reward: Option<String>,
    /// A held redemption that found no code. Its decision is published again once there are codes.
    #[serde(default)]
    pub waiting: Option<RedemptionItem>,
}

/// What an attempt did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Every pool that is due has codes.
    Done,
    /// The shop never had the app: it has no pools.
    NotInstalled,
}

/// Why a pool can't be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A port failed: the same attempt may succeed later.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another discount of the shop has the code that names this pool's.
    #[error("the code that names the discount of {0} belongs to another discount")]
    NameTaken(PoolId),
}

/// Fills the pools of rewards.
#[derive(Debug, Clone, Copy)]
pub struct Filler<'a, S, D> {
    /// Stores pools.
    pub pools: &'a S,
    /// Shopify's discounts.
    pub discounts: &'a D,
    /// Random bits for the seed, if the shop has none.
    pub random: [u8; 16],
    /// The clock of this instance.
    pub now: Time,
}

// === impl Filler ===

impl<S: CodePools + PoolStore, D: Discounts> Filler<'_, S, D> {
    /// Fills the pools of a reward that are due and low. Repeating it changes nothing once they have
    /// [`LOW_WATER`] ready slots.
    ///
    /// # Errors
    /// [`FillError`]; what is confirmed by then is ready.
    pub async fn fill(&self, reward: &Reward, currency: &str) -> Result<Filled, FillError> {
        for discount in pools_due(reward, currency, self.now) {
            if self.fill_pool(&discount).await? == Filled::NotInstalled {
                return Ok(Filled::NotInstalled);
            }
        }
        Ok(Filled::Done)
    }

    async fn fill_pool(&self, discount: &Discount) -> Result<Filled, FillError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            match self.pools.supply(&discount.pool).await? {
                Supply::OwnCodes => return Ok(Filled::NotInstalled),
                Supply::Slots(slots) if slots.len() >= LOW_WATER => return Ok(Filled::Done),
                Supply::Slots(_) => {}
            }
            let seed = self.seed().await?;
            let pool = self.pool(discount).await?;
            let Some((pool, id)) = self.named(pool, &seed).await? else { continue };
            self.fill_batch(pool, &id, &seed).await?;
        }
        Err(PortError::Unavailable("the pool changed under every attempt".to_owned()).into())
    }

    /// The seed of the shop: stored before the first code is made of it.
    async fn seed(&self) -> Result<CodeSeed, PortError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            if let Some(seed) = self.pools.seed().await? {
                return Ok(seed);
            }
            self.pools.save_seed(&CodeSeed::new(self.random)).await?;
        }
        Err(PortError::Unavailable("the seed can't be read back".to_owned()))
    }

    async fn pool(&self, discount: &Discount) -> Result<Pool, PortError> {
        let stored = self.pools.pool(&discount.pool).await?;
        Ok(stored.unwrap_or_else(|| Pool::new(discount)))
    }

    /// The pool with its discount at Shopify, which the code of [`NAME_SLOT`] names: looked up before it
    /// is created, and found again if the answer to its creation is lost. `None`: the pool has changed.
    async fn named(
        &self,
        mut pool: Pool,
        seed: &CodeSeed,
    ) -> Result<Option<(Pool, DiscountId)>, FillError> {
        if let Some(id) = pool.id.clone() {
            return Ok(Some((pool, id)));
        }
        let code = pool.code(seed, NAME_SLOT);
        let known = self.discounts.discount_of(&code).await?;
        let id = match known {
            Some(id) => id,
            None => match self.discounts.create(&pool.discount, &code).await? {
                Created::Done(id) => id,
                Created::Taken => match self.discounts.discount_of(&code).await? {
                    Some(id) => id,
                    None => return Err(FillError::NameTaken(pool.discount.pool)),
                },
            },
        };
        let seen = pool.seen();
        pool.id = Some(id.clone());
        pool.filled = NAME_SLOT + 1;
        pool.version += 1;
        let written = self.pools.save(seen, &pool, &[]).await?;
        Ok((written == Written::Done).then_some((pool, id)))
    }

    /// Adds one batch of codes and makes the slots ready that Shopify confirms.
    async fn fill_batch(
        &self,
        mut pool: Pool,
        id: &DiscountId,
        seed: &CodeSeed,
    ) -> Result<(), FillError> {
        let batch = pool.filled..pool.filled.saturating_add(BATCH_CODES_MAX);
        // In a restored table slots may be claimed that are not counted: the codes of redemptions that
        // were settled after the backup.
        let claimed = self.pools.claimed(&pool.discount.pool, batch.clone()).await?;
        let ready = self.confirmed(&pool, id, (batch.clone(), &claimed), seed).await?;
        let mut writes = ready.chunks(READY_PER_WRITE).peekable();
        if writes.peek().is_none() {
            return self.advance(&mut pool, batch.end, &[]).await.map(|_| ());
        }
        while let Some(slots) = writes.next() {
            let last = slots.last().map_or(batch.end, |last| last + 1);
            let filled = if writes.peek().is_none() { batch.end } else { last };
            if self.advance(&mut pool, filled, slots).await? == Written::Conflict {
                break;
            }
        }
        Ok(())
    }

    async fn advance(
        &self,
        pool: &mut Pool,
        filled: u32,
        ready: &[u32],
    ) -> Result<Written, FillError> {
        let seen = pool.seen();
        pool.filled = filled;
        pool.version += 1;
        Ok(self.pools.save(seen, pool, ready).await?)
    }

    /// The slots of a batch whose codes Shopify has under this discount.
    async fn confirmed(
        &self,
        pool: &Pool,
        id: &DiscountId,
        (batch, claimed): (Range<u32>, &BTreeSet<u32>),
        seed: &CodeSeed,
    ) -> Result<Vec<u32>, FillError> {
        let slots = batch.filter(|slot| !claimed.contains(slot));
        let codes: BTreeMap<RewardCode, u32> =
            slots.map(|slot| (pool.code(seed, slot), slot)).collect();
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<RewardCode> = codes.keys().cloned().collect();
        let creation = self.discounts.add(id, &list).await?;
        let added = self.imported(&creation).await?;
        let mut ready = Vec::with_capacity(added.len());
        for Added { code, is_made } in added {
            let Some(slot) = codes.get(&code) else { continue };
            if is_made || self.discounts.discount_of(&code).await?.as_ref() == Some(id) {
                ready.push(*slot);
            }
        }
        ready.sort_unstable();
        Ok(ready)
    }

    async fn imported(&self, creation: &CreationId) -> Result<Vec<Added>, FillError> {
        for _ in 0..POLLS_MAX {
            if let Some(added) = self.discounts.added(creation).await? {
                return Ok(added);
            }
        }
        Err(PortError::Unavailable("Shopify is still importing the codes".to_owned()).into())
    }
}

// === impl Pool ===

impl Pool {
    fn new(discount: &Discount) -> Self {
        Self { version: 0, discount: discount.clone(), id: None, filled: NAME_SLOT }
    }

    /// The version to guard a write by; `None` before the first.
    fn seen(&self) -> Option<u64> {
        (self.version > 0).then_some(self.version)
    }

    fn code(&self, seed: &CodeSeed, slot: u32) -> RewardCode {
        RewardCode::in_pool(seed, &PoolSlot { pool: self.discount.pool.clone(), slot })
    }
}

// === impl FillError ===

impl FillError {
    /// Whether the same attempt may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Port(error) => error.is_retryable(),
            Self::NameTaken(_) => false,
        }
    }
}

// === impl CodesRanLow ===

impl CodesRanLow {
    /// Its event.
    ///
    /// # Panics
    /// Never: it always has a JSON form.
    #[must_use]
    pub fn to_event(&self) -> Event {
        let detail = serde_json::to_string(self).expect("it always has a JSON form");
        Event { kind: Kind::CodesRanLow, detail }
    }
}
