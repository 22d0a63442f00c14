//! Key rings and MACs.

use edge_wire::keys::{KeyError, KeyRing, Purpose};
use proptest::prelude::*;

use crate::{NEW_KEY, OLD_KEY, ring, rotated};

const PURPOSES: [Purpose; 4] =
    [Purpose::Cart, Purpose::Customer, Purpose::Identity, Purpose::Bookmark];

#[test]
fn a_weak_or_malformed_key_ring_is_rejected() {
    let long = "x".repeat(32);
    for (text, error) in [
        (String::new(), KeyError::Malformed),
        ("k1".into(), KeyError::Malformed),
        (format!("K1:{long}"), KeyError::Malformed),
        (format!(":{long}"), KeyError::Malformed),
        (format!("{}:{long}", "k".repeat(17)), KeyError::Malformed),
        (format!("k1:{}", "x".repeat(31)), KeyError::Short),
        (format!("k1:{long},k1:{long}"), KeyError::Repeated),
        (format!("a:{long},b:{long},c:{long},d:{long},e:{long}"), KeyError::Count),
    ] {
        assert_eq!(KeyRing::parse(&text).err(), Some(error), "{text}");
    }
}

#[test]
fn the_first_key_signs_and_all_verify() {
    let (old, new) = (ring(OLD_KEY), rotated());
    assert_eq!((old.signing_kid(), new.signing_kid()), ("k1", "k2"));
    let mac = old.sign(Purpose::Cart, &[b"a"]);
    assert!(new.is_signed("k1", Purpose::Cart, &[b"a"], &mac));
    assert!(new.is_signed_by_any(Purpose::Cart, &[b"a"], &mac));
    assert!(!new.is_signed("k2", Purpose::Cart, &[b"a"], &mac));
    assert!(!new.is_signed("k3", Purpose::Cart, &[b"a"], &mac));
    assert!(!ring(NEW_KEY).is_signed_by_any(Purpose::Cart, &[b"a"], &mac));
    assert_eq!(format!("{new:?}"), r#"["k2", "k1"]"#);
}

#[test]
fn a_mac_has_one_spelling() {
    let ring = ring(OLD_KEY);
    let mac = ring.sign(Purpose::Cart, &[b"a"]);
    assert_eq!(mac.len(), 22);
    let last = mac.chars().last().unwrap();
    // The last character carries four bits; its two spare ones must be zero.
    let respelled = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        .chars()
        .filter(|spelling| *spelling != last)
        .map(|spelling| format!("{}{spelling}", &mac[..21]));
    let padded = [format!("{mac}=="), format!("{mac}A"), mac[..20].to_owned(), String::new()];
    for other in respelled.chain(padded) {
        assert!(!ring.is_signed("k1", Purpose::Cart, &[b"a"], &other), "{other}");
    }
}

proptest! {
    #[test]
    fn a_mac_covers_the_parts_and_the_purpose(
        left in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
        right in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
        purposes in (prop::sample::select(&PURPOSES), prop::sample::select(&PURPOSES)),
    ) {
        let ring = ring(OLD_KEY);
        let signed: Vec<&[u8]> = left.iter().map(Vec::as_slice).collect();
        let presented: Vec<&[u8]> = right.iter().map(Vec::as_slice).collect();
        let mac = ring.sign(purposes.0, &signed);
        prop_assert_eq!(
            ring.is_signed_by_any(purposes.1, &presented, &mac),
            left == right && purposes.0 == purposes.1
        );
    }
}
