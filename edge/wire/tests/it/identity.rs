//! The identity header between edge and origin.

use std::slice::from_ref;

use edge_wire::identity::{Identity, Kind, encode, verify};
use proptest::prelude::*;

use crate::{NEW_KEY, OLD_KEY, ring, rotated};

fn identity(kind: Kind, id: &str) -> Identity {
    Identity { kind, id: id.to_owned() }
}

#[test]
fn one_set_of_identities_has_one_header() {
    let keys = ring(OLD_KEY);
    let (cart, customer) = (identity(Kind::Cart, "c-1"), identity(Kind::Customer, "1001"));
    let header = encode(&keys, &[customer.clone(), cart.clone()]);
    assert_eq!(header, encode(&keys, &[cart.clone(), customer.clone()]));
    assert!(header.starts_with("cart:c-1:") && header.contains(",customer:1001:"));
    assert_eq!(verify(&keys, &header), Some(vec![cart, customer]));
}

#[test]
fn one_bad_part_makes_the_whole_caller_anonymous() {
    let keys = ring(OLD_KEY);
    let cart = encode(&keys, &[identity(Kind::Cart, "c-1")]);
    let other = encode(&keys, &[identity(Kind::Cart, "c-2")]);
    let staff = encode(&keys, &[identity(Kind::Staff, "staff")]);
    let unsigned = cart.replace("c-1", "c-2");
    for bad in [
        String::new(),
        ",".to_owned(),
        unsigned.clone(),
        format!("{cart},{other}"),
        format!("{cart},{unsigned}"),
        format!("{cart},"),
        cart.replace("cart:", "customer:"),
        cart.replace("cart:", "admin:"),
        format!("{cart},customer:1001:"),
    ] {
        assert_eq!(verify(&keys, &bad), None, "{bad}");
    }
    assert_eq!(verify(&keys, &format!("{staff},{cart}")).map(|all| all.len()), Some(2));
}

#[test]
fn the_origin_accepts_either_key_while_rotating() {
    let header = encode(&ring(OLD_KEY), &[identity(Kind::Cart, "c-1")]);
    assert!(verify(&rotated(), &header).is_some());
    assert!(verify(&ring(NEW_KEY), &header).is_none());
}

proptest! {
    #[test]
    fn two_identities_never_share_a_header(
        left in ("[a-z0-9]{1,6}", 0_usize..3), right in ("[a-z0-9]{1,6}", 0_usize..3),
    ) {
        const KINDS: [Kind; 3] = [Kind::Cart, Kind::Customer, Kind::Staff];
        let keys = ring(OLD_KEY);
        let left = identity(KINDS[left.1], &left.0);
        let right = identity(KINDS[right.1], &right.0);
        let headers = (encode(&keys, from_ref(&left)), encode(&keys, from_ref(&right)));
        prop_assert_eq!(headers.0 == headers.1, left == right);
    }

    #[test]
    fn no_random_header_panics_or_verifies(
        header in "(cart|customer|staff|\\PC)?[:,]?\\PC{0,60}",
    ) {
        prop_assert_eq!(verify(&ring(OLD_KEY), &header), None);
    }
}
