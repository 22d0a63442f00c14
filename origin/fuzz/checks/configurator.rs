//! Properties of any document, Shopify product or artefact. The fuzz targets call these checks, and a
//! test of `domain-configurator` calls them with every file of `corpus/`.

#![allow(dead_code, reason = "each fuzz target calls one of these")]

use std::sync::LazyLock;

use domain_configurator::{By, Configurator, Limits, Product, Scope, Selection, State};
use domain_shopify::product::{ShopProduct, products};
use sha2::{Digest as _, Sha256};

use super::brute_force::{BruteForce, Chosen};

/// Low limits, so that every input is fast.
const LIMITS: Limits =
    Limits { conjoin_steps_max: 2_000_000, sift_steps_max: 2_000_000, bytes_max: 64 << 20 };
/// Most combinations for brute force.
const COMBINATIONS_MAX: usize = 4_096;
/// The smallest valid product.
const SMALLEST: &str =
    r#"{"product":"p","currency":"EUR","options":[{"id":"a","values":[{"id":"1"}]}]}"#;
/// Start of the body of an artefact: after the format byte and the hash.
const BODY: usize = 33;
/// The format byte of this release.
static FORMAT: LazyLock<u8> = LazyLock::new(|| {
    let product = Product::parse(SMALLEST.as_bytes()).expect("a product");
    Configurator::compile(product, &LIMITS).expect("a product").encode()[0]
});

/// A document is rejected with mistakes, or it compiles and answers correctly.
pub(crate) fn publish(input: &[u8]) {
    match Product::parse(input) {
        Ok(product) => {
            let document = product.to_document().to_string();
            let written = Product::parse(document.as_bytes());
            assert_eq!(written.as_ref(), Ok(&product), "a written document is read back");
            compiled(product);
        }
        Err(mistakes) => assert!(!mistakes.is_empty(), "a rejection has mistakes"),
    }
}

/// A Shopify product is rejected with mistakes, or its configurations are exactly its variants at
/// their prices.
pub(crate) fn shopify(input: &[u8]) {
    let Ok(nodes) =
        std::str::from_utf8(input).map_err(drop).and_then(|text| products(text).map_err(drop))
    else {
        return;
    };
    for node in nodes {
        let read = ShopProduct::read(&node, "EUR");
        match read.and_then(|shop| Product::from_shopify(&shop, "EUR", None)) {
            Ok(product) => imported(product),
            Err(mistakes) => assert!(!mistakes.is_empty(), "a rejection has mistakes"),
        }
    }
}

fn imported(product: Product) {
    let Some(configurator) = compiled(product) else { return };
    let variants = configurator.product().variants();
    let all = configurator.resolve(&Selection::default(), &Scope::default());
    let all = all.expect("an empty selection has no unknown choice");
    assert_eq!(all.configurations(), variants.len() as u128);
    for variant in variants {
        assert_eq!(configurator.price(&variant.selection), variant.price);
    }
}

/// Decoding any body with a correct hash returns an error or a product that can be resolved.
pub(crate) fn artefact(body: &[u8]) {
    let mut bytes = vec![*FORMAT];
    bytes.extend_from_slice(&Sha256::digest(body));
    bytes.extend_from_slice(body);
    let Ok(configurator) = Configurator::decode(&bytes) else { return };
    let resolution = configurator.resolve(&Selection::default(), &Scope::default());
    let resolution = resolution.expect("an empty selection has no unknown choice");
    let _ = resolution.to_json("1");
    assert_eq!(configurator.encode(), bytes, "a product has one artefact");
}

fn compiled(product: Product) -> Option<Configurator> {
    let configurator = match Configurator::compile(product, &LIMITS) {
        Ok(configurator) => configurator,
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a rejection has mistakes");
            return None;
        }
    };
    let bytes = configurator.encode();
    artefact(&bytes[BODY..]);
    let again = Configurator::decode(&bytes).expect("an encoded artefact");
    assert_eq!(again.product(), configurator.product());
    let combinations = combinations(configurator.product());
    if combinations.is_some_and(|count| count <= COMBINATIONS_MAX) {
        check_answers(&again);
    }
    Some(configurator)
}

/// The number of combinations of values; `None` if brute force cannot read the product because its
/// options have the names of operators.
fn combinations(product: &Product) -> Option<usize> {
    let is_operator = |id: &str| ["any", "all", "not"].contains(&id);
    product.options().iter().try_fold(1_usize, |count, option| {
        let is_plain = !is_operator(option.id.as_str());
        is_plain.then(|| count.saturating_mul(option.values.len()))
    })
}

/// Compares count, prices, states and completion with brute force, for the empty selection and for
/// each value alone.
fn check_answers(configurator: &Configurator) {
    let brute = BruteForce::of(&configurator.product().to_document());
    let mut chosen = vec![None; brute.options.len()];
    check_selection(configurator, &brute, &chosen);
    for option in 0..brute.options.len() {
        for value in 0..brute.options[option].1.len() {
            chosen[option] = Some(value);
            check_selection(configurator, &brute, &chosen);
        }
        chosen[option] = None;
    }
}

fn check_selection(configurator: &Configurator, brute: &BruteForce, chosen: &Chosen) {
    let selection = Selection::from_pairs(brute.named(chosen)).expect("choices of the product");
    let resolution = configurator.resolve(&selection, &Scope::default());
    let resolution = resolution.expect("choices of the product");
    let extending = brute.extending(chosen);
    assert_eq!(resolution.configurations(), extending.len() as u128);
    let prices = || extending.iter().map(|(_, price)| *price);
    let range = resolution.price().map(|range| (range.min.0, range.max.0));
    assert_eq!(range, prices().min().zip(prices().max()));
    for (at, option) in resolution.options().enumerate() {
        for (value, answer) in option.values().enumerate() {
            let is_open = chosen[at].is_none();
            let is_possible = extending.iter().any(|(all, _)| all[at] == value);
            if is_open {
                assert_eq!(answer.state() == State::Available, is_possible);
            }
        }
    }
    let cheapest = configurator.complete(&selection, By::Price).expect("choices of the product");
    if let Some(lowest) = prices().min() {
        assert_eq!((cheapest.price.0, cheapest.changes), (lowest, Selection::default()));
    }
}
