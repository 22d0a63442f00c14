//! Key rotation: a key verifies from an hour before it signs until 48 hours after it last signed.
//! Instances learn of a new ring at different times.

use domain_core::time::{DAY_MS, HOUR_MS};
use edge_wire::keys::KeyRing;

use crate::rng::Rng;
use crate::timeline::Timeline;

const OLD: &str = "s1:0123456789abcdef0123456789abcdef";
const NEW: &str = "s2:fedcba9876543210fedcba9876543210";
/// How long a key verifies before it signs.
const AHEAD_MS: u64 = HOUR_MS;
/// How long it verifies after it last signed.
const BEHIND_MS: u64 = 2 * DAY_MS;
/// The latest start of a rotation within a world.
const ROTATED_MS_MAX: u64 = 30 * DAY_MS;
/// How long an instance may take to load a new ring: half of the overlap of two keys.
const PROPAGATION_MS_MAX: u64 = HOUR_MS / 2;

/// The key rings as one instance knows them.
#[derive(Clone)]
pub(crate) struct InstanceKeys {
    rotation: KeyRotation,
    timeline: Timeline,
    propagation_ms: u64,
}

/// The key rings of a world.
#[derive(Debug, Clone)]
pub(crate) struct KeyRotation {
    /// When the new key begins to sign.
    at_ms: u64,
    old: KeyRing,
    before_switch: KeyRing,
    after_switch: KeyRing,
    new: KeyRing,
}

// === impl InstanceKeys ===

impl InstanceKeys {
    pub(crate) fn now(&self) -> &KeyRing {
        self.rotation.at(self.timeline.now_ms() - self.propagation_ms)
    }
}

// === impl KeyRotation ===

impl KeyRotation {
    pub(crate) fn random(rng: &Rng, now_ms: u64) -> Self {
        let ring = |text: &str| KeyRing::parse(text).expect("valid keys");
        Self {
            at_ms: now_ms + rng.below(ROTATED_MS_MAX),
            old: ring(OLD),
            before_switch: ring(&format!("{OLD},{NEW}")),
            after_switch: ring(&format!("{NEW},{OLD}")),
            new: ring(NEW),
        }
    }

    /// The ring at a moment.
    pub(crate) fn at(&self, now_ms: u64) -> &KeyRing {
        if now_ms < self.at_ms - AHEAD_MS {
            &self.old
        } else if now_ms < self.at_ms {
            &self.before_switch
        } else if now_ms < self.at_ms + BEHIND_MS {
            &self.after_switch
        } else {
            &self.new
        }
    }

    /// The rings as loaded by an instance that starts now.
    pub(crate) fn rings(&self, timeline: &Timeline, rng: &Rng) -> InstanceKeys {
        let (rotation, timeline) = (self.clone(), timeline.clone());
        InstanceKeys { rotation, timeline, propagation_ms: rng.below(PROPAGATION_MS_MAX) }
    }

    /// A ring that verifies every bookmark of the world.
    pub(crate) fn all(&self) -> &KeyRing {
        &self.after_switch
    }

    /// Whether a bookmark may fail to verify at a moment.
    pub(crate) fn is_retired(&self, bookmark: &str, now_ms: u64) -> bool {
        let is_old = bookmark.split('.').nth(1) == Some(self.old.signing_kid());
        is_old && now_ms >= self.at_ms + BEHIND_MS
    }
}
