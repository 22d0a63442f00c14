//! The rules whose errors Shopify words in its own way.

use apollo_compiler::ast::{Definition, Document, Field, Selection, Value as Literal};
use apollo_compiler::executable::{self, Operation};
use apollo_compiler::parser::SourceMap;
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use apollo_compiler::{Node, Schema};
use serde_json::{Value, json};

use super::{ERRORS_MAX, locations, operation_label};
use crate::store::kind_of;

/// Most entries of a list in an argument.
const LIST_MAX: usize = 250;

/// Walks a document and collects errors.
struct Walk<'w> {
    schema: &'w Schema,
    sources: &'w SourceMap,
    path: Vec<String>,
    errors: Vec<Value>,
}

/// Unknown fields and arguments, missing arguments, literals of the wrong type.
pub(super) fn check(schema: &Schema, document: &Document) -> Vec<Value> {
    let mut walk =
        Walk { schema, sources: &document.sources, path: Vec::new(), errors: Vec::new() };
    for definition in &document.definitions {
        let (label, ty, selections) = match definition {
            Definition::OperationDefinition(operation) => {
                let root = schema.root_operation(operation.operation_type);
                let Some(root) = root else { continue };
                (operation_label(operation), root.as_str(), &operation.selection_set)
            }
            Definition::FragmentDefinition(fragment) => {
                let label = format!("fragment {}", fragment.name);
                (label, fragment.type_condition.as_str(), &fragment.selection_set)
            }
            _ => continue,
        };
        walk.path = vec![label];
        walk.selections(ty, selections);
    }
    walk.errors
}

impl Walk<'_> {
    fn selections(&mut self, parent: &str, selections: &[Selection]) {
        for selection in selections {
            if self.errors.len() >= ERRORS_MAX {
                return;
            }
            match selection {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(fragment) => {
                    let ty = fragment.type_condition.as_ref().map_or(parent, |name| name.as_str());
                    if self.schema.types.contains_key(ty) {
                        self.path.push(format!("... on {ty}"));
                        self.selections(ty, &fragment.selection_set);
                        self.path.pop();
                    }
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, parent: &str, field: &Node<Field>) {
        if field.name.starts_with("__") {
            return;
        }
        self.path.push(field.response_name().to_string());
        match self.schema.type_field(parent, &field.name) {
            Err(_) => {
                let extensions = json!({ "code": "undefinedField", "typeName": parent,
                    "fieldName": field.name.as_str() });
                let message = format!("Field '{}' doesn't exist on type '{parent}'", field.name);
                self.error(message, field, extensions);
            }
            Ok(definition) => {
                self.arguments(field, definition);
                let ty = definition.ty.inner_named_type().clone();
                self.selections(&ty, &field.selection_set);
            }
        }
        self.path.pop();
    }

    fn arguments(&mut self, field: &Node<Field>, definition: &FieldDefinition) {
        let name = &field.name;
        for argument in &field.arguments {
            let known = definition.arguments.iter().find(|one| one.name == argument.name);
            self.path.push(argument.name.to_string());
            match known {
                None => {
                    let message =
                        format!("Field '{name}' doesn't accept argument '{}'", argument.name);
                    let extensions = json!({ "code": "argumentNotAccepted", "name": name.as_str(),
                        "typeName": "Field", "argumentName": argument.name.as_str() });
                    self.error(message, argument, extensions);
                }
                Some(known) => {
                    let ty = known.ty.inner_named_type().as_str();
                    if ty == "ID" && argument.value.as_str().is_some_and(|id| kind_of(id).is_none())
                    {
                        let message = format!(
                            "Invalid global id '{}'",
                            argument.value.as_str().unwrap_or("")
                        );
                        let extensions = json!({ "code": "argumentLiteralsIncompatible",
                            "typeName": "CoercionError" });
                        self.error(message, field, extensions);
                    } else if !self.fits(ty, &argument.value)
                        || (known.ty.is_non_null() && argument.value.is_null())
                    {
                        let message = format!(
                            "Argument '{}' on Field '{name}' has an invalid value ({}). Expected type '{}'.",
                            argument.name, argument.value, known.ty
                        );
                        let extensions = json!({ "code": "argumentLiteralsIncompatible",
                            "typeName": "Field", "argumentName": argument.name.as_str() });
                        self.error(message, field, extensions);
                    }
                }
            }
            self.path.pop();
        }
        let is_given = |name: &str| field.arguments.iter().any(|one| one.name == name);
        let required = definition.arguments.iter().filter(|one| one.is_required());
        let missing: Vec<&str> =
            required.map(|one| one.name.as_str()).filter(|name| !is_given(name)).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("Field '{name}' is missing required arguments: {missing}");
            let extensions = json!({ "code": "missingRequiredArguments", "className": "Field",
                "name": name.as_str(), "arguments": missing });
            self.error(message, field, extensions);
        }
    }

    /// Whether a literal can be a value of a type. Lists and objects are left to the engine.
    fn fits(&self, ty: &str, literal: &Literal) -> bool {
        match (self.schema.types.get(ty), literal) {
            (_, Literal::Variable(_) | Literal::Null | Literal::List(_) | Literal::Object(_)) => {
                true
            }
            (Some(ExtendedType::Enum(definition)), Literal::Enum(value)) => {
                definition.values.contains_key(value)
            }
            (Some(ExtendedType::Enum(_)), _) => false,
            (Some(ExtendedType::Scalar(_)), literal) => match ty {
                "String" => matches!(literal, Literal::String(_)),
                "ID" => matches!(literal, Literal::String(_) | Literal::Int(_)),
                "Int" => matches!(literal, Literal::Int(_)),
                "Float" => matches!(literal, Literal::Int(_) | Literal::Float(_)),
                "Boolean" => matches!(literal, Literal::Boolean(_)),
                _ => true,
            },
            _ => true,
        }
    }

    fn error<T>(&mut self, message: String, at: &Node<T>, extensions: Value) {
        self.errors.push(json!({
            "message": message,
            "locations": locations(at.location(), self.sources),
            "path": self.path,
            "extensions": extensions,
        }));
    }
}

/// Lists in arguments of the root's fields that are too long.
pub(super) fn check_sizes(
    sources: &SourceMap,
    operation: &Operation,
    values: &Value,
) -> Vec<Value> {
    let mut errors = Vec::new();
    for selection in &operation.selection_set.selections {
        let executable::Selection::Field(field) = selection else { continue };
        for argument in &field.arguments {
            let size = match &*argument.value {
                Literal::List(items) => items.len(),
                Literal::Variable(name) => values[name.as_str()].as_array().map_or(0, Vec::len),
                _ => 0,
            };
            if size > LIST_MAX {
                errors.push(json!({
                    "message": format!("The input array size of {size} is greater than the maximum allowed of {LIST_MAX}."),
                    "locations": locations(field.location(), sources),
                    "path": [field.response_key().as_str(), argument.name.as_str()],
                    "extensions": { "code": "MAX_INPUT_SIZE_EXCEEDED" },
                }));
            }
        }
    }
    errors
}
