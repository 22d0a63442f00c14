//! Claiming: the slot that a settled redemption takes out of its reward's pool.

use domain_core::id::{CommandId, digest};
use serde::{Deserialize, Serialize};

use super::discount::PoolId;

/// Fewer ready slots than this, and the pool is filled. Claims look at this many, so it also bounds
/// what one claim reads and spreads claims at the same time over different slots.
pub const LOW_WATER: usize = 64;

/// One code of a pool, by its number. It names the code in events and items without being it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PoolSlot {
    /// The pool.
    pub pool: PoolId,
    /// The number in it.
    pub slot: u32,
}

/// A slot and the one redemption that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotClaim {
    /// The slot.
    pub slot: PoolSlot,
    /// The redemption.
    pub redemption: CommandId,
}

/// What a pool offers to a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supply {
    /// The shop never had the app's tokens: it has no pools, and its rewards have codes that only it
    /// recognises.
    OwnCodes,
    /// At most [`LOW_WATER`] ready slots.
    Slots(Vec<u32>),
}

/// The slot that a redemption tries to claim in this round: another one for another redemption or round,
/// if there are several.
pub(crate) fn choose(slots: &[u32], redemption: CommandId, round: u32) -> Option<u32> {
    let digest = digest("forecourt/pool-choice/1", &[&redemption.bytes(), &round.to_be_bytes()]);
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let count = u32::try_from(slots.len()).ok().filter(|count| *count > 0)?;
    slots.get(usize::try_from(number % count).ok()?).copied()
}
