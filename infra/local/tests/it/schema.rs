//! Checks JSON against the schemas of the OpenAPI document: the keywords that the document uses.

use serde_json::Value;

/// What is wrong with a value, each with its place.
pub(crate) fn mistakes(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap(),
        None => schema,
    };
    let mut expect = |is_right: bool, what: String| {
        if !is_right {
            found.push(format!("{at}: {value} {what}"));
        }
    };
    if let Some(types) = schema.get("type") {
        let is_one = match types {
            Value::Array(types) => types.iter().any(|one| is_of(one, value)),
            one => is_of(one, value),
        };
        expect(is_one, format!("is not {types}"));
    }
    if let Some(values) = schema["enum"].as_array() {
        expect(values.contains(value), format!("is none of {values:?}"));
    }
    if let Some(only) = schema.get("const") {
        expect(only == value, format!("is not {only}"));
    }
    if let (Some(limit), Some(number)) = (schema["minimum"].as_i64(), value.as_i64()) {
        expect(number >= limit, format!("is below {limit}"));
    }
    if let (Some(limit), Some(number)) = (schema["maximum"].as_i64(), value.as_i64()) {
        expect(number <= limit, format!("is above {limit}"));
    }
    if let (Some(limit), Some(text)) = (schema["maxLength"].as_u64(), value.as_str()) {
        expect(text.chars().count() as u64 <= limit, format!("is longer than {limit}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let is_there = value.get(name.as_str().unwrap()).is_some();
        expect(is_there || !value.is_object(), format!("lacks {name}"));
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match schema["properties"].get(name).or_else(|| schema.get("additionalProperties")) {
            Some(Value::Bool(false)) => found.push(format!("{at} is not documented")),
            Some(schema) => check(document, schema, member, &at, found),
            None => {}
        }
    }
    if let Some(items) = schema.get("items") {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            check(document, items, item, &format!("{at}/{index}"), found);
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at, found);
    }
    let fits = |schema: &&Value| mistakes(document, schema, value).is_empty();
    if let Some(choices) = schema["oneOf"].as_array() {
        let count = choices.iter().filter(fits).count();
        if count != 1 {
            found.push(format!("{at}: {value} fits {count} of {} choices", choices.len()));
        }
    }
    if let Some(choices) = schema["anyOf"].as_array()
        && !choices.iter().any(|schema| fits(&schema))
    {
        found.push(format!("{at}: {value} fits none of {} choices", choices.len()));
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not checked here"),
    }
}

#[test]
fn a_mistake_of_each_kind_is_found() {
    use serde_json::json;
    let document = json!({"components": {"schemas": {"Line": {
    "type": "object", "required": ["id"], "additionalProperties": false,
    "properties": {
        "id": {"type": "string", "maxLength": 3},
        "quantity": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
        "kind": {"enum": ["a"]},
        "price": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
    }}}}});
    let schema = json!({"type": "array", "items": {"$ref": "#/components/schemas/Line"}});
    let count = |value: Value| mistakes(&document, &schema, &json!([value])).len();
    assert_eq!(count(json!({"id": "abc", "quantity": null, "kind": "a", "price": 1})), 0);
    for wrong in [
        json!("text"),
        json!({"quantity": 1}),
        json!({"id": "abcd"}),
        json!({"id": "a", "quantity": 0}),
        json!({"id": "a", "quantity": 10}),
        json!({"id": "a", "kind": "b"}),
        json!({"id": "a", "price": "1"}),
        json!({"id": "a", "note": "b"}),
    ] {
        assert_eq!(count(wrong.clone()), 1, "{wrong}");
    }
}
