//! Shopify accepts a field of a union type without a selection and answers null or an empty object.
//! Such fields get a selection that adds nothing to the answer.

use apollo_compiler::ast::{Argument, Definition, Directive, Document, Field, Selection, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema, name};

pub(super) fn complete(schema: &Schema, document: &mut Document) {
    for definition in &mut document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let Some(root) = schema.root_operation(operation.operation_type).cloned() else {
                    continue;
                };
                selections(schema, &root, &mut operation.make_mut().selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                let ty = fragment.type_condition.clone();
                selections(schema, &ty, &mut fragment.make_mut().selection_set);
            }
            _ => {}
        }
    }
}

fn selections(schema: &Schema, parent: &Name, list: &mut [Selection]) {
    for selection in list {
        match selection {
            Selection::Field(field) => {
                let Ok(definition) = schema.type_field(parent, &field.name) else { continue };
                let ty = definition.ty.inner_named_type();
                let is_union = matches!(schema.types.get(ty), Some(ExtendedType::Union(_)));
                if field.selection_set.is_empty() && is_union {
                    field.make_mut().selection_set.push(nothing());
                } else if !field.selection_set.is_empty() {
                    selections(schema, ty, &mut field.make_mut().selection_set);
                }
            }
            Selection::InlineFragment(fragment) => {
                let ty = fragment.type_condition.clone().unwrap_or_else(|| parent.clone());
                selections(schema, &ty, &mut fragment.make_mut().selection_set);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// `__typename @skip(if: true)`.
fn nothing() -> Selection {
    let always = Argument { name: name!("if"), value: Node::new(Value::Boolean(true)) };
    let skip = Directive { name: name!("skip"), arguments: vec![Node::new(always)] };
    Selection::Field(Node::new(Field {
        alias: None,
        name: name!("__typename"),
        arguments: Vec::new(),
        directives: std::iter::once(skip).collect(),
        selection_set: Vec::new(),
    }))
}
