//! The OpenAPI document, the route table and the routers agree, and the document is complete.

use std::collections::BTreeSet;

use edge_wire::problem::Code;
use edge_wire::routes::ROUTES;
use origin_functions::http::documentation::{EXAMPLES, Example, openapi};
use serde_json::Value;

/// Every operation: its name, as in the route table, and its description.
pub(crate) fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((format!("{} {path}", method.to_uppercase()), operation));
        }
    }
    all
}

#[test]
fn every_route_is_documented_and_nothing_else_is() {
    let document = openapi();
    let documented: BTreeSet<String> =
        operations(&document).into_iter().map(|(name, _)| name).collect();
    let routed: BTreeSet<String> =
        ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(documented, routed);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_its_problems() {
    let document = openapi();
    let mut names = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(names.insert(id.to_owned()), "{name}: {id} stands twice");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{name}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{name}");
        assert!(answers.contains_key("400"), "{name}");
        assert!(!answers.contains_key("default"), "{name}: every status is named");
        for (status, answer) in answers {
            assert!(!answer["description"].as_str().unwrap().is_empty(), "{name} {status}");
        }
    }
}

#[test]
fn every_reference_leads_to_a_schema() {
    fn check(document: &Value, part: &Value) {
        match part {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|member| check(document, member));
            }
            Value::Array(items) => items.iter().for_each(|item| check(document, item)),
            _ => {}
        }
    }
    let document = openapi();
    check(&document, &document);
}

/// What no operation can answer with, since the edge says it of the path.
const OF_NO_OPERATION: [Code; 1] = [Code::MethodNotAllowed];

#[test]
fn every_code_is_an_answer_of_an_operation() {
    let document = openapi();
    let mut documented = BTreeSet::new();
    for (_, operation) in operations(&document) {
        for answer in operation["responses"].as_object().unwrap().values() {
            let schema = &answer["content"]["application/problem+json"]["schema"];
            let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array();
            let codes = codes.into_iter().flatten().map(|code| code.as_str().unwrap().to_owned());
            documented.extend(codes);
        }
    }
    for code in Code::ALL.iter().filter(|code| !OF_NO_OPERATION.contains(code)) {
        assert!(
            documented.contains(code.slug()),
            "{}: say which route answers with it, in src/http/documentation/codes.rs",
            code.slug()
        );
    }
}

#[test]
fn every_operation_has_an_example_with_its_answer() {
    let examples: Vec<Example> = serde_json::from_str(EXAMPLES).unwrap();
    for route in ROUTES {
        let name = format!("{} {}", route.method, route.path);
        let has_answer = |example: &Example| example.operation == name && example.answer.is_some();
        assert!(
            examples.iter().any(has_answer),
            "{name} has no example. Add its request, {{\"operation\": \"{name}\", …}}, to \
             origin/functions/src/http/documentation/examples.json, then record the answer with \
             FORECOURT_WRITE_OPENAPI=1 cargo test -p infra-local --test it api_examples, and \
             FORECOURT_WRITE_OPENAPI=1 cargo test -p origin-functions --test it description"
        );
    }
    let routed = |example: &Example| {
        ROUTES.iter().any(|route| example.operation == format!("{} {}", route.method, route.path))
    };
    let stale: Vec<&Example> = examples.iter().filter(|example| !routed(example)).collect();
    assert!(stale.is_empty(), "{stale:?}");
}
