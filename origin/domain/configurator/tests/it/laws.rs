//! Properties of every product and every selection, compared with brute force.

use std::collections::BTreeMap;

use domain_configurator::{
    Configurator, Limits, OptionAnswer, PriceRange, Product, Resolution, Scope, Selection, State,
    ValueAnswer,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::{BruteForce, Chosen};
use super::models::samples;

pub(crate) fn compiled(document: &Value) -> Option<Configurator> {
    let product = Product::parse(document.to_string().as_bytes()).unwrap();
    Configurator::compile(product, &Limits::default()).ok()
}

pub(crate) fn selected(brute: &BruteForce, chosen: &Chosen) -> Selection {
    Selection::from_pairs(brute.named(chosen)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn every_answer_equals_brute_force(sample in samples()) {
        let brute = BruteForce::of(&sample.document);
        let Some(configurator) = compiled(&sample.document) else {
            prop_assert!(brute.valid.is_empty(), "a satisfiable product was rejected");
            return Ok(());
        };
        prop_assert!(!brute.valid.is_empty(), "an unsatisfiable product compiled");
        for chosen in &sample.selections {
            check(&brute, chosen, &configurator)?;
        }
    }
}

/// Every part of a resolution equals the result of brute force.
pub(crate) fn check(
    brute: &BruteForce,
    chosen: &Chosen,
    configurator: &Configurator,
) -> Result<(), TestCaseError> {
    let selection = selected(brute, chosen);
    let resolution = configurator.resolve(&selection, &Scope::default()).unwrap();
    check_whole(brute, chosen, configurator, &resolution)?;
    for (at, option) in resolution.options().enumerate() {
        prop_assert_eq!(option.id(), &brute.options[at].0);
        check_option(brute, chosen, at, option)?;
    }
    check_json(configurator, &resolution)
}

/// The JSON says the same as the resolution.
fn check_json(
    configurator: &Configurator,
    resolution: &Resolution<'_>,
) -> Result<(), TestCaseError> {
    let price = |price: Option<PriceRange>| {
        price.map(|PriceRange { min, max }| json!({"min": min, "max": max}))
    };
    let value = |answer: ValueAnswer<'_>| {
        let changes = (answer.state() == State::Alternative)
            .then(|| answer.changes().collect::<BTreeMap<&str, &str>>());
        let (id, state) = (answer.id(), answer.state().name());
        json!({"id": id, "state": state, "price": price(answer.price()), "changes": changes})
    };
    let option = |answer: OptionAnswer<'_>| {
        let values: Vec<Value> = answer.values().map(value).collect();
        json!({"id": answer.id(), "values": values})
    };
    let variant = resolution.variant();
    let expected = json!({
        "product": configurator.product().id(), "version": "v\"7", "selection": resolution.selection(),
        "consistent": resolution.is_consistent(), "complete": resolution.is_complete(),
        "configurations": resolution.configurations().to_string(),
        "price": price(resolution.price()),
        "variant": variant.map(|it| json!({"sku": it.sku, "variant_id": it.variant_id})),
        "options": resolution.options().map(option).collect::<Vec<_>>(),
    });
    let json: Value = serde_json::from_slice(&resolution.to_json("v\"7")).unwrap();
    prop_assert_eq!(json, expected);
    Ok(())
}

fn check_whole(
    brute: &BruteForce,
    chosen: &Chosen,
    configurator: &Configurator,
    resolution: &Resolution<'_>,
) -> Result<(), TestCaseError> {
    let extending = brute.extending(chosen);
    prop_assert_eq!(resolution.configurations(), extending.len() as u128);
    prop_assert_eq!(resolution.is_consistent(), !extending.is_empty());
    prop_assert_eq!(resolution.is_complete(), chosen.iter().all(Option::is_some));
    let low = extending.iter().map(|(_, price)| *price).min();
    let high = extending.iter().map(|(_, price)| *price).max();
    prop_assert_eq!(resolution.price().map(|price| price.min.0), low);
    prop_assert_eq!(resolution.price().map(|price| price.max.0), high);
    let price = configurator.price(resolution.selection()).map(|price| price.0);
    prop_assert_eq!(price, low.filter(|_| resolution.is_complete()));
    Ok(())
}

fn check_option(
    brute: &BruteForce,
    chosen: &Chosen,
    at: usize,
    option: OptionAnswer<'_>,
) -> Result<(), TestCaseError> {
    for (value, answer) in option.values().enumerate() {
        prop_assert_eq!(answer.id(), &brute.options[at].1[value]);
        let with = brute.valid.iter().filter(|(configuration, _)| configuration[at] == value);
        let fewest =
            with.map(|(configuration, _)| BruteForce::changes(chosen, at, configuration)).min();
        let state = match fewest {
            _ if chosen[at] == Some(value) => State::Selected,
            None => State::Impossible,
            Some(0) => State::Available,
            Some(_) => State::Alternative,
        };
        prop_assert_eq!(answer.state(), state, "{} {}", option.id(), answer.id());
        let mut swapped = chosen.clone();
        swapped[at] = Some(value);
        check_price(brute, &swapped, &answer)?;
        if state == State::Alternative {
            check_changes(brute, swapped, at, &answer, fewest.unwrap())?;
        } else {
            prop_assert_eq!(answer.changes().len(), 0);
        }
    }
    Ok(())
}

fn check_price(
    brute: &BruteForce,
    swapped: &Chosen,
    answer: &ValueAnswer<'_>,
) -> Result<(), TestCaseError> {
    let prices = || brute.extending(swapped).into_iter().map(|(_, price)| *price);
    let is_priced = matches!(answer.state(), State::Available | State::Selected);
    prop_assert_eq!(answer.price().map(|price| price.min.0), prices().min().filter(|_| is_priced));
    prop_assert_eq!(answer.price().map(|price| price.max.0), prices().max().filter(|_| is_priced));
    Ok(())
}

/// The changes of an answer make the value available, and they are the fewest.
fn check_changes(
    brute: &BruteForce,
    mut swapped: Chosen,
    at: usize,
    answer: &ValueAnswer<'_>,
    fewest: usize,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(answer.changes().len(), fewest);
    for (option, value) in answer.changes() {
        let changed = brute.options.iter().position(|(id, _)| id == option).unwrap();
        let value = brute.options[changed].1.iter().position(|id| id == value).unwrap();
        prop_assert!(changed != at && swapped[changed].is_some_and(|before| before != value));
        swapped[changed] = Some(value);
    }
    prop_assert!(
        !brute.extending(&swapped).is_empty(),
        "the changes do not make the value available"
    );
    Ok(())
}
