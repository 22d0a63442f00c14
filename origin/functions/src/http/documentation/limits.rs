//! The limits of members of requests, from the constants that the handlers check.

use domain_cart::{PROPERTIES_MAX, PROPERTY_BYTES_MAX, QUANTITY_MAX};
use domain_core::authoring::ID_BYTES_MAX;
use domain_loyalty::{POINTS_MAX, TITLE_BYTES_MAX};
use domain_staff::Role;
use edge_wire::id_token::ID_TOKEN_BYTES_MAX;
use edge_wire::token::TOKEN_BYTES_MAX;
use serde_json::{Value, json};
use strum::VariantArray as _;

/// Adds each limit to its schema.
pub(super) fn add(schemas: &mut Value) {
    for (schema, member, limits) in limits() {
        for (name, limit) in limits.as_object().into_iter().flatten() {
            schemas[schema]["properties"][member][name] = limit.clone();
        }
    }
}

fn limits() -> Vec<(&'static str, &'static str, Value)> {
    let roles: Vec<Value> = Role::VARIANTS.iter().map(|role| json!(role)).collect();
    let text = json!({"type": "string", "maxLength": PROPERTY_BYTES_MAX});
    let id = || json!({"maxLength": ID_BYTES_MAX});
    vec![
        ("AddLine", "variant_id", id()),
        ("AddLine", "product", id()),
        ("AddLine", "quantity", json!({"minimum": 1, "maximum": QUANTITY_MAX})),
        (
            "AddLine",
            "properties",
            json!({"maxProperties": PROPERTIES_MAX, "additionalProperties": text}),
        ),
        ("SetQuantity", "quantity", json!({"minimum": 0, "maximum": QUANTITY_MAX})),
        ("MergeFrom", "from", json!({"maxLength": TOKEN_BYTES_MAX})),
        ("Redeem", "reward", id()),
        ("Adjust", "points", json!({"minimum": -POINTS_MAX, "maximum": POINTS_MAX})),
        ("Adjust", "reason", json!({"minLength": 1, "maxLength": TITLE_BYTES_MAX})),
        ("Install", "id_token", json!({"maxLength": ID_TOKEN_BYTES_MAX})),
        ("AssignRole", "role", json!({"enum": roles})),
        ("PersonBody", "role", json!({"enum": roles})),
    ]
}
