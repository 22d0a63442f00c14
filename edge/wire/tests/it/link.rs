//! The attribute that links Shopify's cart to ours.

use edge_wire::link::{mint_link, verify_link};
use edge_wire::token::{mint_cart, verify_cart};
use proptest::prelude::*;

use crate::{OLD_KEY, ring, rotated};

#[test]
fn a_link_names_its_cart_until_its_key_goes() {
    let link = mint_link(&ring(OLD_KEY), "cart-1");
    assert!(link.starts_with("l1.k1.cart-1."));
    assert_eq!(verify_link(&rotated(), &link), Some("cart-1".to_owned()));
    let later_ring = ring("k3:0123456789abcdef0123456789abcdef");
    assert_eq!(verify_link(&later_ring, &link), None);
}

#[test]
fn a_link_is_no_cart_token_and_a_cart_token_is_no_link() {
    let keys = ring(OLD_KEY);
    let (link, token) = (mint_link(&keys, "cart-1"), mint_cart(&keys, "cart-1"));
    assert!(verify_cart(&keys, &link.replacen("l1", "c1", 1)).is_err());
    assert_eq!(verify_link(&keys, &token.replacen("c1", "l1", 1)), None);
    assert_eq!(verify_link(&keys, &token), None);
}

#[test]
fn a_link_renamed_to_another_cart_does_not_verify() {
    let keys = ring(OLD_KEY);
    let link = mint_link(&keys, "cart-1");
    for forged in [link.replacen("cart-1", "cart-2", 1), format!("{link}."), "cart-1".into()] {
        assert_eq!(verify_link(&keys, &forged), None, "{forged}");
    }
    // Signed by us, about what is no cart.
    assert_eq!(verify_link(&keys, &mint_link(&keys, "_cart")), None);
}

proptest! {
    #[test]
    fn no_other_text_verifies_as_a_link(text in "\\PC{0,200}|l1\\.k1\\.[a-z0-9-]{1,9}\\.\\PC{0,30}") {
        prop_assert_eq!(verify_link(&ring(OLD_KEY), &text), None);
    }
}
