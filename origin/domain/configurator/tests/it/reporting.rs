//! Reports to the author about a product that parses.

use domain_configurator::{Configurator, FindingKind, Limits, Product};
use domain_core::authoring::Mistake;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::BruteForce;
use super::laws::compiled;
use super::models::samples;

fn compile_error(document: &Value) -> Vec<Mistake> {
    let product = Product::parse(document.to_string().as_bytes()).unwrap();
    Configurator::compile(product, &Limits::default()).unwrap_err()
}

fn three(rules: &Value) -> Value {
    let values = json!([{ "id": "1" }, { "id": "2" }, { "id": "3" }]);
    json!({
        "product": "p", "currency": "EUR", "base_price": 100,
        "options": [
            { "id": "a", "values": values }, { "id": "b", "values": values },
            { "id": "c", "values": values },
        ],
        "rules": rules,
    })
}

#[test]
fn a_product_without_valid_configurations_names_the_conflicting_rules() {
    let rules = json!([
        { "id": "fine", "requires": { "if": { "a": ["1"] }, "then": { "b": ["1"] } } },
        { "id": "same", "allowed": { "options": ["a", "b"], "tuples": [["2", "2"], ["3", "3"]] } },
        { "id": "b-first", "assert": { "b": ["1"] } },
        { "id": "c-any", "assert": { "c": ["1", "2"] } },
    ]);
    let message = "no configuration satisfies all of these rules: same, b-first";
    let at = |field: &str| Mistake { field: field.into(), message: message.into() };
    assert_eq!(compile_error(&three(&rules)), [at("/rules/1"), at("/rules/2")]);
}

#[test]
fn variants_that_share_a_configuration_are_rejected() {
    let mut document = three(&json!([
        { "id": "r", "forbidden": { "options": ["a", "b"], "tuples": [["1", "1"]] } },
    ]));
    document["variants"] = json!([
        { "selection": { "a": "1" }, "variant_id": "1" },
        { "selection": { "b": "1" }, "variant_id": "2" },
    ]);
    assert!(compiled(&document).is_some(), "the rule separates them");
    document["variants"][1]["selection"] = json!({ "b": "2" });
    let mistakes = compile_error(&document);
    assert_eq!(mistakes[0].field, "/variants/1/selection");
    assert_eq!(mistakes[0].message, "overlaps variant 0: a configuration is both");
}

#[test]
fn a_report_lists_what_is_probably_not_intended() {
    let mut document = three(&json!([
        { "id": "never-a3", "assert": { "not": { "a": ["3"] } } },
        { "id": "a3-needs-b1", "requires": { "if": { "a": ["3"] }, "then": { "b": ["1"] } } },
    ]));
    document["variants"] = json!([{ "selection": { "a": "3" }, "variant_id": "1" }]);
    document["price_rules"] = json!([
        { "if": { "c": ["2"] }, "add": -101 },
        { "if": { "a": ["1", "3"], "c": ["1"] }, "add": 5 },
        { "if": { "a": ["3"], "c": ["1"] }, "add": 5 },
    ]);
    let findings: Vec<(FindingKind, String)> =
        compiled(&document).unwrap().report().into_iter().map(|f| (f.kind, f.field)).collect();
    let expected = [
        (FindingKind::UnusableValue, "/options/0/values/2"),
        (FindingKind::UnreachableVariant, "/variants/0"),
        (FindingKind::NegativePrice, "/base_price"),
        (FindingKind::RuleWithoutEffect, "/rules/1"),
        (FindingKind::PriceRuleWithoutEffect, "/price_rules/2"),
    ];
    assert_eq!(findings, expected.map(|(kind, field)| (kind, field.to_owned())));
}

