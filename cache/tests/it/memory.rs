//! What an entry occupies beside its value.

use std::time::Duration;

use cache::{Bounds, ENTRY_BYTES, ReadThrough, Versioned};

use crate::table::now;

const ENTRIES: usize = 10_000;
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
        let cache: &mut ReadThrough<String, Nothing, ()> =
            cache.insert(ReadThrough::new(bounds, || 0));
        for number in 0..ENTRIES {
            now(cache.fill(format!("{number:032}"), Nothing, cache.begin()));
            now(cache.settle());
        }
    });
    let (bytes, count) = (occupied.bytes_current, occupied.count_current);
    let bytes =
        u64::try_from(bytes).unwrap() + u64::try_from(count).unwrap() * BYTES_PER_ALLOCATION;
    let entry = bytes / u64::try_from(ENTRIES).unwrap();
    let percent = 100 * u64::from(ENTRY_BYTES) / entry;
    assert!((90..=110).contains(&percent), "{entry} bytes");
}
