//! Hashes over length-prefixed parts, and the ids made of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The name of one command: what makes a repetition recognisable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId([u8; 16]);

// === impl CommandId ===

impl CommandId {
    /// The id of the command a client named `key` on a resource such as `cart/<id>`.
    #[must_use]
    pub fn of_key(resource: &str, key: &str) -> Self {
        Self::of("key", &[resource, key])
    }

    /// The id of a command that something else caused, such as `order/<id>`.
    #[must_use]
    pub fn of_cause(resource: &str, cause: &str) -> Self {
        Self::of("cause", &[resource, cause])
    }

    /// The sixteen bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
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
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommandId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok().map(Self))
            .ok_or_else(|| serde::de::Error::custom("a command id is 22 characters of base64url"))
    }
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
    fn ids_travel_as_text() {
        let id = CommandId::of_cause("cart/a", "order/1");
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<CommandId>(&text).unwrap(), id);
        assert!(serde_json::from_str::<CommandId>("\"short\"").is_err());
    }
}
