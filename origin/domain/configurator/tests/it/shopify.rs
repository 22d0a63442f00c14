//! Import of Shopify products.

use domain_configurator::shopify::ShopCurrency;
use domain_configurator::{Configurator, Limits, Product, Scope, Selection, State, Stock};
use domain_core::money::Money;
use domain_shopify::{MalformedEncoding, decode_variants};
use serde_json::{Value, json};

const EUR: ShopCurrency<'_> = ShopCurrency { code: "EUR", decimals: 2 };

/// Strings from Shopify's own tests and schema, with their decoded values.
const ENCODED: &str = include_str!("encoded_variants.json");

#[test]
fn encoded_variants_decode_to_shopifys_combinations() {
    let vectors: Vec<Value> = serde_json::from_str(ENCODED).unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let decoded = decode_variants(vector["input"].as_str().unwrap());
        assert_eq!(json!(decoded.unwrap()), vector["expected"], "{}", vector["id"]);
    }
    assert_eq!(
        decode_variants("v1_0:0-2,1:3"),
        Ok(vec![vec![0, 0], vec![0, 1], vec![0, 2], vec![1, 3]])
    );
    assert_eq!(decode_variants("v1_"), Ok(Vec::new()));
}

#[test]
fn a_malformed_encoding_is_rejected_with_the_position_of_the_error() {
    for (encoded, error) in [
        ("", MalformedEncoding::Version),
        ("v2_0", MalformedEncoding::Version),
        ("v1_x", MalformedEncoding::Unexpected(3)),
        ("v1_0:", MalformedEncoding::Unexpected(5)),
        ("v1_0-", MalformedEncoding::Unexpected(5)),
        ("v1_3-1", MalformedEncoding::Unexpected(6)),
        ("v1_0,", MalformedEncoding::Unexpected(4)),
        ("v1_0:0,,,", MalformedEncoding::Unexpected(7)),
        ("v1_0:0 1:2", MalformedEncoding::Unexpected(8)),
        ("v1_\"0:0\"", MalformedEncoding::Unexpected(3)),
        ("v1_65536", MalformedEncoding::Unexpected(3)),
        ("v1_0:1,2", MalformedEncoding::Uneven(8)),
        ("v1_0-65535", MalformedEncoding::TooMany),
    ] {
        assert_eq!(decode_variants(encoded), Err(error), "{encoded}");
    }
}

/// A variant in the form of the REST Admin API, with an id above 2^53.
fn variant(number: u64, sku: Value, price: &str, [size, colour]: [&str; 2]) -> Value {
    json!({
        "id": 9_200_000_000_000_000_000 + number, "sku": sku, "price": price,
        "option1": size, "option2": colour, "option3": null,
    })
}

fn shirt() -> Value {
    json!({ "product": {
        "id": 632_910_392_u64, "handle": "linen-shirt", "title": "Linen shirt", "vendor": "x",
        "options": [
            { "name": "Size", "position": 1, "values": ["S", "M", "2XL"] },
            { "name": "Colour ★", "position": 2, "values": ["White", "Sea green"] },
        ],
        "variants": [
            variant(1, json!("L-S-W"), "49.90", ["S", "White"]),
            variant(2, Value::Null, "49.90", ["M", "White"]),
            variant(3, json!("L-M-G"), "52.00", ["M", "Sea green"]),
            variant(4, json!("L-X-G"), "55.00", ["2XL", "Sea green"]),
        ],
    } })
}

fn imported(document: &Value) -> Configurator {
    let product = Product::from_shopify(document.to_string().as_bytes(), EUR).unwrap();
    Configurator::compile(product, &Limits::default()).unwrap()
}

fn select(pairs: &[(&str, &str)]) -> Selection {
    Selection::from_pairs(pairs.iter().copied()).unwrap()
}

#[test]
fn an_imported_product_has_exactly_its_variants_and_their_prices() {
    let shirt = imported(&shirt());
    assert_eq!(shirt.product().id(), "linen-shirt");
    let all = shirt.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(all.configurations(), 4);
    for variant in shirt.product().variants() {
        assert_eq!(shirt.price(&variant.selection), variant.price, "{}", variant.variant_id);
        let resolution = shirt.resolve(&variant.selection, &Scope::default()).unwrap();
        assert_eq!(resolution.variant(), Some(variant));
    }
    let large = select(&[("size", "2xl"), ("colour", "sea-green")]);
    assert_eq!(shirt.price(&large), Some(Money(5_500)));
    assert_eq!(shirt.price(&select(&[("size", "2xl"), ("colour", "white")])), None);
    let third = shirt.variant("9200000000000000003").unwrap();
    assert_eq!((third.sku.as_str(), third.price), ("L-M-G", Some(Money(5_200))));
}

#[test]
fn the_storefront_form_of_a_product_is_imported() {
    let variant = |id: &str, amount: &str, size: &str| {
        json!({
            "id": format!("gid://shopify/ProductVariant/{id}"), "sku": "",
            "price": { "amount": amount },
            "selectedOptions": [{ "name": "Size", "value": size }],
        })
    };
    let mug = imported(&json!({
        "handle": "mug", "title": "Mug",
        "options": [{ "name": "Size", "optionValues": [{ "name": "Small" }, { "name": "Large" }] }],
        "variants": { "nodes": [variant("11", "9.0", "Small"), variant("12", "12.5", "Large")] },
    }));
    assert_eq!(mug.price(&select(&[("size", "large")])), Some(Money(1_250)));
    assert_eq!(mug.variant("11").unwrap().price, Some(Money(900)));
    assert!(mug.product().options()[0].values.iter().map(|v| v.price.0).eq([0, 350]));
}

