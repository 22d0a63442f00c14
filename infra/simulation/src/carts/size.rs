//! The kinds of worlds of carts, and the size of one. Half of the worlds have random faults and few
//! operations; the other kinds reach situations that are rare there.

use std::sync::Arc;

use domain_cart::{IDLE_MS_MAX, ITEM_TTL_MS};
use domain_core::time::{DAY_MS, HOUR_MS};

use crate::engine::{Coverage, FaultProfile, Rng, STALLED_MS};
use crate::world::{Base, Silences};

/// The kinds of worlds, as often as they are drawn.
const KINDS: [Kind; 12] = [
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Small,
    Kind::Large,
    Kind::Backlog,
    Kind::Lives,
    Kind::Lives,
    Kind::Readers,
    Kind::Readers,
];
/// The ages after which a cart is no longer shown, and after which a guest's cart no longer says
/// that it was merged.
const AGES_MS: [u64; 2] = [IDLE_MS_MAX, ITEM_TTL_MS];

/// A kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Few operations and devices: fewer coincidences, but readable.
    Small,
    /// Many times more of both.
    Large,
    /// One device, whose commands stay pending for minutes: its bookmarks exceed what a request may
    /// carry by their length before they do so by their number.
    Backlog,
    /// A cart that ends several times, each time with few commands: soon after it has ended its next
    /// life has the same version, and its bookmarks the same text.
    Lives,
    /// Slow reads of a cart that another device changes often: a read joins one that began before
    /// the version that its client has seen.
    Readers,
}

/// The size of a world of carts, and the pace of its shoppers.
pub(super) struct Size {
    pub(super) operations: u64,
    pub(super) customers: u64,
    /// The maximum number of devices per customer, and of tabs per device.
    pub(super) devices_max: u64,
    pub(super) tabs_max: u64,
    pub(super) silences: Silences,
    /// The rate of commands per million operations, and of bursts per million commands.
    pub(super) commands: u32,
    pub(super) bursts: u32,
    /// Whether every device but the first of a customer only reads.
    pub(super) has_one_writer: bool,
}

// === impl Kind ===

impl Kind {
    /// Sets the faults without which, or with which, its situation does not occur.
    fn adjust(self, profile: &mut FaultProfile, rng: &Rng) {
        match self {
            Self::Small | Self::Large => {}
            Self::Backlog => profile.bus_ms_max = STALLED_MS,
            Self::Lives => {
                *profile = FaultProfile::default();
                profile.network_ms_max = 2;
                profile.table_ms_max = 3;
                profile.bus_ms_max = rng.pick(&[5, 60]);
            }
            Self::Readers => {
                profile.network_ms_max = 30;
                profile.bus_ms_max = rng.pick(&[5, 60]);
                profile.table_ms_max = rng.pick(&[60, 300]);
                profile.spike = 100_000;
            }
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
        let silences = |count_max| Silences { count_max, ms: silence_ms, ages_ms: &AGES_MS };
        let small = Self {
            operations: rng.within(10..=rng.pick(&[40, 80, 80, 200])),
            customers: rng.within(1..=2),
            devices_max: 3,
            tabs_max: 2,
            silences: silences(3),
            commands: rng.pick(&[200_000, 500_000, 500_000, 800_000]),
            bursts: rng.pick(&[0, 20_000, 200_000]),
            has_one_writer: false,
        };
        match kind {
            Kind::Small => small,
            Kind::Large => {
                base.run_log.count(Coverage::LargeWorld);
                Self {
                    operations: rng.within(300..=rng.pick(&[500, 1_500])),
                    customers: rng.within(2..=4),
                    devices_max: 5,
                    tabs_max: 4,
                    silences: silences(8),
                    ..small
                }
            }
            Kind::Backlog => Self {
                operations: rng.within(60..=120),
                customers: 1,
                devices_max: 1,
                silences: silences(0),
                commands: 800_000,
                bursts: 200_000,
                ..small
            },
            Kind::Lives => Self {
                operations: rng.within(80..=160),
                customers: 1,
                devices_max: 1,
                silences: Silences { ms: ending_ms, ..silences(8) },
                commands: 100_000,
                bursts: 0,
                ..small
            },
            Kind::Readers => Self {
                operations: rng.within(100..=200),
                customers: 1,
                devices_max: 6,
                silences: silences(0),
                commands: 900_000,
                bursts: 0,
                has_one_writer: true,
                ..small
            },
        }
    }
}

fn silence_ms(rng: &Rng, now_ms: u64) -> u64 {
    match rng.below(5) {
        0 => rng.within(10_000..=HOUR_MS),
        1 => 13 * HOUR_MS,
        2 => 3 * DAY_MS,
        3 => 16 * DAY_MS,
        _ => ending_ms(rng, now_ms),
    }
}

/// A silence after which a cart has ended.
fn ending_ms(rng: &Rng, _: u64) -> u64 {
    rng.within(33 * DAY_MS..=60 * DAY_MS)
}
