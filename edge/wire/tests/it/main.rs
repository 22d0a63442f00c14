//! What edge and origin agree on, from the outside.

#![expect(clippy::unwrap_used, reason = "a test's helper may fail as the test itself would")]

mod bookmark;
mod id_token;
mod identity;
mod keys;
mod link;
mod proxy;
mod query;
mod routes;
mod token;
mod vectors;
mod webhook;

/// Two rings of one deployment in rotation: yesterday's, and today's, which still verifies it.
pub(crate) const OLD_KEY: &str = "k1:0123456789abcdef0123456789abcdef";
pub(crate) const NEW_KEY: &str = "k2:fedcba9876543210fedcba9876543210";

pub(crate) fn ring(text: &str) -> edge_wire::keys::KeyRing {
    edge_wire::keys::KeyRing::parse(text).expect("a ring of ours")
}

pub(crate) fn rotated() -> edge_wire::keys::KeyRing {
    ring(&format!("{NEW_KEY},{OLD_KEY}"))
}
