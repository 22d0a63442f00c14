//! The stock of a product is exactly the configurations whose variant is in stock.

use domain_configurator::{By, Configurator, Limits, Scope, Selection, Stock};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brute_force::BruteForce;
use super::laws::compiled;
use super::models::samples;

/// Adds a variant for each value of the first option with an entry in `availability`, in stock or
/// not.
fn with_variants(document: &mut Value, availability: &[Option<bool>]) {
    let option = document["options"][0]["id"].clone();
    let values = document["options"][0]["values"].as_array().unwrap().clone();
    let variants =
        values.iter().zip(availability).enumerate().filter_map(|(at, (value, available))| {
            let selection = json!({ option.as_str()?: value["id"] });
            let available = (*available)?;
            Some(json!({
                "selection": selection, "variant_id": at.to_string(), "available": available,
            }))
        });
    document["variants"] = variants.collect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn stock_equals_brute_force(
        sample in samples(),
        availability in proptest::collection::vec(proptest::option::of(any::<bool>()), 32),
    ) {
        let mut document = sample.document;
        with_variants(&mut document, &availability);
        let Some(configurator) = compiled(&document) else { return Ok(()) };
        let brute = BruteForce::of(&document);
        let is_in_stock = |first: usize| availability.get(first) == Some(&Some(true));
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
