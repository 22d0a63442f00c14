//! Injected faults: which ones occur between the archive and the target, and how often.

use std::ops::RangeInclusive;

use fastrand::Rng;

use crate::rng::{PER_MILLION, chance};

/// Longest delay of a fault: SQS's own `DelaySeconds` maximum, 15 minutes.
pub const DELAY_MS_MAX: u64 = 900_000;

/// Longest time for which a reordered message is held back: long enough that later ones pass it.
const REORDER_HOLD_MS_MAX: u64 = 1_000;

/// Digits after the point in a probability: parts per million.
const FRACTION_DIGITS: usize = 6;

/// How often deliveries are duplicated, reordered, delayed and failed. The default is never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    duplicate_ppm: u32,
    reorder_ppm: u32,
    fail_ppm: u32,
    delay_ms: RangeInclusive<u64>,
}

/// Why a fault specification is invalid.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultsError {
    /// The word before `=` is not a fault.
    #[error("unknown fault `{0}`: expected duplicate, reorder, fail or delay_ms")]
    Unknown(String),
    /// A part without `=`.
    #[error("`{0}` is not of the form fault=value")]
    NoValue(String),
    /// The same fault twice.
    #[error("fault `{0}` is given twice")]
    Repeated(String),
    /// Not a decimal between 0 and 1.
    #[error("`{fault}={value}`: a probability is a decimal from 0 to 1 with at most 6 digits")]
    Probability {
        /// The fault's name.
        fault: String,
        /// The value.
        value: String,
    },
    /// Not `low..high`, or beyond the bound.
    #[error("`delay_ms={0}`: expected milliseconds as low..high, high at most {DELAY_MS_MAX}")]
    Delay(String),
}

/// The fault of one invocation of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvocationFault {
    None,
    /// The target is never called.
    BeforeCall,
    /// The target does its work, and its answer is lost: the harder case for a consumer.
    AnswerLost,
}

// === impl Faults ===

impl Default for Faults {
    fn default() -> Self {
        Self { duplicate_ppm: 0, reorder_ppm: 0, fail_ppm: 0, delay_ms: 0..=0 }
    }
}

impl Faults {
    /// Parses `duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.05`; every part is optional.
    ///
    /// # Errors
    /// Names the part that cannot be understood.
    pub fn parse(spec: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        let mut parsed = Vec::new();
        for part in spec.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (fault, value) =
                part.split_once('=').ok_or_else(|| FaultsError::NoValue(part.to_owned()))?;
            if parsed.contains(&fault) {
                return Err(FaultsError::Repeated(fault.to_owned()));
            }
            parsed.push(fault);
            match fault {
                "duplicate" => faults.duplicate_ppm = probability(fault, value)?,
                "reorder" => faults.reorder_ppm = probability(fault, value)?,
                "fail" => faults.fail_ppm = probability(fault, value)?,
                "delay_ms" => faults.delay_ms = delay(value)?,
                _ => return Err(FaultsError::Unknown(fault.to_owned())),
            }
        }
        Ok(faults)
    }

    /// The delays, in milliseconds, of the copies of one message that arrive in a queue.
    pub(crate) fn arrivals_ms(&self, rng: &mut Rng) -> Vec<u64> {
        let copies = if chance(rng, self.duplicate_ppm) { 2 } else { 1 };
        (0..copies).map(|_| self.delay_of_one_ms(rng)).collect()
    }

    /// Randomly reorders the records of one batch.
    pub(crate) fn reorder<T>(&self, batch: &mut [T], rng: &mut Rng) {
        if chance(rng, self.reorder_ppm) {
            rng.shuffle(batch);
        }
    }

    pub(crate) fn invocation_fault(&self, rng: &mut Rng) -> InvocationFault {
        match (chance(rng, self.fail_ppm), chance(rng, PER_MILLION / 2)) {
            (false, _) => InvocationFault::None,
            (true, false) => InvocationFault::BeforeCall,
            (true, true) => InvocationFault::AnswerLost,
        }
    }

    fn delay_of_one_ms(&self, rng: &mut Rng) -> u64 {
        let (low, high) = (*self.delay_ms.start(), *self.delay_ms.end());
        let delay_ms = rng.u64(low..=high);
        let held = chance(rng, self.reorder_ppm);
        delay_ms + if held { rng.u64(1..=REORDER_HOLD_MS_MAX) } else { 0 }
    }
}

/// Parses a decimal probability to parts per million without a float.
fn probability(fault: &str, value: &str) -> Result<u32, FaultsError> {
    let parsed = || -> Option<u32> {
        let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > FRACTION_DIGITS {
            return None;
        }
        let millionths: u32 = format!("{fraction:0<FRACTION_DIGITS$}").parse().ok()?;
        let ppm = whole.parse::<u32>().ok()?.checked_mul(PER_MILLION)?.checked_add(millionths)?;
        (ppm <= PER_MILLION).then_some(ppm)
    };
    parsed().ok_or_else(|| FaultsError::Probability {
        fault: fault.to_owned(),
        value: value.to_owned(),
    })
}

fn delay(value: &str) -> Result<RangeInclusive<u64>, FaultsError> {
    let parsed = || -> Option<RangeInclusive<u64>> {
        let (low, high) = value.split_once("..")?;
        let (low, high) = (low.parse().ok()?, high.parse().ok()?);
        (low <= high && high <= DELAY_MS_MAX).then_some(low..=high)
    };
    parsed().ok_or_else(|| FaultsError::Delay(value.to_owned()))
}
