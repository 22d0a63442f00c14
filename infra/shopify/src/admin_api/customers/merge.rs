//! Merges two customers into one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::session::{Context, View};
use super::super::tags;
use super::{NOTE_MAX, TAGS_MAX, display_name, email_address, phone_number};
use crate::store::{Fields, Job, Shop, gid, legacy_id, reference};

/// What belongs to a customer and goes to the other one.
const MOVED: [&str; 3] = ["Order", "StoreCreditAccount", "Metafield"];

/// Customer that stays, customer that goes.
struct Pair {
    target: Arc<Value>,
    source: Arc<Value>,
}

pub(super) fn merge(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (one, two) = (arguments.text("customerOneId"), arguments.text("customerTwoId"));
    let errors = blockers(context.shop, one, two);
    if !errors.is_empty() {
        return Ok(json!({ "resultingCustomerId": null, "job": null, "userErrors": errors }));
    }
    let overrides = &arguments["overrideFields"];
    let pair = choose(context.shop, one, two, overrides);
    let (target, source) = (pair.target.text("id").to_owned(), pair.source.text("id").to_owned());
    let merged = fields(&pair, overrides);
    for kind in MOVED {
        let moved: Vec<String> =
            context.shop.records.children(&source, kind).map(|record| record.gid.clone()).collect();
        for record in moved {
            context.shop.records.move_to(&record, &target);
            context.shop.records.update(&record, context.now, |fields| {
                if let Some(customer) = fields.get_mut("customer") {
                    *customer = reference(&target);
                }
            });
        }
    }
    context.shop.records.update(&target, context.now, |fields| {
        fields.extend(merged.as_object().cloned().unwrap_or_default());
    });
    context.shop.records.remove(&source, context.now);
    let id = job_gid(context.shop);
    let job = json!({ "id": id, "done": false, "resultingCustomerId": target,
        "deletedCustomerId": source });
    context.shop.records.insert(&id, None, job, context.now);
    let at = context.now + context.shop.settings.delays.merge;
    context.shop.schedule(at, Job::FinishMerge(id.clone()));
    Ok(json!({ "resultingCustomerId": target, "job": reference(&id), "userErrors": [] }))
}

/// Jobs have a UUID for a number.
fn job_gid(shop: &mut Shop) -> String {
    let minted = shop.mint("Job");
    gid("Job", format!("00000000-0000-4000-8000-{:0>12}", legacy_id(&minted)))
}

/// Why two customers cannot be merged.
fn blockers(shop: &Shop, one: &str, two: &str) -> Vec<Value> {
    let sides = [("customerOneId", one), ("customerTwoId", two)];
    for (field, id) in sides {
        if shop.records.of("Customer", id).is_none() {
            let message = format!("Customer does not exist with ID {}", legacy_id(id));
            return vec![user_error(&[field], &message, Some("INVALID_CUSTOMER_ID"))];
        }
    }
    if one == two {
        let message = "Customers IDs should not match";
        return vec![user_error(&[], message, Some("INVALID_CUSTOMER_ID"))];
    }
    let [first, second] = [one, two].map(|id| shop.records.value(id));
    let mut errors = Vec::new();
    let mut both = |message: &str| {
        errors.extend(
            sides.map(|(field, _)| user_error(&[field], message, Some("INVALID_CUSTOMER"))),
        );
    };
    if all_tags(&first, &second).len() > TAGS_MAX {
        both("Customers must have 250 tags or less.");
    }
    let note = |customer: &Value| customer.text("note").chars().count();
    if note(&first) + note(&second) > NOTE_MAX {
        both("Customer notes must be 5,000 characters or less.");
    }
    for (field, id) in sides {
        let has_card =
            shop.records.of_kind("GiftCard").any(|card| card.value["customer"] == reference(id));
        if has_card {
            let name = display_name(&shop.records.value(id));
            let message = format!("{name} has gift cards and can’t be merged.");
            errors.push(user_error(&[field], &message, Some("INVALID_CUSTOMER")));
        }
    }
    errors
}

fn all_tags(first: &Value, second: &Value) -> Vec<String> {
    let tags = first.list("tags").iter().chain(second.list("tags"));
    tags::normalize(tags.filter_map(Value::as_str))
}

/// Who stays: whose email is target, else who has one, else the second.
fn choose(shop: &Shop, one: &str, two: &str, overrides: &Value) -> Pair {
    let [first, second] = [one, two].map(|id| shop.records.value(id));
    let is_first = match overrides.text("customerIdOfEmailToKeep") {
        "" => !first.text("email").is_empty() && second.text("email").is_empty(),
        id => id == one,
    };
    if is_first {
        Pair { target: first, source: second }
    } else {
        Pair { target: second, source: first }
    }
}

