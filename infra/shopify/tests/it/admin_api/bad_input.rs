//! Bad input gets errors.

use serde_json::{Value, json};

use super::recording::recordings;
use super::values::world;

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

#[test]
fn what_is_not_emulated_says_so() {
    let world = world();
    let answer = world.run("{ markets(first: 1) { nodes { id } } }", json!({}));
    assert_eq!(answer["errors"][0]["message"], "not emulated: markets");
    assert_eq!(code(&answer), "NOT_EMULATED");
    let answer = world.run(
        "mutation { themeDelete(id: \"gid://shopify/OnlineStoreTheme/1\") { deletedThemeId } }",
        json!({}),
    );
    assert_eq!(answer["errors"][0]["message"], "not emulated: themeDelete");
}

#[test]
fn documents_that_are_too_deep_or_too_long_are_refused() {
    let world = world();
    let deep = format!("{}{}", "{ shop ".repeat(5_000), "}".repeat(5_000));
    assert!(world.run(&deep, json!({})).get("errors").is_some());
    let long = format!("{{ shop {{ {} }} }}", "name ".repeat(30_000));
    assert!(world.run(&long, json!({})).get("errors").is_some());
    let wide = "{ products(first: 250) { nodes { variants(first: 250) { nodes {
        metafields(first: 250) { nodes { id } } } } } } }";
    assert_eq!(code(&world.run(wide, json!({}))), "MAX_COST_EXCEEDED");
}

#[test]
fn fragments_that_spread_each_other_twice_are_counted_once() {
    // Each of 40 fragments spreads the next one twice: 2⁴⁰ selections if they were walked.
    let fragments = (0..40).map(|at| {
        let next = at + 1;
        format!("fragment F{at} on Shop {{ ...F{next} ...F{next} }} ")
    });
    let fragments: String = fragments.collect();
    let query = format!("{{ shop {{ ...F0 }} }} {fragments} fragment F40 on Shop {{ name }}");
    let answer = world().run(&query, json!({}));
    assert_eq!(answer["data"]["shop"]["name"], "Local Shop", "{answer}");
    let mutations = "mutation { ...F } fragment F on Mutation {
        a: customerCreate(input: { firstName: \"A\" }) { userErrors { message } }
        b: customerCreate(input: { firstName: \"B\" }) { userErrors { message } } }";
    let answer = world().run(mutations, json!({}));
    assert_eq!(answer["extensions"]["cost"]["requestedQueryCost"], 20, "{answer}");
}

#[test]
fn a_search_that_is_not_emulated_is_an_error_and_not_an_empty_list() {
    let world = world();
    let search = "query($q: String!) { orders(first: 1, query: $q) { nodes { id } } ordersCount(query: $q) { count } }";
    for (query, expected) in [
        ("risk_level:high", "NOT_EMULATED"),
        ("name:#1001 OR (risk_level:high)", "NOT_EMULATED"),
        ("updated_at:>soon", "BAD_REQUEST"),
        ("(name:#1001", "BAD_REQUEST"),
    ] {
        let answer = world.run(search, json!({ "q": query }));
        assert_eq!(code(&answer), expected, "{query}: {answer}");
    }
}

#[test]
fn pages_need_a_size_and_a_cursor_of_the_shop() {
    let world = world();
    for arguments in
        ["", "(first: 0)", "(first: 251)", "(first: 1, last: 1)", "(first: 1, after: \"x\")"]
    {
        let answer =
            world.run(&format!("{{ products{arguments} {{ nodes {{ id }} }} }}"), json!({}));
        assert_eq!(code(&answer), "BAD_REQUEST", "{arguments}");
    }
}

/// Values that do not belong where they are put.
fn strange() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!([]),
        json!({}),
        json!("99999999999999999999999999999999999999"),
    ]
}

/// Every variable of every recording is replaced by each strange value once, on every level.
#[test]
fn strange_values_get_errors_or_answers() {
    for (name, recording) in recordings() {
        let world = world();
        for step in &recording.steps {
            for strange in strange() {
                for variables in replaced(&step.variables, &strange) {
                    world.wait(60);
                    let answer = world.run(&step.query, variables);
                    let is_internal = answer.to_string().contains("INTERNAL_SERVER_ERROR");
                    assert!(!is_internal, "{name} {}: {answer}", step.name);
                }
            }
        }
    }
}

/// The values where one part is replaced.
fn replaced(value: &Value, part: &Value) -> Vec<Value> {
    let mut all = vec![part.clone()];
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                all.extend(replaced(field, part).into_iter().map(|field| {
                    let mut copy = value.clone();
                    copy[name] = field;
                    copy
                }));
            }
        }
        // The first items stand for all.
        Value::Array(items) => {
            for (index, item) in items.iter().take(1).enumerate() {
                all.extend(replaced(item, part).into_iter().map(|item| {
                    let mut copy = value.clone();
                    copy[index] = item;
                    copy
                }));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn ids_must_be_global_ids_of_the_kind() {
    let world = world();
    let by_id = "query($id: ID!) { product(id: $id) { id } }";
    let answer = world.run(by_id, json!({ "id": "7" }));
    let problem = &answer["errors"][0]["extensions"]["problems"][0];
    assert_eq!(problem["explanation"], "Invalid global id '7'");
    let answer = world.run(by_id, json!({ "id": "gid://shopify/Customer/7" }));
    assert_eq!(code(&answer), "RESOURCE_NOT_FOUND");
    assert_eq!(answer["data"], json!({ "product": null }));
    let answer = world.run(by_id, json!({ "id": "gid://shopify/Product/7" }));
    assert_eq!(answer["data"], json!({ "product": null }));
    assert_eq!(answer.get("errors"), None);
}
