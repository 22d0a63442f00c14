//! Shopify products as they are.

use origin_domain::configurator::shopify::{MalformedEncoding, ShopCurrency, decode_variants};
use origin_domain::configurator::{Configurator, Limits, Product, Scope, Selection, State, Stock};
use origin_domain::money::Money;
use serde_json::{Value, json};

const EUR: ShopCurrency<'_> = ShopCurrency { code: "EUR", decimals: 2 };

/// Strings from Shopify's own tests and schema, with what they mean.
const ENCODED: &str = include_str!("encoded_variants.json");

#[test]
fn shopifys_encoded_variants_are_the_combinations_shopify_says() {
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
fn a_string_that_is_no_encoding_is_refused_where_it_goes_wrong() {
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

/// A variant as the REST Admin API writes it, with an id past 2^53.
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
fn an_imported_product_sells_exactly_its_variants_at_exactly_their_prices() {
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
fn the_storefront_form_of_a_product_imports_alike() {
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
fn what_is_sold_out_is_not_offered() {
    let product = Product::from_shopify(shirt().to_string().as_bytes(), EUR).unwrap();
    let in_stock = product.with_only_combinations(&decode_variants("v1_0:0,1:0-1,").unwrap());
    let in_stock = Configurator::compile(in_stock.unwrap(), &Limits::default()).unwrap();
    let resolution = in_stock.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(resolution.configurations(), 3);
    let size = resolution.options().next().unwrap();
    let states: Vec<State> = size.values().map(|value| value.state()).collect();
    assert_eq!(states, [State::Available, State::Available, State::Impossible]);

    let one = product.with_only_variants(|id| id == "9200000000000000004");
    let one = Configurator::compile(one, &Limits::default()).unwrap();
    let resolution = one.resolve(&Selection::default(), &Scope::default()).unwrap();
    assert_eq!(resolution.configurations(), 1);
    assert!(product.with_only_combinations(&[vec![0, 7]]).is_none(), "no such colour");
}

#[test]
fn a_product_that_cannot_be_ours_is_refused_with_its_place() {
    let mut twice = shirt();
    twice["product"]["variants"][1] = twice["product"]["variants"][0].clone();
    twice["product"]["variants"][2]["price"] = json!("52.001");
    let mistakes = Product::from_shopify(twice.to_string().as_bytes(), EUR).unwrap_err();
    let fields: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
    assert_eq!(fields, ["/variants/1/id", "/variants/1", "/variants/2"]);
    assert_eq!(Product::from_shopify(b"{}", EUR).unwrap_err().len(), 1);
}

/// As `curl` gets it from the Storefront API, which has variants of combinations that are no more.
#[test]
fn of_the_storefronts_variants_those_that_exist_are_sold() {
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
    let sold = imported(&mug("v1_0 2"));
    let ids: Vec<_> = sold.product().variants().iter().map(|v| v.variant_id.as_str()).collect();
    assert_eq!(ids, ["11", "13"]);
    assert_eq!(sold.price(&select(&[("size", "m")])), None);
    for (wrong, message) in [
        ("v1_", "none of the variants exists"),
        ("v1_0:", "byte 5 is not what the encoding allows there"),
    ] {
        let mistakes = Product::from_shopify(mug(wrong).to_string().as_bytes(), EUR).unwrap_err();
        assert_eq!(mistakes[0].field, "/encodedVariantExistence");
        assert_eq!(mistakes[0].message, message);
    }
}

#[test]
fn an_imported_product_becomes_a_document_that_its_author_can_go_on_with() {
    let product = Product::from_shopify(shirt().to_string().as_bytes(), EUR).unwrap();
    let document = product.to_document();
    assert_eq!(document["options"][1]["values"][1]["title"], "Sea green");
    assert_eq!(Product::parse(document.to_string().as_bytes()), Ok(product));
}

#[test]
fn what_shopify_says_of_stock_is_kept() {
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
fn what_the_admin_counts_is_in_stock_if_any_is_left_or_more_is_sold() {
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
fn a_product_all_or_nothing_of_which_is_in_stock_says_so() {
    let mut shirt = shirt();
    assert!(matches!(imported(&shirt).stock(), Stock::All));
    for variant in shirt["product"]["variants"].as_array_mut().unwrap() {
        variant["available"] = json!(false);
    }
    assert!(matches!(imported(&shirt).stock(), Stock::Nothing));
}
