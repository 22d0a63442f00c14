//! Documents of an app, checked against the schema without being executed.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Selection, SelectionSet};

use super::schema::{self, SchemaError};

/// What is wrong with a document: errors, and fields or arguments that are deprecated.
///
/// # Errors
/// If the schema in this crate is damaged.
pub fn document_errors(document: &str) -> Result<Vec<String>, SchemaError> {
    let schema = schema::shared()?;
    let document = match ExecutableDocument::parse_and_validate(schema, document, "app.graphql") {
        Ok(document) => document,
        Err(invalid) => return Ok(vec![invalid.errors.to_string()]),
    };
    let operations = document.operations.iter().map(|operation| &operation.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    let mut open: Vec<&SelectionSet> = operations.chain(fragments).collect();
    let mut errors = Vec::new();
    while let Some(set) = open.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let definition = &field.definition;
                    if definition.directives.has("deprecated") {
                        errors.push(format!("{}.{} is deprecated", set.ty, field.name));
                    }
                    let old = definition.arguments.iter().filter(|argument| {
                        let is_given = field.arguments.iter().any(|one| one.name == argument.name);
                        is_given && argument.directives.has("deprecated")
                    });
                    errors.extend(old.map(|argument| {
                        format!("{}.{}({}:) is deprecated", set.ty, field.name, argument.name)
                    }));
                    open.push(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => open.push(&fragment.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    errors.sort();
    Ok(errors)
}
