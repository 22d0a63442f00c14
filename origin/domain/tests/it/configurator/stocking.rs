//! What is in stock is exactly the configurations whose variant is.

use origin_domain::configurator::{By, Configurator, Limits, Scope, Selection, Stock};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::BruteForce;
use super::laws::compiled;
use super::models::asked;

/// Gives a product a variant for each value of its first option that `kept` says, in stock or not.
fn with_variants(document: &mut Value, kept: &[Option<bool>]) {
    let option = document["options"][0]["id"].clone();
    let values = document["options"][0]["values"].as_array().unwrap().clone();
    let variants = values.iter().zip(kept).enumerate().filter_map(|(at, (value, kept))| {
        let selection = json!({ option.as_str()?: value["id"] });
        let available = (*kept)?;
        Some(json!({
            "selection": selection, "variant_id": at.to_string(), "available": available,
        }))
    });
    document["variants"] = variants.collect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn in_stock_is_what_brute_force_finds(
        asked in asked(),
        kept in proptest::collection::vec(proptest::option::of(any::<bool>()), 32),
    ) {
        let mut document = asked.document;
        with_variants(&mut document, &kept);
        let Some(configurator) = compiled(&document) else { return Ok(()) };
        let brute = BruteForce::of(&document);
        let is_in_stock = |first: usize| kept.get(first) == Some(&Some(true));
        let prices: Vec<i64> = brute
            .valid
            .iter()
            .filter(|(configuration, _)| is_in_stock(configuration[0]))
            .map(|(_, price)| *price)
            .collect();
        match configurator.stock() {
            Stock::All => prop_assert_eq!(prices.len(), brute.valid.len()),
            Stock::Nothing => prop_assert!(prices.is_empty()),
            Stock::Part(part) => {
                prop_assert!(!prices.is_empty() && prices.len() < brute.valid.len());
                let part = Configurator::compile(*part, &Limits::default()).unwrap();
                let all = part.resolve(&Selection::default(), &Scope::default()).unwrap();
                prop_assert_eq!(all.configurations(), prices.len() as u128);
                let range = all.price().map(|range| (range.min.0, range.max.0));
                let lowest = prices.iter().copied().min();
                prop_assert_eq!(range, lowest.zip(prices.iter().copied().max()));
                let cheapest = part.complete(&Selection::default(), By::Price).unwrap();
                prop_assert_eq!(Some(cheapest.price.0), lowest);
                prop_assert!(cheapest.variant.is_some_and(|variant| variant.available));
            }
        }
    }
}
