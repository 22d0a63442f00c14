//! The cart attribute by which Shopify's cart, and the order made of it, names the cart it was
//! handed over from. Shoppers can write attributes, so it is signed; with a purpose of its own, so
//! that what travels through Shopify opens no cart.

use crate::grammar::is_id;
use crate::keys::{KeyRing, Purpose};
use crate::token::split;

/// The attribute's name in Shopify's cart; in an order, of a note attribute.
pub const LINK_ATTRIBUTE: &str = "forecourt_cart";

const VERSION: &str = "l1";

/// The attribute's value: `l1.<kid>.<cart>.<mac>`. It lives as long as its key, which stays in the
/// ring for 60 days after it last signed: a shopper may pay weeks after the hand-over.
#[must_use]
pub fn mint_link(keys: &KeyRing, cart: &str) -> String {
    let mac = keys.sign(Purpose::Link, &[cart.as_bytes()]);
    format!("{VERSION}.{}.{cart}.{mac}", keys.signing_kid())
}

/// The cart that a value names; `None` if we did not write it.
#[must_use]
pub fn verify_link(keys: &KeyRing, value: &str) -> Option<String> {
    let [VERSION, kid, cart, mac] = split(value).ok()? else { return None };
    let is_signed = keys.is_signed(kid, Purpose::Link, &[cart.as_bytes()], mac);
    (is_signed && is_id(cart)).then(|| cart.to_owned())
}
