//! The bytes that values occupy, so that the bound on a cache of them holds in the process.

use std::collections::BTreeMap;

/// What an allocator adds to each allocation, the multiple that it rounds up to, and its least
/// (glibc's malloc on 64 bits).
const HEADER_BYTES: usize = 8;
const UNIT_BYTES: usize = 16;
const ALLOCATION_BYTES_MIN: usize = 32;
/// The two counters before the value of an `Arc`.
const ARC_BYTES: usize = 16;
/// The entries that a node of a `BTreeMap` has room for, and how many there are in one of several if
/// the keys came in order.
const NODE_ENTRIES_MAX: usize = 11;
const NODE_ENTRIES: usize = 7;
/// What a node has beside its entries, and beside that if it is not a leaf.
const NODE_BYTES: usize = 16;
const EDGES_BYTES: usize = (NODE_ENTRIES_MAX + 1) * size_of::<usize>();

/// The bytes that an allocation of this size occupies.
#[must_use]
pub fn allocated(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        _ => (bytes + HEADER_BYTES).next_multiple_of(UNIT_BYTES).max(ALLOCATION_BYTES_MIN),
    }
}

/// Those of a text without spare room.
#[must_use]
pub fn of_text(text: &str) -> usize {
    allocated(text.len())
}

/// Those of a shared value itself.
#[must_use]
pub fn of_arc<T>() -> usize {
    allocated(ARC_BYTES + size_of::<T>())
}

/// Those of a list, without what its elements refer to.
#[must_use]
pub fn of_list<T>(list: &Vec<T>) -> usize {
    allocated(list.capacity() * size_of::<T>())
}

/// Those of a map, without what its keys and values refer to.
#[must_use]
pub fn of_map<K, V>(map: &BTreeMap<K, V>) -> usize {
    let leaves = match map.len() {
        0 => return 0,
        1..=NODE_ENTRIES_MAX => 1,
        more => more.div_ceil(NODE_ENTRIES),
    };
    let inner = if leaves == 1 { 0 } else { leaves.div_ceil(NODE_ENTRIES) };
    let leaf_bytes = NODE_ENTRIES_MAX * (size_of::<K>() + size_of::<V>()) + NODE_BYTES;
    leaves * allocated(leaf_bytes) + inner * allocated(leaf_bytes + EDGES_BYTES)
}

/// Those of a map of texts.
#[must_use]
pub fn of_texts(texts: &BTreeMap<String, String>) -> usize {
    of_map(texts) + texts.iter().map(|(name, value)| of_text(name) + of_text(value)).sum::<usize>()
}
