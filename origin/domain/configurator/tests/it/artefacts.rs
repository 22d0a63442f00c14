//! Encoding and decoding of compiled products.

use domain_configurator::{ArtefactError, Configurator, Scope};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::brute_force::BruteForce;
use super::laws::{compiled, selected};
use super::models::samples;

/// Format byte and hash.
const HEAD: usize = 33;

/// The bytes with a matching hash.
fn rehashed(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = Sha256::digest(&bytes[HEAD..]);
    bytes[1..HEAD].copy_from_slice(&hash);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_decoded_artefact_answers_as_the_encoded_one(sample in samples()) {
        let Some(stored) = compiled(&sample.document) else { return Ok(()) };
        let bytes = stored.encode();
        let loaded = Configurator::decode(&bytes).unwrap();
        prop_assert_eq!(loaded.product(), stored.product());
        prop_assert_eq!(loaded.encode(), bytes);
        let brute = BruteForce::of(&sample.document);
        for chosen in &sample.selections {
            let selection = selected(&brute, chosen);
            let before = stored.resolve(&selection, &Scope::default()).unwrap().to_json("1");
            let after = loaded.resolve(&selection, &Scope::default()).unwrap().to_json("1");
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn corrupt_bytes_never_panic(
        sample in samples(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let Some(stored) = compiled(&sample.document) else { return Ok(()) };
        let mut bytes = stored.encode();
        for (at, byte) in changes {
            let at = HEAD + at.index(bytes.len() - HEAD);
            bytes[at] = byte;
        }
        if let Some(length) = length {
            bytes.truncate(HEAD + length.index(bytes.len() - HEAD));
        }
        if bytes != stored.encode() {
            prop_assert!(matches!(Configurator::decode(&bytes), Err(ArtefactError::HashMismatch)));
        }
        // With a matching hash, the bytes are rejected or the diagram is safe to traverse.
        if let Ok(loaded) = Configurator::decode(&rehashed(bytes)) {
            let empty = domain_configurator::Selection::default();
            let resolution = loaded.resolve(&empty, &Scope::default()).unwrap();
            prop_assert!(!resolution.to_json("1").is_empty());
        }
    }
}

#[test]
fn each_kind_of_invalid_bytes_has_its_error() {
    let options = json!([{ "id": "a", "values": [{ "id": "1" }] }]);
    let one = json!({ "product": "p", "currency": "EUR", "options": options });
    let bytes = compiled(&one).unwrap().encode();
    let error = |bytes: &[u8]| Configurator::decode(bytes).unwrap_err();
    assert_eq!(error(&[]), ArtefactError::Malformed);
    assert_eq!(error(&bytes[..20]), ArtefactError::Malformed);
    let mut future = bytes.clone();
    future[0] = 3;
    assert_eq!(error(&future), ArtefactError::UnknownFormat(3));
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(error(&longer), ArtefactError::HashMismatch);
    assert_eq!(error(&rehashed(longer)), ArtefactError::Malformed);
}
