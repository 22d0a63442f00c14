//! Explanations, compared with brute force.

use domain_configurator::Explanation;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::{BruteForce, Chosen};
use super::laws::{compiled, selected};
use super::models::samples;

/// The same document with only the rules that have one of these ids.
fn with_rules(document: &Value, ids: &[&str]) -> Value {
    let mut less = document.clone();
    let rules = less["rules"].as_array_mut().unwrap();
    rules.retain(|rule| ids.contains(&rule["id"].as_str().unwrap()));
    less
}

/// Whether a valid configuration has these choices.
fn is_possible(document: &Value, chosen: &Chosen) -> bool {
    !BruteForce::of(document).extending(chosen).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_explanation_names_a_minimal_conflict(
        sample in samples(),
        pick in 0_usize..60,
    ) {
        let Some(configurator) = compiled(&sample.document) else { return Ok(()) };
        let brute = BruteForce::of(&sample.document);
        for chosen in &sample.selections {
            let at = pick % brute.options.len();
            let value = pick / 7 % brute.options[at].1.len();
            let (option, values) = &brute.options[at];
            let selection = selected(&brute, chosen);
            let explanation = configurator.explain(&selection, option, &values[value]).unwrap();
            let mut swapped = chosen.clone();
            swapped[at] = Some(value);
            prop_assert_eq!(explanation.possible, !brute.extending(&swapped).is_empty());
            check_repair(&brute, chosen, (at, value), &explanation)?;
            if !explanation.possible {
                check_conflict(&sample.document, &brute, (at, value), &explanation)?;
            }
        }
    }
}

fn check_repair(
    brute: &BruteForce,
    chosen: &Chosen,
    (at, value): (usize, usize),
    explanation: &Explanation<'_>,
) -> Result<(), TestCaseError> {
    let least = brute
        .valid
        .iter()
        .filter(|(configuration, _)| configuration[at] == value)
        .map(|(configuration, price)| (BruteForce::changes(chosen, at, configuration), *price))
        .min();
    let repair = explanation.repair.as_ref().map(|repair| (repair.changes.0.len(), repair.price.0));
    prop_assert_eq!(repair, least);
    let Some(repair) = &explanation.repair else { return Ok(()) };
    let mut repaired = chosen.clone();
    repaired[at] = Some(value);
    for (option, changed) in brute.positions(&repair.changes).into_iter().enumerate() {
        repaired[option] = changed.or(repaired[option]);
    }
    let cheapest = brute.extending(&repaired).into_iter().map(|(_, price)| *price).min();
    prop_assert_eq!(cheapest, Some(repair.price.0));
    Ok(())
}

fn check_conflict(
    document: &Value,
    brute: &BruteForce,
    (at, value): (usize, usize),
    explanation: &Explanation<'_>,
) -> Result<(), TestCaseError> {
    let mut conflict = brute.positions(&explanation.choices);
    prop_assert_eq!(conflict[at], None);
    conflict[at] = Some(value);
    prop_assert!(brute.extending(&conflict).is_empty(), "these choices do not rule it out");
    for other in (0..conflict.len()).filter(|other| *other != at && conflict[*other].is_some()) {
        let mut fewer = conflict.clone();
        fewer[other] = None;
        prop_assert!(!brute.extending(&fewer).is_empty(), "a choice is redundant");
    }
    let rules: Vec<&str> = explanation.rules.as_ref().unwrap().iter().map(|rule| rule.id).collect();
    prop_assert!(
        !is_possible(&with_rules(document, &rules), &conflict),
        "these rules alone do not rule it out"
    );
    for rule in &rules {
        let fewer: Vec<&str> = rules.iter().copied().filter(|other| other != rule).collect();
        prop_assert!(is_possible(&with_rules(document, &fewer), &conflict), "a rule is redundant");
    }
    Ok(())
}

#[test]
fn an_explanation_has_the_json_of_the_contract() {
    let document = json!({
        "product": "bike", "currency": "EUR", "base_price": 100_000,
        "options": [
            { "id": "frame", "values": [{ "id": "steel" }, { "id": "carbon", "price": 90_000 }] },
            { "id": "fork", "values": [
                { "id": "rigid" }, { "id": "air", "price": 26_000 },
                { "id": "carbon", "price": 18_000 },
            ] },
            { "id": "colour", "values": [{ "id": "black" }, { "id": "red" }] },
        ],
        "rules": [
            {
                "id": "paint",
                "forbidden": { "options": ["frame", "colour"], "tuples": [["carbon", "red"]] },
            },
            {
                "id": "light",
                "requires": { "if": { "frame": ["carbon"] }, "then": { "fork": ["carbon", "air"] } },
                "message": "A carbon frame needs a carbon or air fork.",
            },
        ],
    });
    let configurator = compiled(&document).unwrap();
    let brute = BruteForce::of(&document);
    let selection = selected(&brute, &vec![None, Some(0), Some(0)]);
    let explanation = configurator.explain(&selection, "frame", "carbon").unwrap();
    assert_eq!(
        serde_json::to_value(explanation).unwrap(),
        json!({
            "product": "bike", "option": "frame", "value": "carbon", "possible": false,
            "choices": { "fork": "rigid" },
            "rules": [{ "id": "light", "message": "A carbon frame needs a carbon or air fork." }],
            "repair": { "changes": { "fork": "carbon" }, "price": 208_000 },
        })
    );
}
