//! What a bulk query must be, in Shopify's words.

use apollo_compiler::Schema;
use apollo_compiler::ast::{Definition, Document, Field, OperationType, Selection};
use apollo_compiler::validation::Valid;

use super::super::Request;
use super::super::schema::is_connection;
use super::super::validation::prepare;

/// Most connections of a query.
const CONNECTIONS_MAX: usize = 5;
/// Most connections around a connection.
const DEPTH_MAX: usize = 2;

/// What is found on the way through a query.
#[derive(Default)]
struct QueryShape {
    connections: usize,
    is_too_deep: bool,
    is_in_list: bool,
    /// Connections that select `nodes`.
    with_nodes: Vec<String>,
    /// Connections whose node lacks its id although it has connections.
    without_id: Vec<String>,
}

/// Where a selection stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    parent: &'p str,
    depth: usize,
    is_in_list: bool,
}

/// Why a query is no bulk query.
pub(super) fn problems(schema: &Valid<Schema>, query: &str) -> Vec<String> {
    let Ok(document) = Document::parse(query, "bulk.graphql") else {
        let reason =
            if query.trim().is_empty() { "unexpected end of file" } else { "unexpected token" };
        return vec![format!("Invalid bulk query: syntax error, {reason}")];
    };
    let operation = document.definitions.iter().find_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(operation),
        _ => None,
    });
    let Some(operation) = operation.filter(|one| one.operation_type == OperationType::Query) else {
        return vec!["Invalid operation type. Only `query` operations are supported.".to_owned()];
    };
    let mut found = QueryShape::default();
    let root =
        schema.root_operation(OperationType::Query).map_or("QueryRoot", |name| name.as_str());
    found.walk(
        schema,
        Place { parent: root, depth: 0, is_in_list: false },
        &operation.selection_set,
    );
    let tops = operation.selection_set.iter().filter_map(Selection::as_field);
    let mut problems: Vec<String> = tops
        .filter(|field| ["node", "nodes"].contains(&field.name.as_str()))
        .map(|field| format!("Bulk queries cannot contain a top level `{}` field.", field.name))
        .collect();
    problems.extend(found.problems());
    if problems.is_empty() {
        let request = Request { query: query.to_owned(), variables: None, operation_name: None };
        let errors = prepare(schema, &request).err().unwrap_or_default();
        let message =
            |error: &serde_json::Value| error["message"].as_str().unwrap_or_default().to_owned();
        problems
            .extend(errors.iter().map(|error| format!("Invalid bulk query: {}", message(error))));
    }
    problems
}

impl QueryShape {
    fn walk(&mut self, schema: &Schema, place: Place<'_>, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(schema, place, field),
                Selection::InlineFragment(fragment) => {
                    let parent =
                        fragment.type_condition.as_ref().map_or(place.parent, |name| name.as_str());
                    self.walk(schema, Place { parent, ..place }, &fragment.selection_set);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, schema: &Schema, place: Place<'_>, field: &Field) {
        let Ok(definition) = schema.type_field(place.parent, &field.name) else { return };
        let parent = definition.ty.inner_named_type().as_str();
        let is_edges = place.parent.ends_with("Connection");
        let is_in_list = place.is_in_list || (definition.ty.is_list() && !is_edges);
        let mut depth = place.depth;
        if is_connection(parent) {
            self.connections += 1;
            self.is_in_list |= place.is_in_list;
            self.is_too_deep |= depth > DEPTH_MAX;
            depth += 1;
            let name = field.name.to_string();
            if field
                .selection_set
                .iter()
                .filter_map(Selection::as_field)
                .any(|one| one.name == "nodes")
            {
                self.with_nodes.push(name.clone());
            }
            if lacks_id(field) {
                self.without_id.push(name);
            }
        }
        self.walk(schema, Place { parent, depth, is_in_list }, &field.selection_set);
    }

    fn problems(self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(first) = self.with_nodes.first() {
            problems.push(format!(
                "All connection fields in a bulk query must select their contents using 'edges' > \
                 'node', e.g: '{first} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. \
                 Invalid connection fields: '{}'.",
                self.with_nodes.join("', '")
            ));
        }
        if self.connections == 0 {
            problems.push("Bulk queries must contain at least one connection.".to_owned());
        }
        if self.connections > CONNECTIONS_MAX {
            problems.push(format!(
                "Bulk queries cannot contain more than {CONNECTIONS_MAX} connections."
            ));
        }
        if self.is_too_deep {
            problems.push(format!(
                "Bulk queries cannot contain connections with a nesting depth greater than {DEPTH_MAX}."
            ));
        }
        if !self.without_id.is_empty() {
            problems.push(format!(
                "The parent 'node' field for a nested connection must select the 'id' field without \
                 an alias and must be of 'ID' return type. Connection fields without 'id': {}.",
                self.without_id.join(", ")
            ));
        }
        if self.is_in_list {
            problems.push(
                "Queries that contain a connection field within a list field are not currently \
                 supported."
                    .to_owned(),
            );
        }
        problems
    }
}

/// Whether a connection's node has connections of its own but no id.
fn lacks_id(connection: &Field) -> bool {
    let fields = |field: &Field, name: &str| -> Vec<Field> {
        let fields = field.selection_set.iter().filter_map(Selection::as_field);
        fields.filter(|one| one.name == name).map(|one| (**one).clone()).collect()
    };
    let nodes = fields(connection, "edges").into_iter().flat_map(|edges| fields(&edges, "node"));
    nodes.into_iter().any(|node| {
        let below = || node.selection_set.iter().filter_map(Selection::as_field);
        let has_connection = below().any(|field| !fields(field, "edges").is_empty());
        has_connection && !below().any(|field| field.name == "id" && field.alias.is_none())
    })
}
