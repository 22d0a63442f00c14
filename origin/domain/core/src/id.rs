//! Hashes over length-prefixed parts, and the ids derived from them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Identifies one command, so that repetitions are recognised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId([u8; COMMAND_ID_BYTES]);

const COMMAND_ID_BYTES: usize = 16;
const COMMAND_ID_CHARACTERS: usize = 22;

// === impl CommandId ===

impl CommandId {
    /// The id of a client's command with idempotency key `key` on a resource such as `cart/<id>`.
    #[must_use]
    pub fn of_key(resource: &str, key: &str) -> Self {
        Self::of("key", &[resource, key])
    }

    /// The id of a command with another cause, such as `order/<id>`.
    #[must_use]
    pub fn of_cause(resource: &str, cause: &str) -> Self {
        Self::of("cause", &[resource, cause])
    }

    /// The sixteen bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The form in paths and answers, where every id begins with a letter or digit.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Reads that form.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|bits| Self(bits.to_be_bytes()))
    }

    fn of(kind: &str, parts: &[&str]) -> Self {
        let all: Vec<&[u8]> =
            std::iter::once(kind).chain(parts.iter().copied()).map(str::as_bytes).collect();
        let digest = digest("forecourt/command/1", &all);
        Self(std::array::from_fn(|index| digest[index]))
    }
}

impl From<[u8; 16]> for CommandId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for CommandId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::fmt::Debug for CommandId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "CommandId({self})")
    }
}

impl Serialize for CommandId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; COMMAND_ID_CHARACTERS];
        URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).expect("16 bytes are 22 characters");
        out.serialize_str(std::str::from_utf8(&text).expect("base64url is ASCII"))
    }
}

impl<'de> Deserialize<'de> for CommandId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "a command id is 22 characters of base64url", |text| {
            // The decoder requires space for whole groups of four characters.
            let mut bytes = [0; COMMAND_ID_BYTES + 2];
            let read = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
            (read == COMMAND_ID_BYTES).then(|| Self(std::array::from_fn(|index| bytes[index])))
        })
    }
}

/// Deserialises a value from text, without an allocation if the text is borrowed: a cart holds
/// hundreds of ids.
pub fn read_text<'de, D: Deserializer<'de>, T>(
    from: D,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Reader<F>(&'static str, F);

    impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Reader<F> {
        type Value = T;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str(self.0)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            (self.1)(text).ok_or_else(|| E::custom(self.0))
        }
    }

    from.deserialize_str(Reader(expected, parse))
}

/// SHA-256 over a label and length-prefixed parts: different parts never give the same bytes.
#[must_use]
pub fn digest(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::CommandId;

    #[test]
    fn one_key_names_one_command_per_resource() {
        let id = CommandId::of_key("cart/a", "key-0123456789abcdef");
        assert_eq!(id, CommandId::of_key("cart/a", "key-0123456789abcdef"));
        assert_ne!(id, CommandId::of_key("cart/b", "key-0123456789abcdef"));
        assert_ne!(CommandId::of_key("ab", "c"), CommandId::of_key("a", "bc"));
        assert_ne!(CommandId::of_key("a", "b"), CommandId::of_cause("a", "b"));
    }

    #[test]
    fn ids_are_serialised_as_text() {
        let id = CommandId::of_cause("cart/a", "order/1");
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<CommandId>(&text).unwrap(), id);
        assert!(serde_json::from_str::<CommandId>("\"short\"").is_err());
        assert_eq!(CommandId::from_hex(&id.to_hex()), Some(id));
        assert_eq!(CommandId::from([1; 16]).to_hex(), "01".repeat(16));
        for text in ["", "01", &"0g".repeat(16), &"0A".repeat(16), &format!("+{}", "0".repeat(31))]
        {
            assert_eq!(CommandId::from_hex(text), None, "{text}");
        }
    }
}
