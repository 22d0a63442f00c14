//! Adds and deletes many redeem codes of one discount.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::failure::{Failure, user_error};
use super::super::mutations::error_payload;
use super::super::search::Search;
use super::super::session::{Context, View};
use super::input::code_problem;
use crate::store::{Fields, Job, Shop, reference};

const SUBJECT: &str = "bulkCreation";

fn unknown_discount() -> Value {
    user_error(&["discountId"], "Code discount does not exist.", Some("INVALID"))
}

fn is_code_discount(shop: &Shop, id: &str) -> bool {
    shop.records.value(id).present("codeDiscount").is_some()
}

pub(super) fn add(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let discount = arguments.text("discountId");
    if !is_code_discount(context.shop, discount) {
        return error_payload(SUBJECT, vec![unknown_discount()]);
    }
    let codes = arguments.list("codes");
    if codes.is_empty() {
        let error = user_error(&["codes"], "Codes can't be blank", Some("BLANK"));
        return error_payload(SUBJECT, vec![error]);
    }
    let rows: Vec<Value> = codes
        .iter()
        .map(|code| json!({ "code": code.text("code"), "errors": [], "discountRedeemCode": null }))
        .collect();
    let creation = json!({ "done": false, "codesCount": rows.len(), "importedCount": 0,
        "failedCount": 0, "codes": rows });
    let kind = "DiscountRedeemCodeBulkCreation";
    let id = context.shop.create(kind, Some(discount), creation, context.now);
    let at = context.now + context.shop.settings.delays.redeem_codes;
    context.shop.schedule(at, Job::ImportRedeemCodes(id.clone()));
    // The creation in the payload is what it was at first, even if it is done at once.
    let shown = context.shop.records.value(&id).as_ref().clone();
    Ok(json!({ SUBJECT: shown, "userErrors": [] }))
}

/// Makes the codes of a bulk creation, each or with its reason why not.
pub(in super::super) fn import_codes(shop: &mut Shop, creation: &str, now: OffsetDateTime) {
    let Some(record) = shop.records.get(creation) else { return };
    let Some(discount) = record.parent.clone() else { return };
    let mut rows = record.value.list("codes").to_vec();
    let mut seen = BTreeSet::new();
    let (mut imported, mut failed) = (0, 0);
    for row in &mut rows {
        let code = row.text("code").to_owned();
        let problem = match code_problem(&code) {
            Some((message, _)) => Some(message),
            None if !seen.insert(code.to_lowercase()) => {
                Some("Codes must be unique within BulkDiscountCodeCreation".to_owned())
            }
            None if shop.records.by_code(&code).is_some() => {
                Some("must be unique. Please try a different code.".to_owned())
            }
            None => None,
        };
        if let Some(message) = problem {
            failed += 1;
            row["errors"] = json!([user_error(&["code"], &message, None)]);
        } else {
            imported += 1;
            let fields = json!({ "code": code, "asyncUsageCount": 0, "createdBy": null });
            let id = shop.create("DiscountRedeemCode", Some(&discount), fields, now);
            row["discountRedeemCode"] = reference(&id);
        }
    }
    shop.records.update(creation, now, |fields| {
        fields.insert("done".to_owned(), json!(true));
        fields.insert("importedCount".to_owned(), json!(imported));
        fields.insert("failedCount".to_owned(), json!(failed));
        fields.insert("codes".to_owned(), json!(rows));
    });
}

pub(super) fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let discount = arguments.text("discountId");
    let ways = ["ids", "search", "savedSearchId"];
    let given = ways.iter().filter(|name| arguments.present(name).is_some()).count();
    let error = match given {
        0 => {
            let message = "Missing expected argument key: 'ids', 'search' or 'saved_search_id'.";
            Some(user_error(&[], message, Some("MISSING_ARGUMENT")))
        }
        1 if !is_code_discount(context.shop, discount) => Some(unknown_discount()),
        1 if arguments.present("savedSearchId").is_some() => {
            Some(user_error(&["savedSearchId"], "Invalid 'saved_search_id'.", Some("INVALID")))
        }
        1 if arguments
            .present("search")
            .is_some_and(|text| text.as_str().unwrap_or("").trim().is_empty()) =>
        {
            Some(user_error(&["search"], "'Search' can't be blank.", Some("BLANK")))
        }
        1 if arguments.present("ids").is_some() && arguments.list("ids").is_empty() => {
            Some(user_error(&[], "Something went wrong, please try again.", None))
        }
        1 => None,
        _ => {
            let message = "Only one of 'ids', 'search' or 'saved_search_id' is allowed.";
            Some(user_error(&[], message, Some("TOO_MANY_ARGUMENTS")))
        }
    };
    if let Some(error) = error {
        return error_payload("job", vec![error]);
    }
    let query = arguments.text("search");
    let search = Search::parse("DiscountRedeemCode", query)?;
    let view = View { shop: context.shop, now: context.now };
    let ids = arguments.list("ids");
    let codes = view.shop.records.children(discount, "DiscountRedeemCode");
    let is_chosen = |gid: &str, value: &Value| match query {
        "" => ids.iter().any(|id| id == gid),
        _ => search.matches(&view, value),
    };
    let chosen = codes.filter(|one| is_chosen(&one.gid, &one.value));
    let chosen: Vec<String> = chosen.map(|one| one.gid.clone()).collect();
    for code in chosen {
        context.shop.records.remove(&code, context.now);
    }
    context.shop.records.update(discount, context.now, |_| ());
    let id = context.shop.mint("Job");
    let job = json!({ "id": id, "done": true });
    context.shop.records.insert(&id, None, job, context.now);
    Ok(json!({ "job": reference(&id), "userErrors": [] }))
}
