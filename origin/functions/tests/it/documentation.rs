//! The OpenAPI document, the route table and the routers agree.

use std::collections::BTreeSet;

use edge_wire::routes::ROUTES;
use origin_functions::http::documentation::openapi;

#[test]
fn every_route_is_documented_and_nothing_else_is() {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    // The edge answers /health itself, and the document does not describe itself.
    let is_handled = |path: &str| path != "/v1/openapi.json";
    let routed: BTreeSet<String> = ROUTES
        .iter()
        .filter(|route| route.function.is_some() && is_handled(route.path))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(documented, routed);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_answer_has_a_schema() {
    let document = serde_json::to_value(openapi()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in [
        "Problem",
        "ResolutionBody",
        "ExplanationBody",
        "CompletionBody",
        "SelectionToSave",
        "SavedSelectionBody",
        "VersionsBody",
        "CartBody",
        "CartCreated",
        "CheckoutBody",
        "LoyaltyBody",
        "EntriesBody",
        "RedemptionBody",
        "AdjustmentBody",
        "ProgramBody",
        "ProgramPublishedBody",
        "ProgramVersionsBody",
        "TrialBody",
        "ProductBody",
    ] {
        assert!(schemas.contains_key(name), "{name}");
    }
}
