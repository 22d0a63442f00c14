//! Bulk operations: accepted, run later, served as a file of JSON lines.

mod jsonl;
mod validate;

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::{Context, Session, View};
use super::validation::prepare;
use super::version::Version;
use super::{Request, schema};
use crate::store::{Fields, Job, Shop, legacy_id, reference, timestamp};

/// Most bytes of a query.
const QUERY_BYTES_MAX: usize = 65_535;
/// Operations at once of an app, from [`MANY_SINCE`] on; one before.
const ACTIVE_MAX: usize = 5;
const MANY_SINCE: &str = "2026-01";
const SUBJECT: &str = "bulkOperation";
const KIND: &str = "BulkOperation";
const SCOPES: &str = "scopes";

fn is_active(operation: &Value) -> bool {
    ["CREATED", "RUNNING", "CANCELING"].contains(&operation.text("status"))
}

fn file_name(gid: &str) -> String {
    format!("{}.jsonl", legacy_id(gid))
}

fn partial_name(gid: &str) -> String {
    format!("{}-partial.jsonl", legacy_id(gid))
}

fn url(shop: &Shop, file: &str) -> Value {
    json!(format!("{}/bulk/{file}", shop.settings.base_url))
}

pub(super) fn run_query(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let query = arguments.text("query");
    let invalid = |message: &str| user_error(&["query"], message, Some("INVALID"));
    if query.len() > QUERY_BYTES_MAX {
        let message = format!("Query is too long (maximum is {QUERY_BYTES_MAX} bytes)");
        return error_payload(SUBJECT, vec![invalid(&message)]);
    }
    let problems = validate::problems(context.schema, query);
    if !problems.is_empty() {
        return error_payload(SUBJECT, problems.iter().map(|message| invalid(message)).collect());
    }
    let operations = context.shop.records.of_kind(KIND);
    let active: Vec<&str> =
        operations.filter(|one| is_active(&one.value)).map(|one| one.gid.as_str()).collect();
    let is_many = Version::parse(MANY_SINCE).is_some_and(|since| *context.version >= since);
    if active.len() >= if is_many { ACTIVE_MAX } else { 1 } {
        let message = format!(
            "A bulk query operation for this app and shop is already in progress: {}.",
            active.join(", ")
        );
        return error_payload(
            SUBJECT,
            vec![user_error(&[], &message, Some("OPERATION_IN_PROGRESS"))],
        );
    }
    let operation = json!({
        "status": "CREATED", "type": "QUERY", "errorCode": null, "completedAt": null,
        "objectCount": "0", "rootObjectCount": "0", "fileSize": null, "url": null,
        "partialDataUrl": null, "query": query, "groupObjects": arguments.is_true("groupObjects"),
        // No field of the schema: the operation reads with the scopes of its token.
        SCOPES: context.scopes,
    });
    let id = context.shop.create(KIND, None, operation, context.now);
    let at = context.now + context.shop.settings.delays.bulk_start;
    context.shop.schedule(at, Job::StartBulkOperation(id.clone()));
    Ok(json!({ SUBJECT: reference(&id), "userErrors": [] }))
}

/// Runs the query of an operation; its result is published later.
pub(super) fn start(schema: &Valid<Schema>, shop: &mut Shop, gid: &str, now: OffsetDateTime) {
    let operation = shop.records.value(gid);
    if operation.text("status") != "CREATED" {
        return;
    }
    let query = operation.text("query").to_owned();
    let request = Request { query, variables: None, operation_name: None };
    let version = Version::parse(schema::VERSION);
    let (Ok(prepared), Some(version)) = (prepare(schema, &request), version) else {
        return set(
            shop,
            gid,
            now,
            json!({ "status": "FAILED", "errorCode": "INTERNAL_SERVER_ERROR" }),
        );
    };
    let response = {
        let scopes: Option<Vec<String>> = operation.present(SCOPES).map(|_| {
            let scopes = operation.list(SCOPES).iter().filter_map(Value::as_str);
            scopes.map(str::to_owned).collect()
        });
        let mut session = Session::new(schema, shop, now, &version);
        session.is_bulk = true;
        session.scopes = scopes.as_deref();
        prepared.execute_in(&session)
    };
    if let Some(error) = response.list("errors").first() {
        let code = match error["extensions"].text("code") {
            "ACCESS_DENIED" => "ACCESS_DENIED",
            _ => "INTERNAL_SERVER_ERROR",
        };
        return set(shop, gid, now, json!({ "status": "FAILED", "errorCode": code }));
    }
    let result = jsonl::lines(&response["data"], operation.is_true("groupObjects"));
    let half = result.text.lines().take(result.objects / 2);
    let partial: String = half.flat_map(|line| [line, "\n"]).collect();
    shop.put_file(file_name(gid), result.text);
    shop.put_file(partial_name(gid), partial);
    let (objects, roots) = (result.objects.to_string(), result.roots.to_string());
    set(
        shop,
        gid,
        now,
        json!({ "status": "RUNNING", "objectCount": objects, "rootObjectCount": roots }),
    );
    let at = now + shop.settings.delays.bulk_run;
    shop.schedule(at, Job::FinishBulkOperation(gid.to_owned()));
}

