//! The bounds of a cache: weight and time to live.

use std::time::Duration;

/// The bytes of an entry beside its value: a key of some 30 characters, and what moka adds.
pub const ENTRY_BYTES: u32 = 448;

/// The two bounds of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The maximum total weight, in the unit of [`Versioned::weight`](crate::Versioned::weight).
    /// Above it the least recently used values are evicted. It alone bounds memory: an expired
    /// value stays until it is evicted.
    pub weight_max: u64,
    /// How long a value is fresh, counted from the start of the load that produced it.
    pub ttl: Duration,
}

// === impl Bounds ===

impl Bounds {
    /// The time to live in the clock's unit; saturates.
    pub(crate) fn ttl_ms(&self) -> u64 {
        u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

// The only test of this process: moka frees some of its memory on whichever thread comes next.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadThrough, Versioned};

    const ENTRIES: u64 = 10_000;
    /// What an allocator adds to an allocation, on average: a header, and half of what it rounds up.
    const BYTES_PER_ALLOCATION: u64 = 8 + 8;

    /// A value without bytes of its own.
    struct Nothing;

    impl Versioned for Nothing {
        fn version(&self) -> u64 {
            1
        }
    }

    #[test]
    fn an_entry_occupies_what_its_constant_says() {
        let bounds = Bounds { weight_max: u64::MAX, ttl: Duration::from_secs(5) };
        let mut cache = None;
        let occupied = allocation_counter::measure(|| {
            let cache: &mut ReadThrough<Nothing, ()> = cache.insert(ReadThrough::new(bounds, || 0));
            for number in 0..ENTRIES {
                cache.fill(&format!("{number:032}"), Nothing, cache.begin());
                cache.settle();
            }
        });
        let (bytes, count) = (occupied.bytes_current, occupied.count_current);
        let (bytes, count) = (u64::try_from(bytes).unwrap(), u64::try_from(count).unwrap());
        let entry = (bytes + count * BYTES_PER_ALLOCATION) / ENTRIES;
        let percent = 100 * u64::from(ENTRY_BYTES) / entry;
        assert!((90..=110).contains(&percent), "{entry} bytes");
    }
}
