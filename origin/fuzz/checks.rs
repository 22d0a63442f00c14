//! Properties of any input. The fuzz targets call these checks, and a test of `origin/domain` calls
//! them with every file of `corpus/`.

#![allow(dead_code, reason = "each fuzz target calls one of these")]

use std::sync::LazyLock;

use origin_domain::configurator::shopify::ShopCurrency;
use origin_domain::configurator::{By, Configurator, Limits, Product, Scope, Selection, State};
use origin_domain::loyalty::{Figures, Paid, PaidLine, Points, Program};
use origin_domain::money::Money;
use origin_domain::time::Time;
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
    let currency = ShopCurrency { code: "EUR", decimals: 2 };
    let product = match Product::from_shopify(input, currency) {
        Ok(product) => product,
        Err(mistakes) => return assert!(!mistakes.is_empty(), "a rejection has mistakes"),
    };
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

/// A program is rejected with mistakes, or it evaluates any order within its bounds: the same
/// points each time, and every point on a line.
pub(crate) fn program(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Program::parse(text) {
        Ok(program) => {
            assert_eq!(
                Program::stored(text).as_ref(),
                Some(&program),
                "a stored program is read back"
            );
            evaluates(&program);
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a rejection has mistakes");
            // A program of an earlier release may fail on an order, but in no other way.
            Program::stored(text).iter().for_each(evaluates);
        }
    }
}

fn evaluates(program: &Program) {
    for (lines, amount) in [(0, 0), (1, 0), (3, 1_999), (40, i64::MAX / 40), (1_000, 1)] {
        let line = |index: usize| PaidLine {
            id: index.to_string(),
            quantity: u32::try_from(index % 3).expect("a small number"),
            amount: Money(amount),
            is_gift_card: index % 7 == 6,
            sku: Some(format!("HELMET-{index}")),
            ..PaidLine::default()
        };
        let paid = Paid {
            at: Time(1_795_251_600_000),
            currency: program.currency.clone(),
            lines: (0..lines).map(line).collect(),
            customer_tags: vec!["vip".to_owned(), "birthday-11".to_owned()],
            ..Paid::default()
        };
        for points in [0, 499, 1_000_000] {
            let figures =
                Figures { points: Points(points), spend: Money(points * 100), orders: points / 10 };
            let earned = program.earned(&paid, &figures);
            assert_eq!(program.earned(&paid, &figures), earned, "the same each time");
            let Ok(earned) = earned else { continue };
            let total: Points = earned.rules.iter().map(|rule| rule.points).sum();
            assert_eq!(earned.points(), total, "every point belongs to a line");
            assert!(earned.lines.iter().all(|line| line.points > Points::ZERO));
        }
    }
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