#[test]
fn a_limit_ends_a_compilation_with_a_clear_message() {
    // Each pair of neighbours differs: small rules whose conjunction is large in any order.
    let count = 14;
    let values: Vec<Value> = (0..count).map(|v| json!({ "id": format!("v{v}") })).collect();
    let option = |o: usize| json!({ "id": format!("o{o}"), "values": values });
    let mut rules = Vec::new();
    for one in 0..count {
        for two in 0..one {
            let options = [format!("o{one}"), format!("o{two}")];
            let same: Vec<[String; 2]> =
                (0..count).map(|v| [format!("v{v}"), format!("v{v}")]).collect();
            let forbidden = json!({ "options": options, "tuples": same });
            rules.push(json!({ "id": format!("r{one}-{two}"), "forbidden": forbidden }));
        }
    }
    let document = json!({
        "product": "p", "currency": "EUR", "options": (0..count).map(option).collect::<Vec<_>>(),
        "rules": rules,
    });
    let product = || Product::parse(document.to_string().as_bytes()).unwrap();
    let limits =
        Limits { conjoin_steps_max: 100_000, sift_steps_max: 100_000, ..Limits::default() };
    let mistakes = Configurator::compile(product(), &limits).unwrap_err();
    assert_eq!(mistakes[0].message, "the rules take more work to compile than the limits allow");

    let limits = Limits { bytes_max: 200_000, ..Limits::default() };
    let mistakes = Configurator::compile(product(), &limits).unwrap_err();
    assert_eq!(mistakes[0].message, "the rules take more memory to compile than the limits allow");

    let stopped =
        Configurator::compile_watched(product(), &Limits::default(), &mut |_| false).unwrap_err();
    assert_eq!(stopped[0].message, "compiling was ended before it was done");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn conflicting_rules_are_minimal(sample in samples()) {
        let brute = BruteForce::of(&sample.document);
        if !brute.valid.is_empty() {
            return Ok(());
        }
        let rules = sample.document["rules"].as_array().unwrap();
        let conflict: Vec<usize> = compile_error(&sample.document)
            .iter()
            .map(|mistake| mistake.field.rsplit('/').next().unwrap().parse().unwrap())
            .collect();
        let is_possible = |included: &[usize]| {
            let mut less = sample.document.clone();
            less["rules"] = included.iter().map(|rule| rules[*rule].clone()).collect();
            !BruteForce::of(&less).valid.is_empty()
        };
        prop_assert!(!is_possible(&conflict));
        for rule in &conflict {
            let fewer = conflict.iter().copied().filter(|other| other != rule);
            let fewer: Vec<usize> = fewer.collect();
            prop_assert!(is_possible(&fewer), "rule {} is not needed", rule);
        }
    }

    #[test]
    fn a_report_is_exact(sample in samples()) {
        let Some(configurator) = compiled(&sample.document) else { return Ok(()) };
        let brute = BruteForce::of(&sample.document);
        let findings = configurator.report();
        let has = |kind: FindingKind, field: &str| {
            findings.iter().any(|finding| finding.kind == kind && finding.field == field)
        };
        for (at, (_, values)) in brute.options.iter().enumerate() {
            for value in 0..values.len() {
                let is_used = brute.valid.iter().any(|(valid, _)| valid[at] == value);
                let field = format!("/options/{at}/values/{value}");
                prop_assert_eq!(has(FindingKind::UnusableValue, &field), !is_used);
            }
        }
        let rules = sample.document["rules"].as_array().unwrap();
        for rule in 0..rules.len() {
            let mut less = sample.document.clone();
            less["rules"].as_array_mut().unwrap().remove(rule);
            let has_effect = BruteForce::of(&less).valid.len() != brute.valid.len();
            let field = format!("/rules/{rule}");
            prop_assert_eq!(has(FindingKind::RuleWithoutEffect, &field), !has_effect);
        }
        for (at, rule) in sample.document["price_rules"].as_array().unwrap().iter().enumerate() {
            let is_met = brute.valid.iter().any(|(valid, _)| brute.holds(&rule["if"], valid));
            let field = format!("/price_rules/{at}");
            prop_assert_eq!(has(FindingKind::PriceRuleWithoutEffect, &field), !is_met);
        }
    }
}
