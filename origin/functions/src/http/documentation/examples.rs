//! Examples: requests by hand, answers recorded from a running shop. A test sends them.

use std::collections::BTreeMap;

use edge_wire::routes::Route;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The file of the examples, in an order in which they can be sent.
pub const EXAMPLES: &str = include_str!("examples.json");
/// The name of an operation's first example.
const FIRST: &str = "example";

/// An example of one operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// `METHOD /path` as in the route table.
    pub operation: String,
    /// Its name, if the operation has another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Parameters of the path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub path: BTreeMap<String, String>,
    /// Parameters of the query.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Headers besides those that prove who calls.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The JSON of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The answer, as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ExampleAnswer>,
}

/// A recorded answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleAnswer {
    /// The status.
    pub status: u16,
    /// JSON, or a text; none if it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// Adds the examples of an operation.
pub(super) fn add(route: &Route, operation: &mut Value) {
    let name = format!("{} {}", route.method, route.path);
    let examples: Vec<Example> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    for example in examples.iter().filter(|example| example.operation == name) {
        add_one(example, operation);
    }
}

fn add_one(example: &Example, operation: &mut Value) {
    let name = example.name.as_deref().unwrap_or(FIRST);
    let value = |value: &Value| json!({"value": value});
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter.get("example").is_none()
            && let Some(value) = example.parameter(parameter)
        {
            parameter["example"] = value;
        }
    }
    if let Some(body) = &example.body {
        operation["requestBody"]["content"]["application/json"]["examples"][name] = value(body);
    }
    let Some(answer) = &example.answer else { return };
    let content = operation["responses"][answer.status.to_string()].get_mut("content");
    let media = content.and_then(|content| content.as_object_mut()?.values_mut().next());
    if let (Some(media), Some(body)) = (media, &answer.body) {
        media["examples"][name] = value(body);
    }
}

// === impl Example ===

impl Example {
    /// The value of a documented parameter.
    fn parameter(&self, parameter: &Value) -> Option<Value> {
        let name = parameter["name"].as_str()?;
        let text = match parameter["in"].as_str()? {
            "path" => self.path.get(name),
            "header" => self.headers.get(name),
            _ if parameter["schema"]["type"] == "object" => {
                let choices = self.query.iter().filter(|(name, _)| !name.starts_with('_'));
                let choices: BTreeMap<_, _> = choices.collect();
                return (!choices.is_empty()).then(|| json!(choices));
            }
            _ => self.query.get(name),
        };
        let text = text?;
        Some(match parameter["schema"]["type"].as_str() {
            Some("boolean" | "integer") => serde_json::from_str(text).unwrap_or_default(),
            _ => json!(text),
        })
    }
}
