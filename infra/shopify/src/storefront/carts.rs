//! Carts and signed-in customers of browsers, by cookie.

use std::collections::BTreeMap;

use fastrand::Rng;
use http::HeaderMap;

use super::cart::Cart;

/// Most carts; the one that was not changed for longest makes room.
pub const CARTS_MAX: usize = 10_000;
/// Most bytes of all carts together; those that were not changed for longest make room.
pub const CARTS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most signed-in customers; the one who signed in first makes room.
pub const SESSIONS_MAX: usize = 10_000;
/// The cookie of a cart. Its value is the token.
pub(super) const CART_COOKIE: &str = "cart";
/// The cookie of a signed-in customer.
pub(super) const CUSTOMER_COOKIE: &str = "_shopify_customer";
/// Longest Cookie header read.
const COOKIE_BYTES_MAX: usize = 16_384;

/// All carts and sessions.
#[derive(Debug)]
pub(super) struct Browsers {
    /// With the number of the last change.
    carts: BTreeMap<String, (u64, Cart)>,
    by_change: BTreeMap<u64, String>,
    /// Bytes of all carts.
    bytes: usize,
    /// Customer ids, with the number of the sign-in.
    sessions: BTreeMap<String, u64>,
    by_sign_in: BTreeMap<u64, String>,
    next: u64,
    rng: Rng,
}

// === impl Browsers ===

impl Browsers {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            carts: BTreeMap::new(),
            by_change: BTreeMap::new(),
            bytes: 0,
            sessions: BTreeMap::new(),
            by_sign_in: BTreeMap::new(),
            next: 0,
            rng: Rng::with_seed(seed),
        }
    }

    /// The cart of a browser, or an empty one. As on real shops its token is a new one at each read
    /// until something is stored.
    pub(super) fn cart(&mut self, headers: &HeaderMap) -> Cart {
        let token = cookie(headers, CART_COOKIE);
        let stored = token.and_then(|token| self.carts.get(&token));
        stored.map(|(_, cart)| cart.clone()).unwrap_or_else(|| {
            let token = format!("{:032x}?key={:032x}", self.rng.u128(..), self.rng.u128(..));
            Cart { token, ..Cart::default() }
        })
    }

    pub(super) fn store(&mut self, cart: Cart) {
        self.remove(&cart.token);
        let bytes = cart.bytes();
        while self.carts.len() >= CARTS_MAX || self.bytes + bytes > CARTS_BYTES_MAX {
            let Some(oldest) = self.by_change.values().next().cloned() else { break };
            self.remove(&oldest);
        }
        self.bytes += bytes;
        self.next += 1;
        self.by_change.insert(self.next, cart.token.clone());
        self.carts.insert(cart.token.clone(), (self.next, cart));
    }

    pub(super) fn remove(&mut self, token: &str) {
        if let Some((change, cart)) = self.carts.remove(token) {
            self.by_change.remove(&change);
            self.bytes -= cart.bytes();
        }
    }

    /// The customer who is signed in.
    pub(super) fn customer(&self, headers: &HeaderMap) -> Option<u64> {
        self.sessions.get(&cookie(headers, CUSTOMER_COOKIE)?).copied()
    }

    /// The cookie of a new session.
    pub(super) fn sign_in(&mut self, customer: u64) -> String {
        if self.sessions.len() == SESSIONS_MAX
            && let Some((_, oldest)) = self.by_sign_in.pop_first()
        {
            self.sessions.remove(&oldest);
        }
        let session = format!("{:032x}", self.rng.u128(..));
        self.next += 1;
        self.by_sign_in.insert(self.next, session.clone());
        self.sessions.insert(session.clone(), customer);
        session
    }

    pub(super) fn sign_out(&mut self, headers: &HeaderMap) {
        let Some(session) = cookie(headers, CUSTOMER_COOKIE) else { return };
        self.sessions.remove(&session);
        self.by_sign_in.retain(|_, one| *one != session);
    }
}

/// The value of a cookie, percent-decoded.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(http::header::COOKIE).iter().filter_map(|one| one.to_str().ok());
    let pairs = values.filter(|one| one.len() <= COOKIE_BYTES_MAX).flat_map(|one| one.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(one, _)| *one == name)?;
    Some(decode(value))
}

/// Decodes what [`encode`] wrote. A blank can't occur in a token, so `+` stays out of it.
fn decode(value: &str) -> String {
    form_urlencoded::parse(format!("v={value}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A token as the value of a cookie: `?` and `=` are escaped.
pub(super) fn encode(token: &str) -> String {
    form_urlencoded::byte_serialize(token.as_bytes()).collect()
}
