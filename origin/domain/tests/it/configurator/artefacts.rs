//! Compiled products as bytes.

use origin_domain::configurator::{ArtefactError, Configurator, Scope};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::brute_force::BruteForce;
use super::laws::{compiled, selected};
use super::models::asked;

/// Format byte and hash.
const HEAD: usize = 33;

/// The bytes with a hash that fits them.
fn rehashed(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = Sha256::digest(&bytes[HEAD..]);
    bytes[1..HEAD].copy_from_slice(&hash);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_loaded_artefact_answers_as_the_one_that_was_stored(asked in asked()) {
        let Some(stored) = compiled(&asked.document) else { return Ok(()) };
        let bytes = stored.encode();
        let loaded = Configurator::decode(&bytes).unwrap();
        prop_assert_eq!(loaded.product(), stored.product());
        prop_assert_eq!(loaded.encode(), bytes);
        let brute = BruteForce::of(&asked.document);
        for chosen in &asked.selections {
            let selection = selected(&brute, chosen);
            let before = stored.resolve(&selection, &Scope::default()).unwrap().to_json("1");
            let after = loaded.resolve(&selection, &Scope::default()).unwrap().to_json("1");
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn whatever_storage_returns_nothing_panics(
        asked in asked(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let Some(stored) = compiled(&asked.document) else { return Ok(()) };
        let mut bytes = stored.encode();
        for (at, byte) in changes {
            let at = HEAD + at.index(bytes.len() - HEAD);
            bytes[at] = byte;
        }
        if let Some(length) = length {
            bytes.truncate(HEAD + length.index(bytes.len() - HEAD));
        }
        if bytes != stored.encode() {
            prop_assert!(matches!(Configurator::decode(&bytes), Err(ArtefactError::Spoilt)));
        }
        // With a hash that fits, it is either refused or safe to walk.
        if let Ok(loaded) = Configurator::decode(&rehashed(bytes)) {
            let nothing = origin_domain::configurator::Selection::default();
            let resolution = loaded.resolve(&nothing, &Scope::default()).unwrap();
            prop_assert!(!resolution.to_json("1").is_empty());
        }
    }
}

#[test]
fn bytes_of_another_time_or_place_are_refused_by_name() {
    let options = json!([{ "id": "a", "values": [{ "id": "1" }] }]);
    let one = json!({ "product": "p", "currency": "EUR", "options": options });
    let bytes = compiled(&one).unwrap().encode();
    let refused = |bytes: &[u8]| Configurator::decode(bytes).unwrap_err();
    assert_eq!(refused(&[]), ArtefactError::Malformed);
    assert_eq!(refused(&bytes[..20]), ArtefactError::Malformed);
    let mut future = bytes.clone();
    future[0] = 3;
    assert_eq!(refused(&future), ArtefactError::UnknownFormat(3));
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(refused(&longer), ArtefactError::Spoilt);
    assert_eq!(refused(&rehashed(longer)), ArtefactError::Malformed);
}
