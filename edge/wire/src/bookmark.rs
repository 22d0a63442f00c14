//! Bookmarks on the wire: `b1.<kid>.<resource>.<payload>.<mac>`, base64url. The edge checks MAC and
//! resource and never decodes a payload; only the origin opens one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::keys::{KeyRing, Purpose};
use crate::resource::Resource;

/// Most bookmarks of one resource on a request; the client sends four and stores the rest.
pub const PER_RESOURCE_MAX: usize = 4;
/// Most bookmarks on a request.
pub const PER_REQUEST_MAX: usize = 8;
/// Most bytes of the bookmark header: what fits beside the rest in CloudFront's 32,768.
pub const HEADER_BYTES_MAX: usize = 6 * 1024;
/// Most commands a bookmark may hold as pending; past it a command is 429.
pub const PENDING_MAX: usize = 60;
/// Most bytes of a payload before base64: 60 pending commands of 32 bytes and the frame of 44.
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024;

const VERSION: &str = "b1";
/// The format byte before the MessagePack payload.
const FORMAT: u8 = 1;

/// A bookmark whose MAC and resource are verified. The edge forwards its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sealed<'a> {
    /// The whole bookmark as received.
    pub text: &'a str,
    /// The resource it is about.
    pub resource: Resource,
    payload: &'a str,
    is_current: bool,
}

/// The content of a bookmark, which only the origin reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The version that the viewer has seen.
    pub floor: u64,
    /// The client's own acknowledged commands that version has not absorbed, in (time, id) order.
    pub pending: Vec<Pending>,
    /// The latest moment of availability, expiry or tier change already counted (loyalty only).
    pub moment: u64,
}

/// One acknowledged command that is not absorbed yet. Names are one letter: there may be sixty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The command's time, milliseconds of the hybrid logical clock.
    #[serde(rename = "t")]
    pub time: u64,
    /// The command's id.
    #[serde(rename = "i", with = "sixteen_bytes")]
    pub id: [u8; 16],
}

/// Why a bookmark was not accepted. They differ in logs; the viewer gets one problem code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookmarkError {
    /// Not of the form `b1.<kid>.<resource>.<payload>.<mac>`.
    Malformed,
    /// The MAC is not ours, or its key is no longer in the ring.
    Unverified,
}

/// Seals `payload` about `resource` with the signing key.
///
/// # Panics
/// Never: a payload of integers and byte strings always encodes.
#[must_use]
pub fn seal(keys: &KeyRing, resource: &Resource, payload: &Payload) -> String {
    let mut bytes = vec![FORMAT];
    bytes.extend(rmp_serde::to_vec_named(payload).expect("integers and bytes always encode"));
    let kid = keys.signing_kid();
    let about = URL_SAFE_NO_PAD.encode(resource.to_string());
    let payload = URL_SAFE_NO_PAD.encode(bytes);
    let mac = keys.sign(Purpose::Bookmark, &[about.as_bytes(), payload.as_bytes()]);
    format!("{VERSION}.{kid}.{about}.{payload}.{mac}")
}

/// Checks form, MAC and resource; decodes no payload.
///
/// # Errors
/// [`BookmarkError`]: to the viewer both are a 400 with the code `bookmark-invalid`.
pub fn verify<'a>(keys: &KeyRing, text: &'a str) -> Result<Sealed<'a>, BookmarkError> {
    let mut parts = text.split('.');
    let (Some(VERSION), Some(kid), Some(about), Some(payload), Some(mac), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(BookmarkError::Malformed);
    };
    // Base64 carries four characters for three bytes.
    if payload.len() > PAYLOAD_BYTES_MAX.div_ceil(3) * 4 {
        return Err(BookmarkError::Malformed);
    }
    if !keys.is_signed(kid, Purpose::Bookmark, &[about.as_bytes(), payload.as_bytes()], mac) {
        return Err(BookmarkError::Unverified);
    }
    let about = URL_SAFE_NO_PAD.decode(about).map_err(|_| BookmarkError::Malformed)?;
    let about = std::str::from_utf8(&about).map_err(|_| BookmarkError::Malformed)?;
    let resource = Resource::parse(about).ok_or(BookmarkError::Malformed)?;
    Ok(Sealed { text, resource, payload, is_current: kid == keys.signing_kid() })
}

// === impl Sealed ===

impl Sealed<'_> {
    /// Decodes the payload. Only the origin calls this.
    ///
    /// # Errors
    /// [`BookmarkError::Malformed`] if the signed bytes are not a payload of this format.
    pub fn open(&self) -> Result<Payload, BookmarkError> {
        let bytes = URL_SAFE_NO_PAD.decode(self.payload).map_err(|_| BookmarkError::Malformed)?;
        let Some((&FORMAT, packed)) = bytes.split_first() else {
            return Err(BookmarkError::Malformed);
        };
        let payload: Payload =
            rmp_serde::from_slice(packed).map_err(|_| BookmarkError::Malformed)?;
        if payload.pending.len() > PENDING_MAX || !payload.pending.is_sorted() {
            return Err(BookmarkError::Malformed);
        }
        Ok(payload)
    }

    /// Whether the key that signed it still signs: if so, an up-to-date bookmark goes back byte for
    /// byte.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.is_current
    }
}

impl std::fmt::Display for BookmarkError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Malformed => "not a bookmark of ours",
            Self::Unverified => "a bookmark that does not verify",
        })
    }
}

impl std::error::Error for BookmarkError {}

mod sixteen_bytes {
    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(id: &[u8; 16], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_bytes(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
        from.deserialize_bytes(Sixteen)
    }

    struct Sixteen;

    impl de::Visitor<'_> for Sixteen {
        type Value = [u8; 16];

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("sixteen bytes")
        }

        fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<[u8; 16], E> {
            bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
        }
    }
}
