//! The ids in an answer: request ids, and those of this edge.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use http::HeaderValue;

/// Of a request id: 40 bytes in base64.
const ID_CHARS: usize = 56;
/// The number of the first location of an edge.
const FIRST_POP: usize = 50;

/// Generates request ids: unique, in CloudFront's format, and no secret.
#[derive(Debug)]
pub(crate) struct RequestIds {
    seed: u64,
    next: AtomicU64,
}

/// The name of a location: `<IATA><n>-<C|P><n>` (13.5), of an airport that does not exist.
#[derive(Debug, Clone)]
pub(crate) struct Pop(HeaderValue);

/// One request's id: 56 characters, ending in `==`.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(HeaderValue);

// === impl Pop ===

impl Pop {
    pub(crate) fn new(index: usize) -> Self {
        let name = format!("LCL{}-C1", FIRST_POP + index);
        Self(HeaderValue::from_str(&name).expect("letters and digits are fit for a header"))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

// === impl RequestIds ===

impl RequestIds {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }

    pub(crate) fn next(&self) -> RequestId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0; 40];
        for (lane, chunk) in (0_u64..).zip(bytes.chunks_exact_mut(8)) {
            let word = mix(self.seed ^ lane.rotate_right(8)) ^ mix(number.wrapping_add(lane << 56));
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        let mut text = [0; ID_CHARS];
        let written = URL_SAFE.encode_slice(bytes, &mut text);
        debug_assert_eq!(written, Ok(ID_CHARS));
        RequestId(HeaderValue::from_bytes(&text).expect("base64 is fit for a header"))
    }

    /// `1.1 <32 hex>.cloudfront.net (CloudFront)` (13.2), the same for the life of this edge.
    pub(crate) fn via(&self) -> HeaderValue {
        let host = format!("{:016x}{:016x}", mix(self.seed), mix(!self.seed));
        HeaderValue::from_str(&format!("1.1 {host}.cloudfront.net (CloudFront)"))
            .expect("hex is fit for a header")
    }
}

// === impl RequestId ===

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// Whether this request is in a sample of `percent`, by its id.
    pub(crate) fn is_sampled(&self, percent: u64) -> bool {
        let number = self
            .0
            .as_bytes()
            .iter()
            .take(8)
            .fold(0, |sum: u64, &byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        mix(number) % 100 < percent
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

/// SplitMix64's finaliser: a bijection, so different numbers stay different.
fn mix(number: u64) -> u64 {
    let mut word = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
