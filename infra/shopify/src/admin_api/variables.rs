//! Checks the values of variables and words the errors as Shopify does.

use apollo_compiler::ast::VariableDefinition;
use apollo_compiler::parser::SourceMap;
use apollo_compiler::schema::{ExtendedType, Type};
use apollo_compiler::{Node, Schema};
use serde_json::{Value, json};

use super::validation::locations;
use crate::store::kind_of;

const NOT_NULL: &str = "Expected value to not be null";
/// Most problems of one variable that are listed.
const PROBLEMS_MAX: usize = 50;

/// A part of a value that does not fit its type.
struct Problem {
    path: Vec<Value>,
    explanation: String,
    /// Whether a scalar refused the value: then Shopify repeats the explanation as a message.
    is_scalar: bool,
}

/// The error of a variable whose value does not fit, or nothing.
pub(super) fn check(
    schema: &Schema,
    sources: &SourceMap,
    definition: &Node<VariableDefinition>,
    values: &Value,
) -> Option<Value> {
    let value = values.get(definition.name.as_str());
    if value.is_none() && definition.default_value.is_some() {
        return None;
    }
    let value = value.unwrap_or(&Value::Null);
    let mut problems = Vec::new();
    inspect(schema, &definition.ty, value, (&mut Vec::new(), &mut problems));
    if problems.is_empty() {
        return None;
    }
    let details: Vec<String> = problems
        .iter()
        .filter(|problem| !problem.path.is_empty())
        .map(|problem| format!("{} ({})", dotted(&problem.path), problem.explanation))
        .collect();
    let suffix =
        if details.is_empty() { String::new() } else { format!(" for {}", details.join(", ")) };
    let (name, ty) = (&definition.name, &definition.ty);
    let listed: Vec<Value> = problems
        .into_iter()
        .map(|problem| {
            let explanation = problem.explanation;
            match problem.is_scalar {
                true => json!({ "path": problem.path, "explanation": explanation, "message": explanation }),
                false => json!({ "path": problem.path, "explanation": explanation }),
            }
        })
        .collect();
    Some(json!({
        "message": format!("Variable ${name} of type {ty} was provided invalid value{suffix}"),
        "locations": locations(definition.location(), sources),
        "extensions": { "code": "INVALID_VARIABLE", "value": value, "problems": listed },
    }))
}

fn dotted(path: &[Value]) -> String {
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    path.iter().map(step).collect::<Vec<_>>().join(".")
}

fn inspect(
    schema: &Schema,
    ty: &Type,
    value: &Value,
    (path, problems): (&mut Vec<Value>, &mut Vec<Problem>),
) {
    if problems.len() >= PROBLEMS_MAX {
        return;
    }
    let mut report = |explanation: String, path: &[Value]| {
        problems.push(Problem { path: path.to_vec(), explanation, is_scalar: false });
    };
    if value.is_null() {
        if ty.is_non_null() {
            report(NOT_NULL.to_owned(), path);
        }
        return;
    }
    if ty.is_list() {
        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for (index, item) in items.iter().enumerate() {
            path.push(json!(index));
            inspect(schema, ty.item_type(), item, (path, problems));
            path.pop();
        }
        return;
    }
    match schema.types.get(ty.inner_named_type()) {
        Some(ExtendedType::InputObject(definition)) => {
            let Some(object) = value.as_object() else {
                report(
                    format!("Expected {value} to be a key-value object responding to `to_h`"),
                    path,
                );
                return;
            };
            for name in object.keys().filter(|name| !definition.fields.contains_key(name.as_str()))
            {
                let path = [path.as_slice(), &[json!(name)]].concat();
                report(format!("Field is not defined on {}", definition.name), &path);
            }
            for (name, field) in &definition.fields {
                let value = object.get(name.as_str());
                if value.is_none() && field.default_value.is_some() {
                    continue;
                }
                path.push(json!(name.as_str()));
                inspect(schema, &field.ty, value.unwrap_or(&Value::Null), (path, problems));
                path.pop();
            }
        }
        Some(ExtendedType::Enum(definition)) => {
            let is_known = value.as_str().is_some_and(|text| definition.values.contains_key(text));
            if !is_known {
                let names: Vec<&str> = definition.values.keys().map(|name| name.as_str()).collect();
                report(format!("Expected {value} to be one of: {}", names.join(", ")), path);
            }
        }
        Some(ExtendedType::Scalar(definition)) => {
            if let Some(explanation) = scalar_problem(&definition.name, value) {
                let is_scalar =
                    ["Invalid", "invalid"].iter().any(|word| explanation.starts_with(word));
                problems.push(Problem { path: path.clone(), explanation, is_scalar });
            }
        }
        _ => {}
    }
}

fn scalar_problem(name: &str, value: &Value) -> Option<String> {
    let is_int = || value.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
    let fits = match name {
        "ID" => {
            let text = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
            if kind_of(&text).is_none() {
                return Some(format!("Invalid global id '{text}'"));
            }
            true
        }
        "Int" => is_int(),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "String" => value.is_string(),
        "Decimal" | "Money" => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if text.parse::<crate::store::Decimal>().is_err() {
                return Some(format!("invalid decimal '{text}'"));
            }
            true
        }
        "DateTime" => {
            let format = time::format_description::well_known::Rfc3339;
            let text = value.as_str().unwrap_or_default();
            // A date alone is midnight.
            let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
            time::OffsetDateTime::parse(&full, &format).is_ok()
        }
        _ => true,
    };
    (!fits).then(|| format!("Could not coerce value {value} to {name}"))
}