#[test]
fn sold_out_combinations_are_impossible() {
    let product = Product::from_shopify(shirt().to_string().as_bytes(), EUR).unwrap();
    let in_stock = product.with_only_variants(|id| id != "9200000000000000004");
    let in_stock = Configurator::compile(in_stock, &Limits::default()).unwrap();
    let resolution = in_stock.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(resolution.configurations(), 3);
    let size = resolution.options().next().unwrap();
    let states: Vec<State> = size.values().map(|value| value.state()).collect();
    assert_eq!(states, [State::Available, State::Available, State::Impossible]);

    let one = product.with_only_variants(|id| id == "9200000000000000004");
    let one = Configurator::compile(one, &Limits::default()).unwrap();
    let resolution = one.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(resolution.configurations(), 1);
}

#[test]
fn an_invalid_product_is_rejected_with_the_places_of_its_mistakes() {
    let mut invalid = shirt();
    invalid["product"]["variants"][1] = invalid["product"]["variants"][0].clone();
    invalid["product"]["variants"][2]["price"] = json!("52.001");
    let mistakes = Product::from_shopify(invalid.to_string().as_bytes(), EUR).unwrap_err();
    let fields: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
    assert_eq!(fields, ["/variants/1/id", "/variants/1", "/variants/2"]);
    assert_eq!(Product::from_shopify(b"{}", EUR).unwrap_err().len(), 1);
}

/// The response of the Storefront API, which includes variants of combinations that no longer
/// exist.
#[test]
fn only_existing_variants_of_the_storefront_are_imported() {
    let variant = |id: u64, size: &str| {
        json!({
            "id": format!("gid://shopify/ProductVariant/{id}"), "price": { "amount": "9.0" },
            "selectedOptions": [{ "name": "Size", "value": size }],
        })
    };
    let mug = |existing: &str| {
        json!({ "data": { "product": {
            "handle": "mug", "title": "Mug", "encodedVariantExistence": existing,
            "options": [{ "name": "Size", "optionValues": [
                { "name": "S" }, { "name": "M" }, { "name": "L" }] }],
            "variants": { "nodes": [variant(11, "S"), variant(12, "M"), variant(13, "L")] },
        } } })
    };
    let imported = imported(&mug("v1_0 2"));
    let ids: Vec<_> = imported.product().variants().iter().map(|v| v.variant_id.as_str()).collect();
    assert_eq!(ids, ["11", "13"]);
    assert_eq!(imported.price(&select(&[("size", "m")])), None);
    for (existing, message) in [
        ("v1_", "none of the variants exists"),
        ("v1_0:", "byte 5 is not what the encoding allows there"),
    ] {
        let mistakes =
            Product::from_shopify(mug(existing).to_string().as_bytes(), EUR).unwrap_err();
        assert_eq!(mistakes[0].field, "/encodedVariantExistence");
        assert_eq!(mistakes[0].message, message);
    }
}

#[test]
fn an_imported_product_becomes_a_document_in_the_authoring_format() {
    let product = Product::from_shopify(shirt().to_string().as_bytes(), EUR).unwrap();
    let document = product.to_document();
    assert_eq!(document["options"][1]["values"][1]["title"], "Sea green");
    assert_eq!(Product::parse(document.to_string().as_bytes()), Ok(product));
}

#[test]
fn shopifys_availability_is_imported() {
    let variant = |id: u64, size: &str, available: bool| json!({ "id": id, "price": 900, "option1": size, "available": available });
    let mut mug = json!({
        "handle": "mug", "title": "Mug", "options": [{ "name": "Size", "values": ["S", "M", "L"] }],
        "variants": [variant(11, "S", true), variant(12, "M", false), variant(13, "L", true)],
    });
    let in_stock = |mug: &Value| {
        let mug = imported(mug);
        let Stock::Part(part) = mug.stock() else { panic!("{:?}", mug.stock()) };
        let part = Configurator::compile(*part, &Limits::default()).unwrap();
        ["s", "m", "l"].map(|size| part.price(&select(&[("size", size)])).is_some())
    };
    assert_eq!(in_stock(&mug), [true, false, true]);
    mug["encodedVariantAvailability"] = json!("v1_1-2");
    assert_eq!(in_stock(&mug), [false, false, true]);
}

#[test]
fn a_tracked_variant_is_in_stock_if_some_are_left_or_it_may_be_oversold() {
    let mut shirt = shirt();
    let counted = |quantity: i64, policy: &str, by: Option<&str>| {
        json!({ "inventory_quantity": quantity, "inventory_policy": policy,
            "inventory_management": by })
    };
    let variants = shirt["product"]["variants"].as_array_mut().unwrap();
    let stock = [
        counted(3, "deny", Some("shopify")),
        counted(0, "deny", Some("shopify")),
        counted(-2, "continue", Some("shopify")),
        counted(0, "deny", None),
    ];
    for (variant, stock) in variants.iter_mut().zip(stock) {
        variant.as_object_mut().unwrap().extend(stock.as_object().unwrap().clone());
    }
    let variants = imported(&shirt);
    let available = variants.product().variants().iter().map(|variant| variant.available);
    assert_eq!(available.collect::<Vec<_>>(), [true, false, true, true]);
}

#[test]
fn stock_is_all_or_nothing_if_every_variant_agrees() {
    let mut shirt = shirt();
    assert!(matches!(imported(&shirt).stock(), Stock::All));
    for variant in shirt["product"]["variants"].as_array_mut().unwrap() {
        variant["available"] = json!(false);
    }
    assert!(matches!(imported(&shirt).stock(), Stock::Nothing));
}
