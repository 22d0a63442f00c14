//! Key rotation: a key verifies from an hour before it signs until 48 hours after it last signed.
//! Instances learn of a new ring at different times.

use domain_core::time::{DAY_MS, HOUR_MS};
use edge_wire::keys::KeyRing;

use crate::engine::{Rng, Timeline};

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

/// A ring that verifies what any instance of any world signs.
pub(crate) fn any_keys() -> KeyRing {
    KeyRing::parse(&format!("{NEW},{OLD}")).expect("valid keys")
}

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
    /// The old key alone; both, signed by the old; both, signed by the new; the new key alone.
    rings: [KeyRing; 4],
}

// === impl InstanceKeys ===

impl InstanceKeys {
    pub(crate) fn now(&self) -> &KeyRing {
        &self.rotation.rings[self.phase()]
    }

    /// Which of the rings it has loaded.
    pub(crate) fn phase(&self) -> usize {
        self.rotation.phase(self.timeline.now_ms() - self.propagation_ms)
    }
}

// === impl KeyRotation ===

impl KeyRotation {
    pub(crate) fn random(rng: &Rng, now_ms: u64) -> Self {
        let ring = |text: &str| KeyRing::parse(text).expect("valid keys");
        let rings =
            [ring(OLD), ring(&format!("{OLD},{NEW}")), ring(&format!("{NEW},{OLD}")), ring(NEW)];
        Self { at_ms: now_ms + rng.below(ROTATED_MS_MAX), rings }
    }

    /// The ring at a moment.
    pub(crate) fn at(&self, now_ms: u64) -> &KeyRing {
        &self.rings[self.phase(now_ms)]
    }

    fn phase(&self, now_ms: u64) -> usize {
        let changes_ms = [self.at_ms - AHEAD_MS, self.at_ms, self.at_ms + BEHIND_MS];
        changes_ms.iter().filter(|ms| now_ms >= **ms).count()
    }

    /// The rings as loaded by an instance that starts now.
    pub(crate) fn rings(&self, timeline: &Timeline, rng: &Rng) -> InstanceKeys {
        let (rotation, timeline) = (self.clone(), timeline.clone());
        InstanceKeys { rotation, timeline, propagation_ms: rng.below(PROPAGATION_MS_MAX) }
    }

    /// A ring that verifies every bookmark of the world.
    pub(crate) fn all(&self) -> &KeyRing {
        &self.rings[2]
    }

    /// Whether a bookmark may fail to verify at a moment.
    pub(crate) fn is_retired(&self, bookmark: &str, now_ms: u64) -> bool {
        let is_old = bookmark.split('.').nth(1) == Some(self.rings[0].signing_kid());
        is_old && now_ms >= self.at_ms + BEHIND_MS
    }
}
