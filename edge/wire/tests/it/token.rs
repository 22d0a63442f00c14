//! Cart, customer and staff tokens.

use edge_wire::token::{
    CUSTOMER_TOKEN_TTL_S, CustomerToken, StaffTokens, TokenError, mint_cart, mint_customer,
    verify_cart, verify_customer,
};
use proptest::prelude::*;

use crate::{OLD_KEY, ring, rotated};

const NOW: u64 = 1_700_000_000;

#[test]
fn a_cart_token_holds_its_cart_until_its_key_goes() {
    let token = mint_cart(&ring(OLD_KEY), "cart-1");
    assert!(token.starts_with("c1.k1.cart-1."));
    assert_eq!(verify_cart(&rotated(), &token), Ok("cart-1".to_owned()));
    assert!(mint_cart(&rotated(), "cart-1").starts_with("c1.k2."));
    let later_ring = ring("k3:0123456789abcdef0123456789abcdef");
    assert_eq!(verify_cart(&later_ring, &token), Err(TokenError::Invalid));
}

#[test]
fn a_customer_token_ends_with_its_last_second() {
    let keys = ring(OLD_KEY);
    let token = mint_customer(&keys, "1001", NOW + CUSTOMER_TOKEN_TTL_S);
    let at = |now| verify_customer(&keys, &token, now);
    let content =
        CustomerToken { customer: "1001".to_owned(), expires_unix_s: NOW + CUSTOMER_TOKEN_TTL_S };
    assert_eq!(at(NOW), Ok(content.clone()));
    assert_eq!(at(NOW + CUSTOMER_TOKEN_TTL_S - 1), Ok(content));
    assert_eq!(at(NOW + CUSTOMER_TOKEN_TTL_S), Err(TokenError::Expired));
}

#[test]
fn one_kind_of_token_is_never_taken_for_another() {
    let keys = ring(OLD_KEY);
    let (cart, customer) = (mint_cart(&keys, "1001"), mint_customer(&keys, "1001", NOW + 60));
    assert_eq!(verify_cart(&keys, &customer), Err(TokenError::Invalid));
    assert_eq!(verify_customer(&keys, &cart, NOW), Err(TokenError::Invalid));
    let relabelled = cart.replacen("c1", "u1", 1);
    assert_eq!(verify_customer(&keys, &relabelled, NOW), Err(TokenError::Invalid));
    // A token of ours, about what is no Shopify id.
    let odd = mint_customer(&keys, "cart-1", NOW + 60);
    assert_eq!(verify_customer(&keys, &odd, NOW), Err(TokenError::Invalid));
}

#[test]
fn staff_tokens_are_long_and_compared_whole() {
    let (one, two) = ("a".repeat(32), "b".repeat(40));
    let staff = StaffTokens::parse(&format!("{one},{two}")).unwrap();
    assert!(staff.holds(&one) && staff.holds(&two));
    for bad in [String::new(), "a".repeat(31), "a".repeat(33), format!("{one},{two}")] {
        assert!(!staff.holds(&bad), "{bad}");
    }
    assert!(StaffTokens::parse("").is_none() && StaffTokens::parse(&"a".repeat(31)).is_none());
    assert!(StaffTokens::parse(&format!("{one},short")).is_none());
    assert_eq!(format!("{staff:?}"), "StaffTokens(2)");
}

proptest! {
    #[test]
    fn any_other_text_is_no_token(at in 0_usize..60, byte in "[ -~]") {
        let keys = ring(OLD_KEY);
        let token = mint_customer(&keys, "1001", NOW + 60);
        let at = at % token.len();
        let mut forged = token.clone();
        forged.replace_range(at..=at, &byte);
        let verified = verify_customer(&keys, &forged, NOW);
        prop_assert_eq!(verified.is_ok(), forged == token);
        prop_assert_eq!(verify_customer(&keys, &token[..at], NOW), Err(TokenError::Invalid));
    }

    #[test]
    fn no_text_panics(text in "(c1|u1|\\PC{0,3})?(\\.[k1\\PC]{0,20}){0,6}", now in any::<u64>()) {
        let keys = ring(OLD_KEY);
        let _ = verify_cart(&keys, &text);
        let _ = verify_customer(&keys, &text, now);
    }
}
