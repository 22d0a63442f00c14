//! Completions, compared with brute force.

use domain_configurator::{By, Selection};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::{BruteForce, Chosen};
use super::laws::{compiled, selected};
use super::models::samples;

/// Changes, missed defaults and price, which a completion minimises in this order.
type Cost = (usize, usize, i64);

fn least_cost(brute: &BruteForce, chosen: &Chosen, by: By) -> Cost {
    let cost = |(configuration, price): &(Vec<usize>, i64)| {
        let changes = BruteForce::changes(chosen, usize::MAX, configuration);
        let misses = (0..chosen.len())
            .filter(|at| by == By::Defaults && chosen[*at] != Some(configuration[*at]))
            // The default is the first value: these documents name none.
            .filter(|at| configuration[*at] != 0)
            .count();
        (changes, misses, *price)
    };
    brute.valid.iter().map(cost).min().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_completion_has_the_least_cost(sample in samples()) {
        let Some(configurator) = compiled(&sample.document) else { return Ok(()) };
        let brute = BruteForce::of(&sample.document);
        for chosen in &sample.selections {
            let selection = selected(&brute, chosen);
            for by in [By::Price, By::Defaults] {
                let completion = configurator.complete(&selection, by).unwrap();
                let full = brute.positions(&completion.selection);
                let configuration: Vec<usize> = full.iter().map(|value| value.unwrap()).collect();
                let valid = brute.valid.iter().find(|(valid, _)| *valid == configuration);
                prop_assert_eq!(valid.map(|(_, price)| *price), Some(completion.price.0));
                let (changes, misses, price) = least_cost(&brute, chosen, by);
                prop_assert_eq!(completion.changes.0.len(), changes);
                prop_assert_eq!(completion.price.0, price);
                prop_assert_eq!(BruteForce::changes(chosen, usize::MAX, &configuration), changes);
                let is_missed = |at: &usize| {
                    chosen[*at] != Some(configuration[*at]) && configuration[*at] != 0
                };
                let missed = (0..chosen.len()).filter(is_missed).count();
                prop_assert!(by == By::Price || missed == misses);
            }
        }
    }
}

#[test]
fn a_saved_selection_is_repaired_after_a_change_of_the_rules() {
    let document = |wheels: Value, rules: Value| {
        json!({
            "product": "bike", "currency": "EUR", "base_price": 100,
            "options": [
                { "id": "frame", "values": [{ "id": "steel" }, { "id": "carbon", "price": 50 }] },
                { "id": "wheel", "values": wheels },
            ],
            "rules": rules,
        })
    };
    let today = document(
        json!([{ "id": "28", "price": 5 }, { "id": "29" }]),
        json!([{
            "id": "r",
            "forbidden": { "options": ["frame", "wheel"], "tuples": [["carbon", "28"]] },
        }]),
    );
    let today = compiled(&today).unwrap();
    let saved = [("colour", "red"), ("frame", "carbon"), ("wheel", "28")];
    let saved = Selection::from_pairs(saved).unwrap();
    assert_eq!(
        serde_json::to_value(today.revalidate(&saved)).unwrap(),
        json!({
            "selection": { "frame": "carbon", "wheel": "28" },
            "dropped": { "colour": "red" },
            "consistent": false,
            "repair": {
                "product": "bike", "selection": { "frame": "steel", "wheel": "28" },
                "changes": { "frame": "steel" }, "price": 105, "variant": null,
            },
        })
    );
}
