//! Whatever is sent for publishing: it is refused in words, or it answers right.

use origin_domain::configurator::{Configurator, Limits, Product};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::BruteForce;
use super::laws::check;
use super::models::asked;

/// Small enough that nothing here takes long.
const LIMITS: Limits =
    Limits { weave_steps_max: 2_000_000, sift_steps_max: 2_000_000, bytes_max: 64 << 20 };

/// Things an author might put where something else belongs.
fn oddities() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!({})),
        Just(json!([])),
        Just(json!([[]])),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        Just(json!(0.5)),
        prop_oneof!["o0", "v0", "any", "not", "", "é", "_x"].prop_map(Value::from),
        Just(json!({ "o0": ["v0"] })),
        Just(json!({ "any": [] })),
        Just(json!(["o0"])),
    ]
}

/// The places of a document, depth first.
fn places(value: &mut Value, at: &mut usize, wanted: usize, with: &Value) {
    if *at == wanted {
        *value = with.clone();
    }
    *at += 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| places(item, at, wanted, with)),
        Value::Object(fields) => fields.values_mut().for_each(|v| places(v, at, wanted, with)),
        _ => {}
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_document_with_oddities_is_refused_or_answers_right(
        asked in asked(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), oddities()), 1..3),
    ) {
        let mut document = asked.document;
        for (place, with) in &changes {
            let wanted = place.index(size(&document));
            places(&mut document, &mut 0, wanted, with);
        }
        let product = match Product::parse(document.to_string().as_bytes()) {
            Ok(product) => product,
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                return Ok(());
            }
        };
        match Configurator::compile(product, &LIMITS) {
            Ok(configurator) => {
                let brute = BruteForce::of(&document);
                check(&brute, &vec![None; brute.options.len()], &configurator)?;
            }
            Err(mistakes) => prop_assert!(!mistakes.is_empty()),
        }
    }

    #[test]
    fn bytes_that_are_no_document_are_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(Product::parse(&bytes).is_err());
    }
}
