//! Keys and MACs. The first key of a ring signs, all verify: rotation is adding a second key,
//! waiting an hour, and swapping them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;

/// Bytes of a MAC on the wire: 128 bits, more than any online guesser can try.
pub const MAC_BYTES: usize = 16;
/// Shortest secret accepted: the output of the hash (RFC 2104 section 3 discourages less).
pub const SECRET_BYTES_MIN: usize = 32;
/// Most keys of a ring: one signs, one is coming, one is going, one to spare.
pub const KEYS_MAX: usize = 4;

/// What a MAC is for. It is part of the signed bytes, so a MAC of one purpose does not verify for
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A cart token.
    Cart,
    /// A customer token.
    Customer,
    /// The identity header between edge and origin.
    Identity,
    /// A bookmark.
    Bookmark,
    /// The attribute that links Shopify's cart to ours.
    Link,
}

/// Several keys, of which the first signs. `Debug` shows key ids only.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    kid: String,
    primed: Hmac<Sha256>,
}

/// Why a key ring is rejected. Never holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// No key at all, or more than [`KEYS_MAX`].
    Count,
    /// A part that is not `kid:secret`, or a key id that is not 1–16 of `a–z 0–9`.
    Malformed,
    /// A secret under [`SECRET_BYTES_MIN`] bytes.
    Short,
    /// One key id twice.
    Repeated,
}

// === impl Purpose ===

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Cart => "forecourt/cart-token/1",
            Self::Customer => "forecourt/customer-token/1",
            Self::Identity => "forecourt/identity/1",
            Self::Bookmark => "forecourt/bookmark/1",
            Self::Link => "forecourt/link/1",
        }
    }
}

// === impl KeyRing ===

impl KeyRing {
    /// Reads `kid:secret,kid:secret`; the first signs.
    ///
    /// # Errors
    /// A ring that could not protect anything; see [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<Key> = Vec::new();
        for part in text.split(',') {
            let (kid, secret) = part.split_once(':').ok_or(KeyError::Malformed)?;
            let is_kid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            if !(1..=16).contains(&kid.len()) || !kid.bytes().all(is_kid) {
                return Err(KeyError::Malformed);
            }
            if secret.len() < SECRET_BYTES_MIN {
                return Err(KeyError::Short);
            }
            if keys.iter().any(|key| key.kid == kid) {
                return Err(KeyError::Repeated);
            }
            keys.push(Key { kid: kid.to_owned(), primed: prime(secret.as_bytes()) });
        }
        if keys.is_empty() || keys.len() > KEYS_MAX {
            return Err(KeyError::Count);
        }
        Ok(Self { keys })
    }

    /// The id of the key that signs.
    #[must_use]
    pub fn signing_kid(&self) -> &str {
        &self.keys[0].kid
    }

    /// The MAC of these parts under the signing key, base64url.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> String {
        let mac = mac(&self.keys[0].primed, purpose, parts).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES])
    }

    /// Whether `mac` is the MAC of these parts under the key named `kid`, in constant time.
    #[must_use]
    pub fn is_signed(&self, kid: &str, purpose: Purpose, parts: &[&[u8]], mac: &str) -> bool {
        let key = self.keys.iter().find(|key| key.kid == kid);
        key.is_some_and(|key| key.is_signed(purpose, parts, mac))
    }

    /// Whether `mac` is the MAC of these parts under any key of the ring.
    #[must_use]
    pub fn is_signed_by_any(&self, purpose: Purpose, parts: &[&[u8]], mac: &str) -> bool {
        self.keys.iter().any(|key| key.is_signed(purpose, parts, mac))
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

// === impl Key ===

impl Key {
    fn is_signed(&self, purpose: Purpose, parts: &[&[u8]], text: &str) -> bool {
        let Some(presented) = decode_mac(text) else { return false };
        mac(&self.primed, purpose, parts).verify_truncated_left(&presented).is_ok()
    }
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Count => "one to four keys are needed",
            Self::Malformed => "each key is `kid:secret`, kid 1 to 16 of a-z 0-9",
            Self::Short => "a secret needs at least 32 bytes",
            Self::Repeated => "a key id is repeated",
        })
    }
}

impl std::error::Error for KeyError {}

pub(crate) fn prime(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes a key of any length")
}

fn mac(primed: &Hmac<Sha256>, purpose: Purpose, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = primed.clone();
    for part in std::iter::once(purpose.label().as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// Exactly [`MAC_BYTES`] of canonical base64url: one MAC has one text, and a truncated
/// MAC is rejected.
fn decode_mac(text: &str) -> Option<[u8; MAC_BYTES]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
