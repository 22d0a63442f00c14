//! The recorded requests with an alias for every field: the same values come back under the aliases.

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Selection};
use serde_json::{Value, json};

use super::recording::{Chosen, Recording, World, recordings, without_cost};

const PREFIX: &str = "renamed_";

/// A document where every field has an alias.
fn renamed(query: &str) -> String {
    let mut document = Document::parse(query, "query.graphql").unwrap();
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            rename(&mut operation.make_mut().selection_set);
        }
    }
    document.to_string()
}

fn rename(selections: &mut [Selection]) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                let alias = format!("{PREFIX}{}", field.response_name());
                field.alias = Some(Name::new(&alias).unwrap());
                rename(&mut field.selection_set);
            }
            Selection::InlineFragment(fragment) => rename(&mut fragment.make_mut().selection_set),
            Selection::FragmentSpread(_) => panic!("no recording has fragments"),
        }
    }
}

/// An answer with the names that fields have without aliases. Fields without the prefix are gone.
fn original(value: Value, is_scalar: bool) -> Value {
    match value {
        Value::Object(fields) if !is_scalar => {
            let rename = |(name, value): (String, Value)| {
                let name = name.strip_prefix(PREFIX)?.to_owned();
                // A scalar may be an object.
                let is_scalar = name == "jsonValue";
                Some((name, original(value, is_scalar)))
            };
            Value::Object(fields.into_iter().filter_map(rename).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| original(item, is_scalar)).collect(),
        value => value,
    }
}

fn difference(recording: &Recording) -> Option<String> {
    let world = World::of(recording);
    let mut chosen = Chosen::default();
    recording.steps.iter().find_map(|step| {
        world.wait_for(step);
        let ours = world.run(&renamed(&step.query), chosen.translate(&step.variables));
        let (recorded, ours) = (step.response.get("data")?, without_cost(ours));
        let ours = original(ours["data"].clone(), false);
        let difference = chosen.difference(&json!(recorded), &ours, "");
        difference.map(|difference| format!("{}: {difference}", step.name))
    })
}

#[test]
fn a_field_with_an_alias_has_the_value_of_the_field() {
    let different: Vec<String> = recordings()
        .iter()
        .filter_map(|(name, recording)| Some(format!("{name}\n    {}", difference(recording)?)))
        .collect();
    assert_eq!(different, Vec::<String>::new());
}
