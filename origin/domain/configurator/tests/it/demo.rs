//! The products of the demo shop.

use domain_configurator::{Configurator, Limits, Product, RuleKind, Scope, Selection};
use domain_core::money::Money;

fn demo(name: &str) -> Configurator {
    let path = format!("{}/../../../infra/local/demo/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let product = Product::parse(&std::fs::read(path).unwrap()).unwrap();
    Configurator::compile(product, &Limits::default()).unwrap()
}

#[test]
fn the_demo_bike_has_every_kind_of_rule_and_an_empty_report() {
    let bike = demo("bike");
    let kind = |rule: &RuleKind| match rule {
        RuleKind::Requires { .. } => 0,
        RuleKind::Excludes(_) => 1,
        RuleKind::Allowed(_) => 2,
        RuleKind::Forbidden(_) => 3,
        RuleKind::Assert(_) => 4,
    };
    let kinds: std::collections::BTreeSet<u8> =
        bike.product().rules().iter().map(|rule| kind(&rule.kind)).collect();
    assert_eq!(kinds.len(), 5);
    assert_eq!(bike.report(), []);
    let all = bike.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(all.configurations(), 1_928_176);
    assert_eq!(all.price().map(|price| price.min), Some(Money(129_900)));
}

#[test]
fn an_explanation_says_what_to_change_for_a_carbon_bike_with_racks() {
    let bike = demo("bike");
    let carbon = Selection::from_pairs([("frame", "carbon"), ("rack", "both")]).unwrap();
    let resolution = bike.resolve(&carbon, &Scope::default()).unwrap();
    assert!(!resolution.is_consistent());
    let explanation = bike.explain(&carbon, "frame", "carbon").unwrap();
    let rules: Vec<&str> = explanation.rules.unwrap().iter().map(|rule| rule.id).collect();
    assert_eq!(rules, ["carbon-needs-a-light-fork", "front-rack-needs-a-rigid-fork"]);
    let changes = explanation.repair.unwrap().changes;
    assert_eq!(changes.iter().collect::<Vec<_>>(), [("rack", "none")]);
}

#[test]
fn a_value_that_resolves_a_conflict_has_a_price() {
    let bike = demo("bike");
    let conflict = [("frame", "carbon"), ("motor", "hub"), ("rack", "both")];
    let conflict = Selection::from_pairs(conflict).unwrap();
    let resolution = bike.resolve(&conflict, &Scope::default()).unwrap();
    let frame = resolution.options().next().unwrap();
    let prices: Vec<_> = frame.values().map(|value| value.price().map(|p| p.min.0)).collect();
    assert_eq!(prices, [Some(252_800), Some(272_800), None, Some(392_800)]);
}

#[test]
fn the_demo_shirt_has_three_hundred_variants() {
    let tee = demo("tee");
    assert_eq!(tee.report(), []);
    for variant in tee.product().variants() {
        let resolution = tee.resolve(&variant.selection, &Scope::default()).unwrap();
        assert_eq!(resolution.variant(), Some(variant));
        assert!(variant.variant_id.parse::<u64>().unwrap() > 1 << 53);
    }
    let all = tee.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(all.configurations(), 300);
}
