//! The items a cart is handed over as, and the problems reported to the shopper.

use std::collections::BTreeMap;

use domain_cart::{Action, Contents, HandOver, Item, LINE_PROPERTY, Offer, Problem, hand_over};
use domain_configurator::{Configurator, Limits, Product};
use domain_core::money::Money;
use serde_json::{Value, json};

use super::{NOON, command};

pub(crate) fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A bike of 1,000.00: steel or, for 500.00 more, carbon; carbon is not made in small. Variants by
/// frame; no variant for carbon in large.
pub(crate) fn bike() -> Value {
    let value = |id: &str, price: u64| json!({"id": id, "title": id, "price": price});
    json!({"product": "bike", "title": "Bike", "currency": "EUR", "base_price": 100_000,
    "options": [
        {"id": "frame", "title": "Frame", "values": [value("steel", 0), value("carbon", 50_000)]},
        {"id": "size", "title": "Size", "values": [value("s", 0), value("m", 0), value("l", 0)]},
    ],
    "rules": [{"id": "r", "excludes": [{"frame": ["carbon"]}, {"size": ["s"]}]}],
    "variants": [
        {"selection": {"frame": "steel", "size": "s"}, "sku": "S-S", "variant_id": "71"},
        {"selection": {"frame": "steel", "size": "m"}, "sku": "S-M", "variant_id": "72"},
        {"selection": {"frame": "carbon", "size": "m"}, "sku": "C-M",
            "variant_id": "9223372036854775873"},
    ]})
}

pub(crate) fn compiled(document: &Value) -> Configurator {
    let product = Product::parse(document.to_string().as_bytes()).unwrap();
    Configurator::compile(product, &Limits::default()).unwrap()
}

/// A configured bike added at this price.
fn configured(frame: &str, size: &str, price: i64) -> Offer {
    let variant_id = match (frame, size) {
        ("steel", "s") => Some("71".to_owned()),
        ("steel", "m") => Some("72".to_owned()),
        ("carbon", "m") => Some("9223372036854775873".to_owned()),
        _ => None,
    };
    Offer {
        product: "bike".to_owned(),
        variant_id,
        sku: None,
        title: "Bike".to_owned(),
        price: Money(price),
        selection: Some(texts([("frame", frame), ("size", size)])),
        properties: texts([("Name", "Ada")]),
    }
}

/// A bike as its Shopify variant.
fn plain(variant: &str, price: i64) -> Offer {
    Offer {
        variant_id: Some(variant.to_owned()),
        selection: None,
        properties: BTreeMap::new(),
        ..configured("", "", price)
    }
}

fn cart(offers: &[Offer]) -> Contents {
    let mut contents = Contents::default();
    for (number, offer) in (0..).zip(offers) {
        let add = Action::add(offer.clone(), 2);
        command(NOON + number, &number.to_string(), add).run(&mut contents);
    }
    contents
}

fn hand_over_today(offers: &[Offer], today: &Value) -> HandOver {
    let today = compiled(today);
    hand_over(&cart(offers), |offer| (offer.product == "bike").then_some(&today))
}

fn problems(offers: &[Offer], today: &Value) -> Vec<Problem> {
    let problems = hand_over_today(offers, today).problems;
    problems.into_iter().map(|it| it.problem).collect()
}

#[test]
fn lines_are_handed_over_in_order_and_each_carries_its_id() {
    let bike = configured("carbon", "m", 150_000);
    let plain = plain("71", 100_000);
    let hand_over = hand_over_today(&[plain.clone(), bike.clone()], &self::bike());
    assert_eq!((hand_over.problems.as_slice(), hand_over.is_whole()), ([].as_slice(), true));
    let mut properties = texts([("Name", "Ada"), ("frame", "carbon"), ("size", "m")]);
    properties.insert(LINE_PROPERTY.to_owned(), bike.line_id().to_string());
    let of_plain = BTreeMap::from([(LINE_PROPERTY.to_owned(), plain.line_id().to_string())]);
    let items = [
        Item { variant_id: "71".to_owned(), quantity: 2, properties: of_plain },
        Item { variant_id: "9223372036854775873".to_owned(), quantity: 2, properties },
    ];
    assert_eq!(hand_over.items, items);
}

#[test]
fn a_removed_product_or_variant_is_reported_and_omitted() {
    let elsewhere = Offer { product: "tandem".to_owned(), ..configured("steel", "m", 100_000) };
    let lines = [elsewhere, plain("79", 100_000), plain("72", 100_000)];
    let hand_over = hand_over_today(&lines, &bike());
    assert_eq!(hand_over.items.len(), 1);
    assert!(!hand_over.is_whole());
    let problems: Vec<_> = hand_over.problems.iter().map(|it| (it.line, &it.problem)).collect();
    let gone = &Problem::ProductGone;
    assert_eq!(problems, [(lines[0].line_id(), gone), (lines[1].line_id(), gone)]);
}

