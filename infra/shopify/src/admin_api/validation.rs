//! Parses and checks a request, and executes it. Errors that Shopify words in its own way are found
//! here; the engine finds the rest.

mod rules;
mod unions;

use apollo_compiler::ast;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::parser::{Parser, SourceMap, SourceSpan};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::resolver::Root;
use super::session::Session;
use super::version::Version;
use super::{Request, variables};
use crate::store::Shop;

/// Most tokens of a document.
const TOKENS_MAX: usize = 20_000;
/// Deepest nesting of a document.
const DEPTH_MAX: usize = 60;
/// Most errors of one answer.
const ERRORS_MAX: usize = 100;
/// What the engine writes before the message of a failure.
const ENGINE_PREFIX: &str = "resolver error: ";

/// A request that may run.
pub(crate) struct Prepared {
    pub(crate) document: Valid<ExecutableDocument>,
    operation: Node<Operation>,
    pub(crate) variables: Value,
    coerced: Valid<JsonMap>,
}

impl Prepared {
    pub(crate) fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Executes the request on a shop.
    pub(crate) fn execute(
        &self,
        schema: &Valid<Schema>,
        shop: &mut Shop,
        (now, version): (OffsetDateTime, Version),
        scopes: Option<&[String]>,
    ) -> Value {
        // Webhooks of all changes of a request share an event id.
        shop.records.begin_act();
        let mut session = Session::new(schema, shop, now, &version);
        session.scopes = scopes;
        session.variables = Some(&self.variables);
        self.execute_in(&session)
    }

    pub(crate) fn execute_in(&self, session: &Session<'_>) -> Value {
        let root = Root { session, is_mutation: self.operation.is_mutation() };
        let execution = Execution::new(session.schema, &self.document)
            .operation(&self.operation)
            .coerced_variable_values(&self.coerced)
            .enable_schema_introspection(true);
        let response = match execution.execute_sync(&root) {
            Ok(response) => serde_json::to_value(&response).unwrap_or(Value::Null),
            Err(error) => json!({ "errors": [{ "message": error.message().to_string() }] }),
        };
        self.reword_errors(session, response)
    }

    /// Adds the codes of failures, which the engine does not carry, and says where fields begin: with
    /// their alias.
    fn reword_errors(&self, session: &Session<'_>, mut response: Value) -> Value {
        let Some(errors) = response.get_mut("errors").and_then(Value::as_array_mut) else {
            return response;
        };
        let aliased = aliased_fields(&self.document);
        for error in errors {
            self.reword(session, error, &aliased);
        }
        response
    }

    fn reword(&self, session: &Session<'_>, error: &mut Value, aliased: &[Node<Field>]) {
        let message = error["message"].as_str().unwrap_or_default();
        let message = message.strip_prefix(ENGINE_PREFIX).unwrap_or(message).to_owned();
        let code = session.code(&message).unwrap_or("INTERNAL_SERVER_ERROR");
        error["message"] = json!(message);
        error["extensions"] = json!({ "code": code });
        let sources = &self.document.sources;
        let field = aliased
            .iter()
            .find(|one| locations(one.name.location(), sources) == error["locations"]);
        if let Some(field) = field {
            error["locations"] = locations(field.location(), sources);
        }
    }
}

/// The fields of a document that have an alias.
fn aliased_fields(document: &ExecutableDocument) -> Vec<Node<Field>> {
    let operations = document.operations.iter().map(|operation| &operation.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    let mut open: Vec<&SelectionSet> = operations.chain(fragments).collect();
    let mut aliased = Vec::new();
    while let Some(set) = open.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    aliased.extend(field.alias.is_some().then(|| field.clone()));
                    open.push(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => open.push(&fragment.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    aliased
}

/// Checks a request; the errors are those of the answer.
pub(crate) fn prepare(schema: &Valid<Schema>, request: &Request) -> Result<Prepared, Vec<Value>> {
    let mut parser = Parser::new().token_limit(TOKENS_MAX).recursion_limit(DEPTH_MAX);
    let mut document = parser
        .parse_ast(request.query.as_str(), "request.graphql")
        .map_err(|invalid| engine_errors(&invalid.errors))?;
    let errors = rules::check(schema, &document);
    if !errors.is_empty() {
        return Err(errors);
    }
    unions::complete(schema, &mut document);
    let executable = document
        .to_executable_validate(schema)
        .map_err(|invalid| engine_errors(&invalid.errors))?;
    let operation = executable
        .operations
        .get(request.operation_name.as_deref())
        .map_err(|_| vec![json!({ "message": "No operation with this name" })])?
        .clone();
    let values = match &request.variables {
        Some(values @ Value::Object(_)) => values.clone(),
        None | Some(Value::Null) => json!({}),
        Some(_) => return Err(vec![json!({ "message": "Variables must be an object" })]),
    };
    let check = |one| variables::check(schema, &executable.sources, one, &values);
    let errors: Vec<Value> = operation.variables.iter().filter_map(check).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let errors = rules::check_sizes(&executable.sources, &operation, &values);
    if !errors.is_empty() {
        return Err(errors);
    }
    let raw: JsonMap = serde_json::from_value(values.clone()).unwrap_or_default();
    let coerced = coerce_variable_values(schema, &operation, &raw)
        .map_err(|error| vec![json!({ "message": error.message().to_string() })])?;
    Ok(Prepared { document: executable, operation, variables: values, coerced })
}

fn engine_errors(errors: &apollo_compiler::validation::DiagnosticList) -> Vec<Value> {
    let error = |error: apollo_compiler::response::GraphQLError| {
        serde_json::to_value(&error).unwrap_or_else(|_| json!({ "message": error.message }))
    };
    errors.iter().take(ERRORS_MAX).map(|one| error(one.to_json())).collect()
}

/// Where something stands in the document.
pub(super) fn locations(at: Option<SourceSpan>, sources: &SourceMap) -> Value {
    let start = at.and_then(|at| at.line_column_range(sources)).map(|range| range.start);
    start.map_or(json!([]), |start| json!([{ "line": start.line, "column": start.column }]))
}

/// The name by which errors call an operation.
fn operation_label(operation: &ast::OperationDefinition) -> String {
    let kind = operation.operation_type.to_string();
    operation.name.as_ref().map_or(kind.clone(), |name| format!("{kind} {name}"))
}