/// The fields of the customer that stays.
fn fields(pair: &Pair, overrides: &Value) -> Value {
    let mut fields = names(pair, overrides);
    let notes = [pair.target.text("note"), pair.source.text("note")];
    let notes: Vec<&str> = notes.into_iter().filter(|note| !note.is_empty()).collect();
    fields["note"] = match overrides.present("note") {
        Some(note) => note.clone(),
        None if notes.is_empty() => Value::Null,
        None => json!(notes.join(" ")),
    };
    fields["tags"] = match overrides.get("tags") {
        Some(Value::Array(_)) => json!(tags::of_input(overrides)),
        _ => json!(all_tags(&pair.target, &pair.source)),
    };
    let addresses = pair.target.list("addresses").iter().chain(pair.source.list("addresses"));
    fields["addresses"] = addresses.cloned().collect();
    fields
}

/// Names and addresses: those of the customer that is named, else of the one that stays.
fn names(pair: &Pair, overrides: &Value) -> Value {
    let choices = [
        ("email", "customerIdOfEmailToKeep"),
        ("phone", "customerIdOfPhoneNumberToKeep"),
        ("firstName", "customerIdOfFirstNameToKeep"),
        ("lastName", "customerIdOfLastNameToKeep"),
    ];
    let choose = |(field, choice): (&str, &str)| {
        let from = if overrides.text(choice) == pair.source.text("id") {
            &pair.source
        } else {
            &pair.target
        };
        let other = if Arc::ptr_eq(from, &pair.source) { &pair.target } else { &pair.source };
        let value = from.present(field).or_else(|| other.present(field));
        (field.to_owned(), value.cloned().unwrap_or(Value::Null))
    };
    Value::Object(choices.map(choose).into_iter().collect())
}

/// What a merge would give.
pub(in super::super) fn preview(view: &View<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (one, two) = (arguments.text("customerOneId"), arguments.text("customerTwoId"));
    if one == two {
        return Err(Failure::bad_request("Customers must be different."));
    }
    let errors = blockers(view.shop, one, two);
    if !errors.is_empty() {
        let errors: Vec<Value> = errors
            .iter()
            .map(|error| json!({ "errorFields": [], "message": error["message"] }))
            .collect();
        return Ok(json!({ "customerMergeErrors": errors }));
    }
    let overrides = &arguments["overrideFields"];
    let pair = choose(view.shop, one, two, overrides);
    let target = names(&pair, overrides);
    let own_tags: Vec<&str> = pair.target.list("tags").iter().filter_map(Value::as_str).collect();
    let others = pair.source.list("tags").iter().filter_map(Value::as_str);
    let new_tags: Vec<&str> = others.filter(|tag| !own_tags.contains(tag)).collect();
    let tags = [own_tags, new_tags].concat();
    let notes: Vec<&str> = [&pair.target, &pair.source]
        .map(|one| one.text("note"))
        .into_iter()
        .filter(|note| !note.is_empty())
        .collect();
    let alternate = alternate(&pair, &target);
    Ok(json!({
        "resultingCustomerId": pair.target["id"],
        "defaultFields": {
            "firstName": target["firstName"], "lastName": target["lastName"],
            "displayName": display_name(&target), "email": email_address(&target),
            "phoneNumber": phone_number(&target), "note": notes.join(" "), "tags": tags,
        },
        "alternateFields": alternate,
        "blockingFields": null,
        "customerMergeErrors": null,
    }))
}

/// The values that are not target.
fn alternate(pair: &Pair, target: &Value) -> Value {
    let mut other = json!({});
    for field in ["email", "phone", "firstName", "lastName"] {
        let is_source = pair.target[field] == target[field];
        other[field] = if is_source { &pair.source } else { &pair.target }[field].clone();
    }
    json!({
        "firstName": other["firstName"], "lastName": other["lastName"],
        "email": email_address(&other), "phoneNumber": phone_number(&other),
    })
}

pub(in super::super) fn job_status(view: &View<'_>, id: &str) -> Value {
    let job = view.shop.records.value(id);
    let Some(customer) = job.present("resultingCustomerId") else { return Value::Null };
    let status = if job.is_true("done") { "COMPLETED" } else { "IN_PROGRESS" };
    json!({ "jobId": id, "resultingCustomerId": customer, "status": status, "customerMergeErrors": [] })
}