#[test]
fn a_selection_that_stands_for_another_variant_now_is_reported_and_omitted() {
    let mut today = bike();
    let line = configured("carbon", "m", 150_000);
    let shown = line.variant_id.clone().unwrap();
    let variants = today["variants"].as_array_mut().unwrap();
    variants.iter_mut().find(|it| it["variant_id"] == json!(shown)).unwrap()["variant_id"] =
        json!("73");
    let hand_over = hand_over_today(std::slice::from_ref(&line), &today);
    assert_eq!((hand_over.items.as_slice(), hand_over.is_whole()), ([].as_slice(), false));
    assert_eq!(problems(&[line], &today), [Problem::VariantChanged]);
}

#[test]
fn an_invalid_selection_is_reported_with_the_cheapest_repair() {
    let result = problems(&[configured("carbon", "s", 150_000)], &bike());
    let repair = texts([("frame", "steel"), ("size", "s")]);
    assert_eq!(result, [Problem::SelectionInvalid { repair }]);
}

#[test]
fn a_removed_value_or_a_new_option_makes_the_selection_invalid() {
    let mut today = bike();
    today["options"][1]["values"].as_array_mut().unwrap().remove(1);
    today["variants"].as_array_mut().unwrap().truncate(1);
    let repair = texts([("frame", "steel"), ("size", "s")]);
    let expected = [Problem::SelectionInvalid { repair }];
    assert_eq!(problems(&[configured("steel", "m", 100_000)], &today), expected);

    let bell =
        json!({"id": "bell", "title": "Bell", "values": [{"id": "brass", "title": "Brass"}]});
    let mut today = bike();
    today["options"].as_array_mut().unwrap().push(bell);
    let repair = texts([("bell", "brass"), ("frame", "steel"), ("size", "m")]);
    let expected = [Problem::SelectionInvalid { repair }];
    assert_eq!(problems(&[configured("steel", "m", 100_000)], &today), expected);
    // The variant leaves the bell open, so it is not a complete product either.
    assert_eq!(problems(&[plain("72", 100_000)], &today), [Problem::ProductGone]);
}

#[test]
fn a_configuration_without_a_variant_cannot_be_bought_at_shopify() {
    let hand_over = hand_over_today(&[configured("carbon", "l", 150_000)], &bike());
    assert_eq!(hand_over.items, []);
    assert_eq!(hand_over.problems[0].problem, Problem::VariantMissing);
    assert!(!hand_over.is_whole());
}

#[test]
fn a_changed_price_is_reported_and_the_line_is_handed_over() {
    let lines = [configured("steel", "m", 99_900), plain("71", 100_100)];
    let hand_over = hand_over_today(&lines, &bike());
    assert_eq!((hand_over.items.len(), hand_over.is_whole()), (2, true));
    let result: Vec<_> = hand_over.problems.iter().map(|it| it.problem.clone()).collect();
    let changed = |shown| Problem::PriceChanged { shown: Money(shown), today: Money(100_000) };
    assert_eq!(result, [changed(99_900), changed(100_100)]);
}

#[test]
fn a_price_other_than_the_variants_is_reported_as_not_binding() {
    let mut today = bike();
    today["variants"][1]["price"] = json!(120_000);
    today["variants"][0]["price"] = json!(100_000);
    let lines = [configured("steel", "m", 100_000), plain("71", 100_000), plain("72", 99_000)];
    let result = problems(&lines, &today);
    let not_binding = Problem::PriceNotBinding { today: Money(100_000), charged: Money(120_000) };
    let changed = Problem::PriceChanged { shown: Money(99_000), today: Money(100_000) };
    assert_eq!(result, [not_binding.clone(), changed, not_binding]);
}

#[test]
fn an_empty_cart_is_handed_over_without_items() {
    assert_eq!(hand_over_today(&[], &bike()), HandOver::default());
}

#[test]
fn every_problem_has_a_unique_code_and_a_remedy() {
    let (shown, today) = (Money(1), Money(2));
    let all = [
        Problem::ProductGone,
        Problem::SelectionInvalid { repair: BTreeMap::new() },
        Problem::VariantMissing,
        Problem::PriceChanged { shown, today },
        Problem::PriceNotBinding { today, charged: shown },
    ];
    let codes = all.each_ref().map(Problem::code);
    let expected = [
        "product-gone",
        "selection-invalid",
        "variant-missing",
        "price-changed",
        "price-not-binding",
    ];
    assert_eq!(codes, expected);
    assert!(all.iter().all(|problem| problem.remedy().ends_with('.')));
}
