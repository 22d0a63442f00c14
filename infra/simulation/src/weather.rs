//! What may go wrong in a world, and how often. Each world draws its own weather, in which most
//! things are calm and some are rough: faults that come together hide each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use origin_domain::port::PortError;
use origin_domain::time::{DAY_MS, HOUR_MS};

use crate::crew::Life;
use crate::dice::Dice;
use crate::ports::Exposed;
use crate::timeline::Timeline;

/// Rates are per million, waits in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    pub(crate) network_ms_max: u64,
    pub(crate) table_ms_max: u64,
    pub(crate) bus_ms_max: u64,
    /// Any wait may be [`SPIKE`] times as long.
    pub(crate) spike: u32,
    /// A call is refused before it has an effect.
    pub(crate) throttled: u32,
    /// A call has its effect and its answer is lost.
    pub(crate) answer_lost: u32,
    /// Now and then table and bus are gone for a minute; where in that rhythm the world begins.
    outages_from_ms: Option<u64>,
    /// The instance, or the consumer, dies at this very step.
    pub(crate) crash: u32,
    /// A request never arrives, or its answer never does.
    pub(crate) message_lost: u32,
    /// A replica is behind.
    pub(crate) stale: u32,
    /// Something happens between a batch's items.
    pub(crate) torn: u32,
    /// An event is delivered once more, soon.
    pub(crate) duplicate: u32,
    /// An event is delivered once more, within [`DUPLICATE_MS_MAX`].
    pub(crate) late_duplicate: u32,
    /// An event takes up to [`STRAGGLER_MS_MAX`].
    pub(crate) straggler: u32,
    /// No consumer can take an event, until somebody mends what it trips over.
    pub(crate) poison: u32,
    /// How long a dead letter waits for somebody to look.
    pub(crate) letter_ms_max: u64,
    /// The edge forgets an object before its time.
    pub(crate) evicted: u32,
    /// An instance's clock differs from the true time by up to this.
    pub(crate) skew_ms_max: u64,
}

/// How much longer a wait is that is far out in the tail.
const SPIKE: u64 = 30;
/// The longest of such waits, so that a request stays a matter of seconds.
const SPIKE_MS_MAX: u64 = 4_000;
/// How long an outage is, and how far one is from the next.
const OUTAGE_MS: u64 = 60_000;
const CYCLE_MS: u64 = 6 * OUTAGE_MS;
/// How long a consumer may be broken.
pub(crate) const POISON_MS_MAX: u64 = 6 * HOUR_MS;
/// How long a dead letter waits in a shop that looks after its alarms, and in one that does not.
const LETTER_MS_MAX: u64 = 2 * HOUR_MS;
const FORGOTTEN_MS_MAX: u64 = 100 * HOUR_MS;
/// A queue whose consumers cannot keep up, as in the first minutes of a campaign.
const STALLED_MS: u64 = 600_000;
/// How long EventBridge and the queue together may take: with the twelve hours in which a retry is
/// honoured, a broken consumer and a dead letter it stays under the 48 that the cart waits.
pub(crate) const STRAGGLER_MS_MAX: u64 = 24 * HOUR_MS;
/// How late a repetition may come: after the 48 hours, and before ids are forgotten or after.
pub(crate) const DUPLICATE_MS_MAX: u64 = 20 * DAY_MS;
/// Half of the five seconds that two instances may differ.
const SKEW_MS_MAX: u64 = 2_500;

/// The weather with all it needs to strike.
#[derive(Clone)]
pub(crate) struct Sky {
    pub(crate) weather: Arc<Weather>,
    pub(crate) dice: Dice,
    pub(crate) timeline: Timeline,
    is_calm: Arc<AtomicBool>,
    is_table_lost: Arc<AtomicBool>,
}

// === impl Weather ===

