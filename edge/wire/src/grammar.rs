//! The formats of ids and keys.

/// Longest id of a product, option, value, cart or reward.
pub const ID_LENGTH_MAX: usize = 64;
/// Bounds of an `Idempotency-Key`: long enough to be unique, short enough to store.
pub const IDEMPOTENCY_KEY_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

/// `[A-Za-z0-9][A-Za-z0-9_.-]{0,63}`: an id of ours.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_tail = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    bytes.len() <= ID_LENGTH_MAX
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(is_tail)
}

/// An id that begins with a letter: option ids stand beside our own `_` parameters in a query.
#[must_use]
pub fn is_option_id(text: &str) -> bool {
    is_id(text) && text.as_bytes()[0].is_ascii_alphabetic()
}

/// 16 to 128 of `A–Z a–z 0–9 - _`.
#[must_use]
pub fn is_idempotency_key(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    IDEMPOTENCY_KEY_LENGTH.contains(&text.len()) && text.bytes().all(is_allowed)
}

/// A Shopify id: decimal digits that fit `u64` without a leading zero. Stored as text, because
/// Shopify's ids exceed 2^53 and JavaScript would round them.
#[must_use]
pub fn is_shopify_id(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::{is_id, is_idempotency_key, is_option_id, is_shopify_id};

    #[test]
    fn ids_have_an_alphabet_and_a_maximum_length() {
        assert!(is_id("bike") && is_id("2xl") && is_id("a.b_c-D") && is_id(&"x".repeat(64)));
        for bad in ["", "_x", ".x", "a b", "a/b", "a%2e", "ä", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(is_option_id("size") && !is_option_id("2size"));
    }

    #[test]
    fn idempotency_keys_are_long_enough_to_be_unique() {
        assert!(is_idempotency_key(&"k".repeat(16)) && is_idempotency_key(&"-_".repeat(64)));
        assert!(!is_idempotency_key(&"k".repeat(15)) && !is_idempotency_key(&"k".repeat(129)));
        assert!(!is_idempotency_key("0123456789abcde."));
    }

    #[test]
    fn shopify_ids_above_2_53_are_ids() {
        assert!(is_shopify_id("820982911946154508") && is_shopify_id("1001"));
        for bad in ["", "0", "01", "1e3", "-1", "99999999999999999999"] {
            assert!(!is_shopify_id(bad), "{bad}");
        }
    }
}
