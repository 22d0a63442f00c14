//! Import of Shopify products.

use std::collections::{BTreeMap, BTreeSet};

use domain_configurator::shopify::product_id;
use domain_configurator::{Configurator, Limits, Product, Scope, Selection, State, Stock};
use domain_core::authoring::Mistake;
use domain_core::money::Money;
use domain_shopify::product::{ShopProduct, products};
use domain_shopify::{MalformedEncoding, decode_variants};
use serde_json::{Value, json};

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

/// The one product of a document.
fn import(document: &str, currency: &str) -> Result<Product, Vec<Mistake>> {
    let nodes = products(document).map_err(|error| vec![Mistake::from(error)])?;
    let [node] = nodes.as_slice() else { panic!("{} products", nodes.len()) };
    Product::from_shopify(&ShopProduct::read(node, currency)?, currency, None)
}

fn imported(document: &Value) -> Configurator {
    let product = import(&document.to_string(), "EUR").unwrap();
    Configurator::compile(product, &Limits::default()).unwrap()
}

/// The mistakes of a document, each with its place.
fn mistakes(document: &Value, currency: &str) -> Vec<String> {
    let mistakes = import(&document.to_string(), currency).unwrap_err();
    mistakes.iter().map(|mistake| format!("{} {}", mistake.field, mistake.message)).collect()
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
    // "Colour ★" is no plain word.
    let colour = shirt.product().options()[1].id.as_str();
    assert_eq!(colour, "colour-e86cdbf4bd3e");
    let large = select(&[("size", "2xl"), (colour, "sea-green")]);
    assert_eq!(shirt.price(&large), Some(Money(5_500)));
    assert_eq!(shirt.price(&select(&[("size", "2xl"), (colour, "white")])), None);
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
    let product = import(&shirt().to_string(), "EUR").unwrap();
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
    assert_eq!(mistakes(&invalid, "EUR"), ["/product/variants/2/price is not an exact amount"]);
    invalid["product"]["variants"][2]["price"] = json!("52.00");
    let expected = [
        "/product/variants/1/id /product/variants/0 has this id already",
        "/product/variants/1 has the same options as /product/variants/0",
    ];
    assert_eq!(mistakes(&invalid, "EUR"), expected);
    let expected =
        ["handle", "title", "options", "variants"].map(|field| format!("/{field} is missing"));
    assert_eq!(mistakes(&json!({}), "EUR"), expected);
}

#[test]
fn a_mistake_names_its_field_and_variant() {
    let price = "decimal text, an amount with its currency, or a whole number of hundredths";
    for (field, value, message) in [
        ("price", json!(199.99), format!("is not {price}")),
        ("price", Value::Null, "is missing".to_owned()),
        ("price", json!("-1.00"), "is not an exact amount".to_owned()),
        ("id", json!("gid://shopify/Product/1"), "is not a variant's id".to_owned()),
        ("option2", json!(2), "is not a text".to_owned()),
        ("option2", Value::Null, "is missing".to_owned()),
        ("inventory_policy", json!(true), "is not a text".to_owned()),
    ] {
        let mut shirt = shirt();
        shirt["product"]["variants"][1][field] = value;
        let expected = format!("/product/variants/1/{field} {message}");
        assert_eq!(mistakes(&shirt, "EUR"), [expected]);
    }
    let mut shirt = shirt();
    shirt["product"]["options"][1] = json!(7);
    assert_eq!(mistakes(&shirt, "EUR"), ["/product/options/1 is not an option or its name"]);
}

/// Webhooks have the first hundred variants, a page of an API as many as its size.
#[test]
fn a_part_of_the_variants_is_not_published_as_the_whole_product() {
    let rest = "read the rest in pages, in the Admin API with `variants(first: 250, after: …)`, \
                and publish the whole";
    let ids: Vec<Value> =
        (0..820).map(|id| json!({"admin_graphql_api_id": id.to_string()})).collect();
    let with = |field: &str, value: Value| {
        let mut shirt = shirt();
        shirt["product"][field] = value;
        shirt
    };
    let page = |has_next: bool| {
        let variants = shirt()["product"]["variants"].clone();
        with("variants", json!({"nodes": variants, "pageInfo": {"hasNextPage": has_next}}))
    };
    for (part, all) in [
        (with("variant_gids", json!(ids)), "820"),
        (with("variantsCount", json!({"count": 5})), "5"),
        (with("encodedVariantExistence", json!("v1_0:0-1,1:0-1,2:1")), "5"),
        (page(true), "more"),
    ] {
        let expected = format!("/product/variants has 4 of {all} elements: {rest}");
        assert_eq!(mistakes(&part, "EUR"), [expected]);
    }
    for whole in [
        with("variant_gids", json!(ids[..4])),
        with("variantsCount", json!({"count": 4})),
        with("encodedVariantExistence", json!("v1_0:0,1:0-1,2:1")),
        page(false),
    ] {
        assert_eq!(imported(&whole).product().variants().len(), 4);
    }
}