impl Weather {
    /// A draw.
    pub(crate) fn drawn(dice: &Dice) -> Self {
        let rate = || dice.pick(&[0, 0, 0, 3_000, 30_000, 150_000]);
        Self {
            network_ms_max: dice.pick(&[0, 2, 30, 30, 400]),
            table_ms_max: dice.pick(&[0, 3, 10, 10, 60, 1_500]),
            bus_ms_max: dice.pick(&[0, 5, 60, 500, 500, 3_000, STALLED_MS]),
            spike: dice.pick(&[0, 20_000, 100_000]),
            throttled: rate(),
            answer_lost: rate(),
            outages_from_ms: dice.pick(&[false, false, false, true]).then(|| dice.below(CYCLE_MS)),
            crash: dice.pick(&[0, 0, 0, 1_000, 10_000]),
            message_lost: rate(),
            stale: dice.pick(&[0, 0, 200_000, 700_000]),
            torn: dice.pick(&[0, 0, 100_000, 500_000]),
            duplicate: dice.pick(&[0, 30_000, 300_000]),
            late_duplicate: dice.pick(&[0, 0, 50_000, 300_000]),
            straggler: dice.pick(&[0, 0, 0, 10_000, 100_000]),
            poison: dice.pick(&[0, 0, 10_000, 100_000]),
            letter_ms_max: dice.pick(&[LETTER_MS_MAX, LETTER_MS_MAX, FORGOTTEN_MS_MAX]),
            evicted: dice.pick(&[0, 0, 200_000]),
            skew_ms_max: dice.pick(&[0, 0, 5, 300, SKEW_MS_MAX]),
        }
    }
}

// === impl Sky ===

impl Sky {
    pub(crate) fn new(weather: Weather, dice: Dice, timeline: Timeline) -> Self {
        let (is_calm, is_table_lost) = (Arc::default(), Arc::default());
        Self { weather: Arc::new(weather), dice, timeline, is_calm, is_table_lost }
    }

    /// From now on nothing goes wrong and nothing takes time.
    pub(crate) fn calm_down(&self) {
        self.is_calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    /// The table is lost, until it is found again.
    pub(crate) fn lose_table(&self, is_lost: bool) {
        self.is_table_lost.store(is_lost, Ordering::Relaxed);
    }

    /// Whether table and bus are gone at this moment.
    pub(crate) fn is_outage(&self) -> bool {
        let is_part = |from_ms: u64| (self.timeline.now_ms() + from_ms) % CYCLE_MS < OUTAGE_MS;
        let is_outage = !self.is_calm() && self.weather.outages_from_ms.is_some_and(is_part);
        is_outage || self.is_table_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn strikes(&self, rate: u32) -> bool {
        !self.is_calm() && self.dice.chance(rate)
    }

    /// Takes some of the time it may take at most, and now and then more.
    pub(crate) async fn linger(&self, ms_max: u64) {
        let is_spike = self.strikes(self.weather.spike);
        let spiked = if is_spike { ms_max.max((ms_max * SPIKE).min(SPIKE_MS_MAX)) } else { ms_max };
        self.wait(spiked).await;
    }

    /// Takes some of the time it may take at most.
    pub(crate) async fn wait(&self, ms_max: u64) {
        if !self.is_calm() {
            self.timeline.sleep(self.dice.below(ms_max + 1)).await;
        }
    }

    /// By how much the clock of somebody is wrong.
    pub(crate) fn skew_ms(&self) -> i64 {
        let most = self.weather.skew_ms_max;
        let skew = i64::try_from(self.dice.below(2 * most + 1)).unwrap_or(0);
        skew - i64::try_from(most).unwrap_or(0)
    }

    /// A port in this weather, called by somebody with this life.
    pub(crate) fn exposed<P>(&self, life: &Life, port: P) -> Exposed<P> {
        Exposed { port, sky: self.clone(), life: Some(life.clone()) }
    }

    /// The end of this life, now and then. A consumer has none: it holds nothing, and what it had
    /// in hand comes back to the queue.
    pub(crate) async fn may_crash(&self, life: Option<&Life>) -> Result<(), PortError> {
        if !self.strikes(self.weather.crash) {
            return Ok(());
        }
        let Some(life) = life else {
            return Err(PortError::Unavailable("the consumer died".to_owned()));
        };
        life.crash();
        std::future::pending().await
    }
}
