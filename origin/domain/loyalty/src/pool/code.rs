//! Reward codes, and the secret that those of pools are derived from.

use domain_core::id::{CommandId, digest};
use serde::{Deserialize, Serialize};

use super::claiming::PoolSlot;

/// Most characters that a code takes from the id of its reward.
const PREFIX_CHARS_MAX: usize = 8;
/// Crockford's digits: no letter looks like a digit.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The random part of a code: 80 bits, five to a digit.
const CODE_BYTES: usize = 10;

/// The code that claims a reward. Who knows it can use it, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RewardCode(String);

/// The secret of a shop from which the codes of its pools are derived: 128 random bits, drawn once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSeed {
    /// The bits.
    bits: [u8; 16],
}

// === impl RewardCode ===

impl RewardCode {
    /// The code of a redemption without a slot: a pure function of its id, which only this shop
    /// recognises.
    #[must_use]
    pub fn of(redemption: CommandId) -> Self {
        const DIGITS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let digest = digest("forecourt/reward-code/1", &[&redemption.bytes()]);
        let digits = digest.iter().take(16).map(|byte| char::from(DIGITS[usize::from(byte % 32)]));
        Self(digits.collect())
    }

    /// A code in an answer of Shopify's.
    #[must_use]
    pub fn from_shopify(text: String) -> Self {
        Self(text)
    }

    /// The code of a slot: the beginning of the reward's id, and 16 digits that can't be guessed
    /// without the seed.
    #[must_use]
    pub fn in_pool(seed: &CodeSeed, slot: &PoolSlot) -> Self {
        let parts: [&[u8]; 3] =
            [&seed.bits, slot.pool.as_str().as_bytes(), &slot.slot.to_be_bytes()];
        let digest = digest("forecourt/pool-code/1", &parts);
        let bytes = digest.iter().take(CODE_BYTES);
        let bits = bytes.fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let digit = |at: u32| CROCKFORD[usize::try_from(bits >> (5 * at) & 31).unwrap_or(0)];
        let digits = (0..16).rev().map(|at| char::from(digit(at)));
        let prefix = slot.pool.reward().chars().filter(char::is_ascii_alphanumeric);
        let prefix = prefix.take(PREFIX_CHARS_MAX).map(|char| char.to_ascii_uppercase());
        Self(prefix.chain(['-']).chain(digits).collect())
    }
}

impl std::fmt::Display for RewardCode {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::fmt::Debug for RewardCode {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("RewardCode(..)")
    }
}

// === impl CodeSeed ===

impl CodeSeed {
    /// A seed of these random bits.
    #[must_use]
    pub fn new(bits: [u8; 16]) -> Self {
        Self { bits }
    }
}

impl std::fmt::Debug for CodeSeed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CodeSeed(..)")
    }
}
