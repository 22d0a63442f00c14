//! A product with more configurations than 128 bits can count, at the highest possible prices.

use domain_configurator::{Configurator, Scope, Selection};
use domain_core::money::Money;
use serde_json::{Value, json};

use super::laws::compiled;

/// Seventy options of four values, the last of which has the highest allowed price; one pair is
/// excluded.
fn document() -> Value {
    let values: Vec<Value> = (0..4)
        .map(|v| json!({ "id": v.to_string(), "price": v / 3 * 1_000_000_000_000_i64 }))
        .collect();
    let options: Vec<Value> =
        (0..70).map(|o| json!({ "id": format!("o{o}"), "values": values })).collect();
    let rule = json!({ "id": "r", "excludes": [{ "o3": ["0"] }, { "o60": ["0"] }] });
    json!({ "product": "vast", "currency": "EUR", "options": options, "rules": [rule] })
}

fn count(configurator: &Configurator, chosen: &[(&str, &str)]) -> String {
    let selection = Selection::from_pairs(chosen.iter().copied()).unwrap();
    let resolution = configurator.resolve(&selection, &Scope::default()).unwrap();
    let json: Value = serde_json::from_slice(&resolution.to_json("1")).unwrap();
    assert_eq!(json["configurations"], resolution.configurations().to_string());
    resolution.configurations().to_string()
}

#[test]
fn counts_beyond_128_bits_are_exact() {
    let stored = compiled(&document()).unwrap();
    let loaded = Configurator::decode(&stored.encode()).unwrap();
    for vast in [&stored, &loaded] {
        assert_eq!(count(vast, &[]), "1306684288976403699699358492537989931991040");
        assert_eq!(count(vast, &[("o3", "0")]), "261336857795280739939871698507597986398208");
        assert_eq!(count(vast, &[("o3", "0"), ("o60", "0")]), "0");
        // Few enough for 128 bits.
        let eight: Vec<(String, &str)> = (10..18).map(|o| (format!("o{o}"), "1")).collect();
        let eight = eight.iter().map(|(option, value)| (option.as_str(), *value));
        let nine: Vec<(&str, &str)> = eight.chain([("o3", "0")]).collect();
        assert_eq!(count(vast, &nine), "3987683987354747618711421180841033728");
    }
}

#[test]
fn the_highest_prices_do_not_overflow() {
    let vast = compiled(&document()).unwrap();
    let all = vast.resolve(&Selection::default(), &Scope::default()).unwrap();
    let price = all.price().unwrap();
    assert_eq!((price.min, price.max), (Money(0), Money(70_000_000_000_000)));
}
