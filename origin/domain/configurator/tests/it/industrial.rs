//! Generated vehicles and a grown model, compared with their own tables; two published industrial
//! models and a shirt, compared with the answers of another engine.

use domain_configurator::{By, Configurator, Limits, Product, Scope, Selection, State};
use serde_json::Value;

use super::benchmark_products;
use super::brute_force::BruteForce;
use super::grown::Growth;
use super::rng::Rng;
use super::vehicles::Plan;

fn read(file: &str) -> Vec<u8> {
    let folder = benchmark_products::folder().expect("FORECOURT_DATA names the folder");
    benchmark_products::read(&folder, file)
}

fn check_against_oracle(name: &str) {
    let product = Product::parse(&read(&format!("{name}.json.gz"))).unwrap();
    let oracle = read(&format!("{name}-oracle.json.gz"));
    let configurator = Configurator::compile(product, &Limits::default()).unwrap();
    let loaded = Configurator::decode(&configurator.encode()).unwrap();
    let oracle: Value = serde_json::from_slice(&oracle).unwrap();
    let cases = oracle["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 200);
    for case in cases {
        check(&configurator, case);
        check(&loaded, case);
    }
}

fn check(configurator: &Configurator, case: &Value) {
    let id = &case["id"];
    let pairs = case["selection"].as_object().unwrap();
    let pairs = pairs.iter().map(|(option, value)| (option.as_str(), value.as_str().unwrap()));
    let selection = Selection::from_pairs(pairs).unwrap();
    let resolution = configurator.resolve(&selection, &Scope::default()).unwrap();
    assert_eq!(resolution.configurations().to_string(), case["completions"], "{id}");
    let price = resolution.price().unwrap();
    assert_eq!(Some(price.min.0), case["min_price"].as_i64(), "{id}");
    assert_eq!(Some(price.max.0), case["max_price"].as_i64(), "{id}");
    for option in resolution.options() {
        let available: Vec<&str> = option
            .values()
            .filter(|value| value.state() == State::Available)
            .map(|value| value.id())
            .collect();
        match case["possible"].get(option.id()) {
            Some(possible) => assert_eq!(&serde_json::json!(available), possible, "{id}"),
            None => assert!(selection.value_of(option.id()).is_some(), "{id}"),
        }
    }
    check_added(configurator, &selection, case);
}

/// Cases add one or several choices to the selection, with or without a conflict.
fn check_added(configurator: &Configurator, selection: &Selection, case: &Value) {
    for extra in case["extra"].as_array().into_iter().flatten() {
        let add = extra["add"].as_object().unwrap();
        let add = add.iter().map(|(option, value)| (option.as_str(), value.as_str().unwrap()));
        let mut together = selection.clone();
        together.0.extend(Selection::from_pairs(add).unwrap().0);
        let resolution = configurator.resolve(&together, &Scope::default()).unwrap();
        let id = &case["id"];
        assert_eq!(Some(!resolution.is_consistent()), extra["conflicts"].as_bool(), "{id}");
        assert_eq!(resolution.configurations().to_string(), extra["completions"], "{id}");
    }
}

#[test]
#[ignore = "needs FORECOURT_DATA, which `.ci/run` sets"]
fn megane_answers_equal_the_oracle() {
    check_against_oracle("megane");
}

#[test]
#[ignore = "needs FORECOURT_DATA, which `.ci/run` sets"]
fn pc_answers_equal_the_oracle() {
    check_against_oracle("pc");
}

#[test]
#[ignore = "needs FORECOURT_DATA, which `.ci/run` sets"]
fn tee_answers_equal_the_oracle() {
    check_against_oracle("tee");
}

/// Complete configurations of a model of tables, valid and invalid ones, have the answers of its
/// tables.
fn check_against_tables(document: &Value, seed: u64) {
    let product = Product::parse(document.to_string().as_bytes()).unwrap();
    let configurator = Configurator::compile(product, &Limits::default()).unwrap();
    let options = configurator.product().options();
    let mut rng = Rng(seed);
    let mut choose = |selection: &mut Selection| {
        let option = &options[rng.below(options.len())];
        let value = &option.values[rng.below(option.values.len())];
        selection.0.insert(option.id.clone(), value.id.clone());
    };
    let mut invalid = 0;
    for _ in 0..8 {
        let mut selection = Selection::default();
        (0..4).for_each(|_| choose(&mut selection));
        let mut whole = configurator.complete(&selection, By::Price).unwrap().selection;
        assert!(BruteForce::allows(document, &whole), "seed {seed}: {whole:?}");
        choose(&mut whole);
        let is_allowed = BruteForce::allows(document, &whole);
        assert_eq!(configurator.price(&whole).is_some(), is_allowed, "seed {seed}: {whole:?}");
        invalid += usize::from(!is_allowed);
    }
    assert!(invalid > 0, "seed {seed}: almost every configuration is allowed");
}

#[test]
fn vehicles_allow_exactly_what_their_tables_allow() {
    for plan in [Plan::small(1), Plan { noise: 60, ..Plan::small(2) }] {
        check_against_tables(&plan.document(), plan.seed);
    }
}

#[test]
#[ignore = "takes minutes without optimization: `.ci/run` runs it"]
fn the_largest_vehicles_compile_within_the_limits_and_allow_exactly_what_their_tables_allow() {
    for plan in [Plan::versions(2), Plan::countries(2), Plan::exceptions(2)] {
        check_against_tables(&plan.document(), plan.seed);
    }
}

#[test]
#[ignore = "needs FORECOURT_DATA, and takes minutes without optimization: `.ci/run` runs it"]
fn the_largest_grown_models_compile_within_the_limits_and_allow_exactly_what_their_tables_allow() {
    let original = read("megane.json.gz");
    for growth in [Growth::largest(1), Growth::largest(2), Growth::loose(3)] {
        check_against_tables(&growth.document(&original), growth.seed);
    }
}
