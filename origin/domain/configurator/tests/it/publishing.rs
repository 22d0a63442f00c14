//! Any input to publishing is rejected with mistakes or answers correctly.

use domain_configurator::{Configurator, Limits, Product};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::BruteForce;
use super::laws::check;
use super::models::samples;

/// Low limits, so that the tests are fast.
const LIMITS: Limits =
    Limits { conjoin_steps_max: 2_000_000, sift_steps_max: 2_000_000, bytes_max: 64 << 20 };

/// Values of the wrong type or content.
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

/// Replaces the value at place `target` of a document, counted depth first.
fn replace(value: &mut Value, at: &mut usize, target: usize, with: &Value) {
    if *at == target {
        *value = with.clone();
    }
    *at += 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, target, with)),
        Value::Object(fields) => fields.values_mut().for_each(|v| replace(v, at, target, with)),
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
    fn a_document_with_oddities_is_rejected_or_answers_correctly(
        sample in samples(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), oddities()), 1..3),
    ) {
        let mut document = sample.document;
        for (place, with) in &changes {
            let target = place.index(size(&document));
            replace(&mut document, &mut 0, target, with);
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
    fn random_bytes_are_rejected(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(Product::parse(&bytes).is_err());
    }
}