fn set(shop: &mut Shop, gid: &str, now: OffsetDateTime, changes: Value) {
    shop.records.update(gid, now, |fields| {
        fields.extend(changes.as_object().cloned().unwrap_or_default());
    });
}

/// Publishes the result of an operation.
pub(super) fn finish(shop: &mut Shop, gid: &str, now: OffsetDateTime) {
    if shop.records.value(gid).text("status") != "RUNNING" {
        return;
    }
    let size = shop.file(&file_name(gid)).map_or(0, str::len);
    // A result without objects has no file.
    let url = if size == 0 { Value::Null } else { url(shop, &file_name(gid)) };
    let size = if size == 0 { Value::Null } else { json!(size.to_string()) };
    let changes = json!({ "status": "COMPLETED", "completedAt": timestamp(now), "url": url, "fileSize": size });
    set(shop, gid, now, changes);
}

pub(super) fn cancel(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments.text("id");
    let Some(operation) = context.shop.records.of(KIND, id) else {
        let error = user_error(&["id"], "Bulk operation does not exist", None);
        return error_payload(SUBJECT, vec![error]);
    };
    let operation = std::sync::Arc::clone(&operation.value);
    let status = operation.text("status");
    if !is_active(&operation) {
        let message =
            format!("A bulk operation cannot be canceled when it is {}", status.to_lowercase());
        let error = user_error(&[], &message, None);
        return Ok(json!({ SUBJECT: reference(id), "userErrors": [error] }));
    }
    if status != "CANCELING" {
        set(context.shop, id, context.now, json!({ "status": "CANCELING" }));
        let at = context.now + context.shop.settings.delays.bulk_cancel;
        context.shop.schedule(at, Job::CancelBulkOperation(id.to_owned()));
    }
    Ok(json!({ SUBJECT: reference(id), "userErrors": [] }))
}

/// Ends a cancelled operation; what was ready stays readable.
pub(super) fn cancelled(shop: &mut Shop, gid: &str, now: OffsetDateTime) {
    end(shop, gid, now, json!({ "status": "CANCELED" }));
}

/// Lets an operation fail with an error code such as `TIMEOUT`; half of its result stays readable.
pub fn fail_bulk_operation(shop: &mut Shop, gid: &str, error_code: &str, now: OffsetDateTime) {
    if is_active(&shop.records.value(gid)) {
        end(shop, gid, now, json!({ "status": "FAILED", "errorCode": error_code }));
    }
}

fn end(shop: &mut Shop, gid: &str, now: OffsetDateTime, mut changes: Value) {
    let partial = partial_name(gid);
    let is_ready = shop.file(&partial).is_some_and(|content| !content.is_empty());
    changes["completedAt"] = timestamp(now);
    changes["partialDataUrl"] = if is_ready { url(shop, &partial) } else { Value::Null };
    set(shop, gid, now, changes);
}

/// The latest operation of a type.
pub(super) fn current(view: &View<'_>, arguments: &Value) -> Value {
    let given = arguments.present("type").and_then(Value::as_str).unwrap_or("QUERY");
    let mut operations = view.shop.records.of_kind(KIND).rev();
    let found = operations.find(|one| one.value.text("type") == given);
    found.map_or(Value::Null, |one| reference(&one.gid))
}
