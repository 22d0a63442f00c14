//! `Forecourt-Identity: <kind>:<id>:<mac>`, comma-separated: who the edge verified the viewer to be.
//! No time in it, so that it can stand in the cache key. Without it a caller is anonymous.
//!
//! `Forecourt-Session: <expires>:<mac>` beside it names the customer token by its end, so that the
//! origin can refuse one that was revoked. A customer whom Shopify has just authenticated has none.

use crate::keys::{KeyRing, Purpose};

/// The id of the staff identity that the staff token proves: machines, which have no names. No
/// person's id has letters.
pub const MACHINE: &str = "staff";

/// The kind of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The holder of a cart token.
    Cart,
    /// A customer of the shop.
    Customer,
    /// The merchant's staff.
    Staff,
}

/// A verified identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Its kind.
    pub kind: Kind,
    /// The cart id or customer id. Of staff: a person's id at Shopify, or [`MACHINE`].
    pub id: String,
}

/// The prefix of a customer's own cart id, before the customer's id. Guests' carts are named by 32
/// hexadecimal digits.
const OWN_CART: &str = "customer-";

/// The customer who alone may use this cart; `None`: a guest's, which belongs to the holder of its
/// token.
#[must_use]
pub fn owner_of_cart(cart: &str) -> Option<&str> {
    cart.strip_prefix(OWN_CART)
}

// === impl Kind ===

impl Kind {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::Customer => "customer",
            Self::Staff => "staff",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Cart, Self::Customer, Self::Staff].into_iter().find(|kind| kind.word() == word)
    }
}

/// The header for these identities, sorted by kind so that one set has one form.
#[must_use]
pub fn encode(keys: &KeyRing, identities: &[Identity]) -> String {
    let mut sorted: Vec<_> = identities.iter().collect();
    sorted.sort();
    let mut header = String::new();
    for Identity { kind, id } in sorted {
        let word = kind.word();
        let mac = keys.sign(Purpose::Identity, &[word.as_bytes(), id.as_bytes()]);
        let comma = if header.is_empty() { "" } else { "," };
        header.push_str(&format!("{comma}{word}:{id}:{mac}"));
    }
    header
}

/// The identities of a header, at most one of each kind. One part that does not verify or a repeated
/// kind makes the whole caller anonymous: `None`.
#[must_use]
pub fn verify(keys: &KeyRing, header: &str) -> Option<Vec<Identity>> {
    let mut identities: Vec<Identity> = Vec::new();
    for part in header.split(',') {
        let (word, rest) = part.split_once(':')?;
        let (id, mac) = rest.split_once(':')?;
        let parts = [word.as_bytes(), id.as_bytes()];
        let kind = Kind::parse(word)?;
        let is_repeated = identities.iter().any(|identity| identity.kind == kind);
        if is_repeated || !keys.is_signed_by_any(Purpose::Identity, &parts, mac) {
            return None;
        }
        identities.push(Identity { kind, id: id.to_owned() });
    }
    Some(identities)
}

/// The word in the MAC of a session, where that of an identity has its kind.
const SESSION: &[u8] = b"session";

/// The header for a customer who was verified by a token that ends then.
#[must_use]
pub fn encode_session(keys: &KeyRing, customer: &str, expires_unix_s: u64) -> String {
    let expires = expires_unix_s.to_string();
    let parts = [SESSION, customer.as_bytes(), expires.as_bytes()];
    let mac = keys.sign(Purpose::Identity, &parts);
    format!("{expires}:{mac}")
}

/// When the token ends by which this customer was verified; `None` if the header does not verify.
#[must_use]
pub fn verify_session(keys: &KeyRing, customer: &str, header: &str) -> Option<u64> {
    let (expires, mac) = header.split_once(':')?;
    let parts = [SESSION, customer.as_bytes(), expires.as_bytes()];
    let is_signed = keys.is_signed_by_any(Purpose::Identity, &parts, mac);
    if is_signed { expires.parse().ok() } else { None }
}