#[test]
fn prices_are_read_as_each_source_writes_them() {
    let hat = |price: Value| {
        json!({"handle": "hat", "title": "Hat", "options": ["Size"],
            "variants": [{"id": 1, "option1": "M", "price": price}]})
    };
    for (currency, price, minor) in [
        ("EUR", json!("19.90"), 1_990),
        ("EUR", json!(1_990), 1_990),
        ("EUR", json!({"amount": "19.9", "currencyCode": "EUR"}), 1_990),
        ("EUR", json!({"amount": 19.9}), 1_990),
        ("JPY", json!("1000"), 1_000),
        ("JPY", json!("1000.00"), 1_000),
        ("JPY", json!(100_000), 1_000),
        ("JPY", json!({"amount": "1000.0", "currencyCode": "JPY"}), 1_000),
        ("KWD", json!("1.250"), 1_250),
    ] {
        let product = import(&hat(price.clone()).to_string(), currency).unwrap();
        assert_eq!(product.variants()[0].price, Some(Money(minor)), "{currency} {price}");
    }
    for (currency, price, message) in [
        ("JPY", json!(100_050), "is not a whole number of the currency, times 100"),
        ("KWD", json!(125_000), "is not decimal text, which a currency with three decimals needs"),
    ] {
        assert_eq!(mistakes(&hat(price), currency), [format!("/variants/0/price {message}")]);
    }
    let dollars = json!({"amount": "10.0", "currencyCode": "USD"});
    let expected = ["/variants/0/price/currencyCode is in USD instead of EUR"];
    assert_eq!(mistakes(&hat(dollars), "EUR"), expected);
}

#[test]
fn an_id_depends_on_its_name_only() {
    let cap = |colours: &[&str]| {
        let variant =
            |(id, colour): (u64, &&str)| json!({"id": id, "option1": colour, "price": "9.00"});
        let variants: Vec<Value> = (1..).zip(colours).map(variant).collect();
        json!({"handle": "cap", "title": "Cap", "variants": variants,
            "options": [{"name": "色", "values": colours}]})
    };
    let ids = |colours: &[&str]| -> BTreeMap<String, String> {
        let product = import(&cap(colours).to_string(), "EUR").unwrap();
        let values = product.options()[0].values.iter();
        values.map(|value| (value.title.clone(), value.id.to_string())).collect()
    };
    let all = ids(&["黒", "白", "26″", "26", "S/M", "S-M", "Red"]);
    let distinct: BTreeSet<&String> = all.values().collect();
    assert_eq!((distinct.len(), all["Red"].as_str(), all["26"].as_str()), (7, "red", "26"));
    for others in [&["白", "黒"][..], &["S-M", "26", "白"], &["26″"], &["Red", "S/M"]] {
        for (name, id) in ids(others) {
            assert_eq!(id, all[&name], "{name} beside {others:?}");
        }
    }
}

#[test]
fn a_name_retains_the_id_that_it_was_published_with() {
    let document = |black: &str, white: &str| {
        json!({"product": "cap", "currency": "EUR", "options": [
            {"id": "option", "title": "色", "values": [
                {"id": black, "title": "黒"}, {"id": white, "title": "白"}]}]})
    };
    let published = document("value", "value-2").to_string();
    let published = Product::parse(published.as_bytes()).unwrap();
    let shop = json!({"handle": "cap", "title": "Cap", "options": ["色"], "variants": [
        {"id": 1, "option1": "白", "price": "9.00"}, {"id": 2, "option1": "黒", "price": "9.00"},
        {"id": 3, "option1": "value", "price": "9.00"}]});
    let shop = shop.to_string();
    let shop = ShopProduct::read(&products(&shop).unwrap()[0], "EUR").unwrap();
    let product = Product::from_shopify(&shop, "EUR", Some(&published)).unwrap();
    let option = &product.options()[0];
    let ids: Vec<&str> = option.values.iter().map(|value| value.id.as_str()).collect();
    assert_eq!((option.id.as_str(), &ids[..2]), ("option", &["value-2", "value"][..]));
    assert_eq!((ids[2].len(), &ids[2][..6]), (18, "value-"), "the id of another name is not given");
}

#[test]
fn handles_of_any_script_and_length_are_different_products() {
    let long = "x".repeat(200);
    let handles = ["linen-shirt", "帽子", "手袋", "größe", "gr-e", "a_b", &long, &long[1..]];
    let ids: BTreeSet<String> = handles.iter().map(|handle| product_id(handle)).collect();
    assert_eq!((ids.len(), product_id("linen-shirt").as_str()), (handles.len(), "linen-shirt"));
}

#[test]
fn a_page_of_products_and_a_byte_order_mark_are_read() {
    let page = json!({"products": [shirt()["product"], shirt()["product"]]}).to_string();
    assert_eq!(products(&format!("\u{feff}{page}")).unwrap().len(), 2);
    let edges = json!({"data": {"products": {"edges": [{"node": shirt()["product"]}]}}});
    assert_eq!(import(&edges.to_string(), "EUR").unwrap().id(), "linen-shirt");
    let error = products("[]").unwrap_err();
    assert_eq!(error.to_string(), "payload \"\" is not an object");
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
        ("v1_", "is not a list with a combination"),
        ("v1_0:", "can't be read: byte 5 is not what the encoding allows there"),
    ] {
        let expected = format!("/data/product/encodedVariantExistence {message}");
        assert_eq!(mistakes(&mug(existing), "EUR"), [expected]);
    }
}

#[test]
fn an_imported_product_becomes_a_document_in_the_authoring_format() {
    let product = import(&shirt().to_string(), "EUR").unwrap();
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
