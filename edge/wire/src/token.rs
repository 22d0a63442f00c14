//! Bearer tokens: a cart's, a customer's, and the staff's.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::grammar::{is_id, is_shopify_id};
use crate::keys::{KeyRing, Purpose, prime};

/// How long a customer token lives, seconds: one proxied call per quarter of an hour.
pub const CUSTOMER_TOKEN_TTL_S: u64 = 15 * 60;
/// Shortest staff token: 32 random bytes, however written.
pub const STAFF_TOKEN_BYTES_MIN: usize = 32;
/// Longest token read at all.
pub const TOKEN_BYTES_MAX: usize = 512;

const CART_VERSION: &str = "c1";
const CUSTOMER_VERSION: &str = "u1";

/// Why a token is rejected. To the viewer each is a 401 with its own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not a token of ours: wrong form, wrong key, wrong MAC.
    Invalid,
    /// Ours, but expired.
    Expired,
}

/// A cart token: `c1.<kid>.<cart>.<mac>`. Its holder controls the cart.
#[must_use]
pub fn mint_cart(keys: &KeyRing, cart: &str) -> String {
    let mac = keys.sign(Purpose::Cart, &[cart.as_bytes()]);
    format!("{CART_VERSION}.{}.{cart}.{mac}", keys.signing_kid())
}

/// The cart a token is for.
///
/// # Errors
/// [`TokenError::Invalid`]; a cart token ends with its key, not by a time.
pub fn verify_cart(keys: &KeyRing, token: &str) -> Result<String, TokenError> {
    let [CART_VERSION, kid, cart, mac] = split(token)? else {
        return Err(TokenError::Invalid);
    };
    let is_signed = keys.is_signed(kid, Purpose::Cart, &[cart.as_bytes()], mac);
    if is_signed && is_id(cart) { Ok(cart.to_owned()) } else { Err(TokenError::Invalid) }
}

/// A customer token: `u1.<kid>.<customer>.<expires>.<mac>`, `expires` in Unix seconds.
#[must_use]
pub fn mint_customer(keys: &KeyRing, customer: &str, expires_unix_s: u64) -> String {
    let expires = expires_unix_s.to_string();
    let mac = keys.sign(Purpose::Customer, &[customer.as_bytes(), expires.as_bytes()]);
    format!("{CUSTOMER_VERSION}.{}.{customer}.{expires}.{mac}", keys.signing_kid())
}

/// What a customer token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerToken {
    /// Shopify's id of the customer.
    pub customer: String,
    /// When it ends, in Unix seconds. It was issued [`CUSTOMER_TOKEN_TTL_S`] before.
    pub expires_unix_s: u64,
}

/// The content of a customer token, if `now_unix_s` is before its end.
///
/// # Errors
/// [`TokenError::Expired`] only for a token that was ours.
pub fn verify_customer(
    keys: &KeyRing,
    token: &str,
    now_unix_s: u64,
) -> Result<CustomerToken, TokenError> {
    let [CUSTOMER_VERSION, kid, customer, expires, mac] = split(token)? else {
        return Err(TokenError::Invalid);
    };
    let parts = [customer.as_bytes(), expires.as_bytes()];
    if !keys.is_signed(kid, Purpose::Customer, &parts, mac) || !is_shopify_id(customer) {
        return Err(TokenError::Invalid);
    }
    let expires_unix_s: u64 = expires.parse().map_err(|_| TokenError::Invalid)?;
    let content = CustomerToken { customer: customer.to_owned(), expires_unix_s };
    if now_unix_s < expires_unix_s { Ok(content) } else { Err(TokenError::Expired) }
}

pub(crate) fn split<const PARTS: usize>(token: &str) -> Result<[&str; PARTS], TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Invalid);
    }
    let mut parts = token.split('.');
    let split = std::array::from_fn(|_| parts.next().unwrap_or_default());
    if parts.next().is_some() { Err(TokenError::Invalid) } else { Ok(split) }
}

/// The staff tokens in force: two while rotating. Holds digests, not tokens.
#[derive(Clone)]
pub struct StaffTokens {
    expected: Vec<[u8; 32]>,
}

impl StaffTokens {
    /// Reads one or more comma-separated tokens; `None` if any is under
    /// [`STAFF_TOKEN_BYTES_MIN`] bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_long = |token: &str| token.len() >= STAFF_TOKEN_BYTES_MIN;
        if !text.split(',').all(is_long) {
            return None;
        }
        let digest = |token| digest(token).finalize().into_bytes().into();
        Some(Self { expected: text.split(',').map(digest).collect() })
    }

    /// Whether `token` is one of them, in constant time for tokens of one length.
    #[must_use]
    pub fn holds(&self, token: &str) -> bool {
        let matches = |expected: &&[u8; 32]| digest(token).verify_slice(*expected).is_ok();
        token.len() <= TOKEN_BYTES_MAX && self.expected.iter().filter(matches).count() > 0
    }
}

impl std::fmt::Debug for StaffTokens {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "StaffTokens({})", self.expected.len())
    }
}

/// Comparing digests under a fixed key keeps the comparison's time free of the token's bytes.
fn digest(token: &str) -> Hmac<Sha256> {
    let mut mac = prime(b"forecourt/staff-token/1");
    mac.update(token.as_bytes());
    mac
}
