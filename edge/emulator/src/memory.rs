//! The bytes that allocations occupy, so that the bound on stored objects holds in the process.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// What an allocator adds to each allocation, the multiple that it rounds up to, and its least
/// (glibc's malloc on 64 bits).
const HEADER_BYTES: usize = 8;
const UNIT_BYTES: usize = 16;
const ALLOCATION_BYTES_MIN: usize = 32;
/// The two counters before the value of an `Arc`.
const ARC_BYTES: usize = 16;
/// What `Bytes` allocates beside its bytes once there is a second reference to them.
const SHARED_BYTES: usize = 24;
/// A place in the index of a `HeaderMap`, a header in it, and a further value of a name.
const INDEX_BYTES: usize = 4;
const HEADER_SLOT_BYTES: usize = 104;
const FURTHER_VALUE_BYTES: usize = 72;

/// The bytes that an allocation of this size occupies.
pub(crate) fn allocated(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        _ => (bytes + HEADER_BYTES).next_multiple_of(UNIT_BYTES).max(ALLOCATION_BYTES_MIN),
    }
}

pub(crate) fn of_arc(bytes: usize) -> usize {
    allocated(ARC_BYTES + bytes)
}

/// Those of a value that has its bytes for itself.
pub(crate) fn of_bytes(length: usize) -> usize {
    match length {
        0 => 0,
        _ => allocated(length) + allocated(SHARED_BYTES),
    }
}

pub(crate) fn of_texts(texts: &Vec<String>) -> usize {
    allocated(texts.capacity() * size_of::<String>())
        + texts.iter().map(|text| allocated(text.capacity())).sum::<usize>()
}

/// Those of a map that [`compact`] made.
pub(crate) fn of_headers(headers: &HeaderMap) -> usize {
    // The index has places for a third more headers than the map takes.
    let places = headers.capacity() * 4 / 3;
    let further_values = headers.len() - headers.keys_len();
    allocated(places * INDEX_BYTES)
        + allocated(headers.keys_len() * HEADER_SLOT_BYTES)
        + allocated(further_values * FURTHER_VALUE_BYTES)
        + of_bytes(headers.values().map(HeaderValue::len).sum())
        + headers.keys().map(of_name).sum::<usize>()
}

/// Names that the `http` crate does not know have bytes of their own.
fn of_name(name: &HeaderName) -> usize {
    let text = name.as_str();
    let same = HeaderName::from_bytes(text.as_bytes());
    let is_known = same.is_ok_and(|same| std::ptr::eq(same.as_str(), text));
    if is_known { 0 } else { of_bytes(text.len()) }
}

/// The same headers without spare room, their values in one allocation of their own. An origin's are
/// parts of the buffer that its connection was read into, and each would hold all of it.
pub(crate) fn compact(headers: &HeaderMap) -> HeaderMap {
    let mut values = Vec::with_capacity(headers.values().map(HeaderValue::len).sum());
    headers.values().for_each(|value| values.extend_from_slice(value.as_bytes()));
    let values = Bytes::from(values);
    let mut compact = HeaderMap::with_capacity(headers.keys_len());
    let mut begin = 0;
    for (name, value) in headers {
        let end = begin + value.len();
        let mut own = HeaderValue::from_maybe_shared(values.slice(begin..end))
            .expect("the bytes of a header's value");
        own.set_sensitive(value.is_sensitive());
        compact.append(name, own);
        begin = end;
    }
    // A copy has room for exactly the headers that there are.
    compact.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_occupies_its_header_and_is_rounded_up() {
        let sizes = [0, 1, 24, 25, 40, 41, 4_096].map(allocated);
        assert_eq!(sizes, [0, 32, 32, 48, 48, 64, 4_112]);
    }

    #[test]
    fn compact_headers_are_the_same_and_hold_no_larger_buffer() {
        let buffer = Bytes::from(b"max-age=60 a=1 b=2 secret".to_vec());
        let value = |range| HeaderValue::from_maybe_shared(buffer.slice(range)).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("cache-control", value(0..10));
        headers.append("set-cookie", value(11..14));
        headers.append("set-cookie", value(15..18));
        headers.append("x-own", value(19..25));
        headers.append("x-empty", HeaderValue::from_static(""));
        headers.get_mut("x-own").unwrap().set_sensitive(true);
        let copy = compact(&headers);
        assert_eq!(copy, headers);
        assert!(copy["x-own"].is_sensitive());
        let all: Vec<_> = copy.get_all("set-cookie").iter().collect();
        assert_eq!(all, ["a=1", "b=2"]);
        drop(headers);
        assert!(buffer.is_unique());
    }
}
