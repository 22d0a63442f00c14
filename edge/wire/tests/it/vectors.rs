//! Signatures published by Shopify and by the authors of its libraries. `source` in the file says
//! where each comes from.

use serde_json::Value;

pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) secret: String,
    /// `None` for the one vector whose body its authors did not publish.
    pub(crate) input: Option<String>,
    pub(crate) expected: Option<String>,
    pub(crate) is_valid: bool,
}

pub(crate) fn all() -> Vec<Vector> {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("data/shopify_vectors.json")).expect("the file is JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    vectors
        .iter()
        .map(|vector| Vector {
            id: text(&vector["id"]).unwrap(),
            kind: text(&vector["kind"]).unwrap(),
            secret: text(&vector["secret"]).unwrap(),
            input: text(&vector["input"]),
            expected: text(&vector["expected"]),
            is_valid: vector["valid"].as_bool().unwrap(),
        })
        .collect()
}
