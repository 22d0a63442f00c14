//! Keys that are rotated: one verifies an hour before it signs and for 48 hours after it last
//! signed. No two instances learn of it at the same time.

use edge_wire::keys::KeyRing;
use origin_domain::time::{DAY_MS, HOUR_MS};

use crate::dice::Dice;
use crate::timeline::Timeline;

const OLD: &str = "s1:0123456789abcdef0123456789abcdef";
const NEW: &str = "s2:fedcba9876543210fedcba9876543210";
/// How long a key verifies before it signs.
const AHEAD_MS: u64 = HOUR_MS;
/// How long it verifies after it last signed.
const BEHIND_MS: u64 = 2 * DAY_MS;
/// The latest beginning of a rotation within a world.
const ROTATED_MS_MAX: u64 = 30 * DAY_MS;
/// How long an instance may take to learn of a new ring: half of what keys overlap.
const LEARNT_MS_MAX: u64 = HOUR_MS / 2;

/// The key rings as one instance knows them.
#[derive(Clone)]
pub(crate) struct Rings {
    rotation: Rotation,
    timeline: Timeline,
    late_ms: u64,
}

/// The key rings of a world.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    /// When the new key begins to sign.
    at_ms: u64,
    old: KeyRing,
    coming: KeyRing,
    going: KeyRing,
    new: KeyRing,
}

// === impl Rings ===

impl Rings {
    pub(crate) fn now(&self) -> &KeyRing {
        self.rotation.at(self.timeline.now_ms() - self.late_ms)
    }
}

// === impl Rotation ===

impl Rotation {
    pub(crate) fn drawn(dice: &Dice, now_ms: u64) -> Self {
        let ring = |text: &str| KeyRing::parse(text).expect("keys of ours");
        Self {
            at_ms: now_ms + dice.below(ROTATED_MS_MAX),
            old: ring(OLD),
            coming: ring(&format!("{OLD},{NEW}")),
            going: ring(&format!("{NEW},{OLD}")),
            new: ring(NEW),
        }
    }

    /// The ring at a moment.
    pub(crate) fn at(&self, now_ms: u64) -> &KeyRing {
        if now_ms < self.at_ms - AHEAD_MS {
            &self.old
        } else if now_ms < self.at_ms {
            &self.coming
        } else if now_ms < self.at_ms + BEHIND_MS {
            &self.going
        } else {
            &self.new
        }
    }

    /// What an instance knows of it that starts now.
    pub(crate) fn rings(&self, timeline: &Timeline, dice: &Dice) -> Rings {
        let (rotation, timeline) = (self.clone(), timeline.clone());
        Rings { rotation, timeline, late_ms: dice.below(LEARNT_MS_MAX) }
    }

    /// A ring that verifies everything that was ever signed.
    pub(crate) fn all(&self) -> &KeyRing {
        &self.going
    }

    /// Whether a bookmark may fail to verify at a moment.
    pub(crate) fn is_retired(&self, bookmark: &str, now_ms: u64) -> bool {
        let is_old = bookmark.split('.').nth(1) == Some(self.old.signing_kid());
        is_old && now_ms >= self.at_ms + BEHIND_MS
    }
}
