//! The kinds of worlds of the ledger, and the size of one.

use std::sync::Arc;

use domain_core::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

use crate::engine::{Coverage, FaultProfile, Rng, SKEW_MS_MAX};
use crate::world::{Base, Silences};

/// The kinds of worlds, as often as they are drawn.
const KINDS: [Kind; 12] = [
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Large,
    Kind::Midnights,
    Kind::Midnights,
];

/// A kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Few operations and devices: fewer coincidences, but readable.
    Small,
    /// Many times more of both.
    Large,
    /// Activity around midnights, with clocks seconds before and after them, and a fast bus: a fact
    /// of the new day is read by a clock of the old one.
    Midnights,
}

/// The size of a world of the ledger.
pub(super) struct Size {
    pub(super) operations: u64,
    pub(super) customers: u64,
    /// The maximum number of devices per customer, and of tabs per device.
    pub(super) devices_max: u64,
    pub(super) tabs_max: u64,
    /// Enough for points of many days.
    pub(super) silences: Silences,
}

// === impl Kind ===

impl Kind {
    /// Sets what its situation needs.
    fn adjust(self, profile: &mut FaultProfile, rng: &Rng) {
        if self == Self::Midnights {
            profile.bus_ms_max = rng.pick(&[5, 60]);
            profile.skew_ms_max = SKEW_MS_MAX;
        }
    }
}

// === impl Size ===

impl Size {
    /// The size of a world of a random kind, whose faults are adjusted.
    pub(super) fn random(base: &mut Base) -> Self {
        let rng = base.faults.rng.clone();
        let kind = rng.pick(&KINDS);
        kind.adjust(Arc::make_mut(&mut base.faults.profile), &rng);
        base.run_log.trace(|| format!("{kind:?}: {:?}", base.faults.profile));
        let silences = |count_max| Silences { count_max, ms: silence_ms, ages_ms: &[] };
        let small = Self {
            operations: rng.within(15..=rng.pick(&[40, 80, 150])),
            customers: rng.within(1..=2),
            devices_max: 3,
            tabs_max: 2,
            silences: silences(8),
        };
        match kind {
            Kind::Small => small,
            Kind::Large => {
                base.run_log.count(Coverage::LargeWorld);
                Self {
                    operations: rng.within(200..=rng.pick(&[400, 1_000])),
                    customers: rng.within(2..=4),
                    devices_max: 6,
                    silences: silences(24),
                    ..small
                }
            }
            Kind::Midnights => Self {
                operations: rng.within(60..=120),
                customers: 1,
                silences: Silences { ms: until_midnight_ms, ..silences(12) },
                ..small
            },
        }
    }
}

/// The length of a silence: half of them last until a midnight, when points begin to count and
/// expire.
fn silence_ms(rng: &Rng, now_ms: u64) -> u64 {
    let ms = match rng.below(6) {
        0 => rng.within(10_000..=5 * MINUTE_MS),
        1 => 13 * HOUR_MS,
        2..=4 => rng.within(1..=3) * DAY_MS,
        _ => rng.within(14 * DAY_MS..=30 * DAY_MS),
    };
    if rng.coin() { ms } else { ms + until_midnight_ms(rng, now_ms + ms) }
}

/// The time until two seconds before the next midnight, or up to one second after it: some clocks
/// have reached it then.
fn until_midnight_ms(rng: &Rng, now_ms: u64) -> u64 {
    let midnight_ms = now_ms.next_multiple_of(DAY_MS);
    (midnight_ms - now_ms + rng.below(3 * SECOND_MS)).saturating_sub(2 * SECOND_MS)
}
