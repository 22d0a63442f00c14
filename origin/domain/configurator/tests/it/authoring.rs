//! Mistakes reported to the author of a document.

use domain_configurator::Product;
use domain_core::authoring::{MISTAKES_MAX, Mistake};
use serde_json::{Value, json};

fn mistakes(document: &Value) -> Vec<Mistake> {
    Product::parse(document.to_string().as_bytes()).unwrap_err()
}

fn small() -> Value {
    json!({
        "product": "p", "title": "P", "currency": "EUR", "base_price": 100,
        "options": [
            {
                "id": "a", "title": "A",
                "values": [{ "id": "1", "price": 1 }, { "id": "2", "price": 2 }],
            },
            { "id": "b", "title": "B", "values": [{ "id": "x" }, { "id": "y" }], "default": "y" },
        ],
        "rules": [], "price_rules": [], "variants": [],
    })
}

#[test]
fn every_mistake_is_listed_with_its_place() {
    let mut document = small();
    document["colour"] = json!(1);
    document["currency"] = json!("euro");
    document["base_price"] = json!(1.5);
    document["options"][0]["values"][1]["id"] = json!("1");
    document["options"][1]["default"] = json!("z");
    document["rules"] = json!([
        { "id": "r", "requires": { "if": { "c": ["1"] }, "then": { "a": ["9"] } } },
        { "id": "r", "excludes": [{ "a": ["1"] }, { "b": "x" }] },
        {
            "id": "s",
            "allowed": { "options": ["a", "b"], "tuples": [["1", "x"], ["1"], ["1", "q"]] },
        },
        { "id": "t", "forbidden": { "options": ["a", "a"], "tuples": [] } },
        { "id": "u", "assert": { "any": [{ "not": { "b": ["w"] } }] }, "allowed": {} },
        { "id": "v", "assert": { "any": [{ "not": { "b": ["w"] } }] } },
        { "id": "_w" },
    ]);
    document["price_rules"] = json!([{ "if": { "a": ["1"] }, "add": 4_000_000_000_000_i64 }]);
    document["variants"] = json!([
        { "selection": { "a": "1" }, "variant_id": "7" },
        { "selection": { "a": "1" }, "variant_id": "7" },
        { "selection": { "a": "5" }, "variant_id": 8 },
    ]);
    let lines: Vec<String> =
        mistakes(&document).iter().map(|m| format!("{} {}", m.field, m.message)).collect();
    let expected = [
        "/colour unknown field; known are product, title, currency, base_price, options, rules, \
         price_rules, variants",
        "/currency \"euro\" is not an ISO 4217 code such as EUR",
        "/base_price expected a whole number of minor units",
        "/options/0/values/1/id value 0 has this id already",
        "/options/1/default this option has no value \"z\"",
        "/variants/1/variant_id variant 0 has this id already",
        "/variants/1/selection overlaps variant 0: both are the same choices",
        "/variants/2/variant_id expected a string, found a number",
        "/variants/2/selection/a option \"a\" has no value \"5\"",
        "/rules/0/requires/if/c there is no option \"c\"",
        "/rules/0/requires/then/a/0 option \"a\" has no value \"9\"",
        "/rules/1/excludes/1/b expected a list, found a string",
        "/rules/1/id rule 0 has this id already",
        "/rules/2/allowed/tuples/1 1 values for 2 options",
        "/rules/2/allowed/tuples/2/1 option \"b\" has no value \"q\"",
        "/rules/3/forbidden/options/1 option \"a\" is there more than once",
        "/rules/4 a rule states exactly one of requires, excludes, allowed, forbidden, assert",
        "/rules/5/assert/any/0/not/b/0 option \"b\" has no value \"w\"",
        "/rules/6/id \"_w\" is not an id",
        "/rules/6 a rule states exactly one of requires, excludes, allowed, forbidden, assert",
        "/price_rules/0/add beyond 1000000000000 minor units",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_document_that_is_not_json_is_rejected() {
    let errors = Product::parse(b"{\"product\": ").unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.starts_with("not JSON: EOF"), "{errors:?}");
    assert_eq!(mistakes(&json!([]))[0].message, "expected an object, found a list");
    assert_eq!(mistakes(&json!({})).len(), 3, "product, currency and options are missing");
}

#[test]
fn a_repeated_key_is_a_mistake() {
    let document = small().to_string().replacen("{", "{\"product\":\"q\",", 1);
    let errors = Product::parse(document.as_bytes()).unwrap_err();
    assert_eq!(errors[0].field, "/product");
    assert_eq!(errors[0].message, "this field is there more than once");
}

#[test]
fn option_ids_that_could_be_query_parameters_are_rejected() {
    for id in ["_in_stock", "26", "a b", ""] {
        let mut document = small();
        document["options"][0]["id"] = json!(id);
        assert_eq!(mistakes(&document)[0].field, "/options/0/id", "{id}");
    }
    let mut document = small();
    document["options"][0]["values"][0]["id"] = json!("27.5");
    Product::parse(document.to_string().as_bytes()).unwrap();
}

#[test]
fn options_may_have_the_names_of_operators() {
    let mut document = small();
    document["options"][0]["id"] = json!("any");
    document["options"][1]["id"] = json!("not");
    document["rules"] = json!([
        { "id": "r", "assert": { "any": [{ "any": ["1"] }, { "not": { "not": ["x"] } }] } },
    ]);
    Product::parse(document.to_string().as_bytes()).unwrap();
}

#[test]
fn messages_name_the_limits_and_the_list_of_mistakes_is_bounded() {
    let mut document = small();
    let option = |at: usize| json!({ "id": format!("o{at}"), "values": [{ "id": "x" }] });
    document["options"] = (0..401).map(option).collect();
    assert_eq!(mistakes(&document)[0].message, "401 items; at most 400 are possible");

    let mut nested = json!({ "a": ["1"] });
    for _ in 0..40 {
        nested = json!({ "not": nested });
    }
    let mut document = small();
    document["rules"] = json!([{ "id": "r", "assert": nested }]);
    assert_eq!(mistakes(&document)[0].message, "nested deeper than 32");

    let mut document = small();
    let tuples: Vec<Value> = (0..5_000).map(|_| json!(["?", "x"])).collect();
    document["rules"] =
        json!([{ "id": "r", "allowed": { "options": ["a", "b"], "tuples": tuples } }]);
    let listed = mistakes(&document);
    assert_eq!(listed.len(), MISTAKES_MAX + 1);
    assert_eq!(listed[MISTAKES_MAX].message, "more than 1000 mistakes; only the first are listed");
}
