//! Creates, changes, ends and deletes discounts.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::mutations::error_payload;
use super::super::session::Context;
use super::{Kind, input};
use crate::store::{Fields, gid, legacy_id, reference, timestamp};

pub(super) fn create(
    context: &mut Context<'_>,
    arguments: &Value,
    kind: &Kind,
) -> Result<Value, Failure> {
    let given = &arguments[kind.argument];
    let errors = input::problems(context.shop, given, kind, None)?;
    if !errors.is_empty() {
        return error_payload(kind.subject(), errors);
    }
    let mut discount = json!({
        "__typename": kind.type_name,
        "endsAt": null, "usageLimit": null, "appliesOncePerCustomer": false, "tags": [],
        "minimumRequirement": null, "recurringCycleLimit": null, "totalSales": null,
        "appliesOnOneTimePurchase": true, "appliesOnSubscription": false,
        "combinesWith": { "orderDiscounts": false, "productDiscounts": false, "shippingDiscounts": false },
        "context": { "__typename": "DiscountBuyerSelectionAll", "all": "ALL" },
    });
    input::apply(context.shop, &mut discount, given, kind);
    let fields = json!({ kind.inner(): discount });
    let id = context.shop.create(kind.node(), None, fields, context.now);
    if let Some(code) = given.present("code") {
        let code = json!({ "code": code, "asyncUsageCount": 0, "createdBy": null });
        context.shop.create("DiscountRedeemCode", Some(&id), code, context.now);
    }
    let created = format!("{} created this discount.", context.shop.settings.app_handle);
    add_event(context, &id, "create", &created);
    // Shopify writes both events when an app creates a discount.
    add_event(context, &id, "update", "Discount was edited.");
    Ok(json!({ kind.subject(): reference(&id), "userErrors": [] }))
}

fn add_event(context: &mut Context<'_>, node: &str, action: &str, message: &str) {
    let event = json!({
        "action": action,
        "message": message,
        "subjectId": gid("PriceRule", legacy_id(node)),
        "subjectType": "PRICE_RULE",
        "appTitle": context.shop.settings.app_handle,
        "attributeToApp": true, "attributeToUser": false, "criticalAlert": false,
        "hasAdditionalContent": false,
    });
    context.shop.create("BasicEvent", Some(node), event, context.now);
}

pub(super) fn update(
    context: &mut Context<'_>,
    arguments: &Value,
    kind: &Kind,
) -> Result<Value, Failure> {
    let (id, given) = (arguments.text("id"), &arguments[kind.argument]);
    let node = context.shop.records.value(id);
    if node[kind.inner()].text("__typename") != kind.type_name {
        return error_payload(
            kind.subject(),
            vec![user_error(&["id"], "Discount does not exist", Some("INVALID"))],
        );
    }
    let errors = input::problems(context.shop, given, kind, Some(id))?;
    if !errors.is_empty() {
        return error_payload(kind.subject(), errors);
    }
    let mut discount = node[kind.inner()].clone();
    input::apply(context.shop, &mut discount, given, kind);
    context.shop.records.update(id, context.now, |fields| {
        fields.insert(kind.inner().to_owned(), discount);
    });
    let first = context.shop.records.children(id, "DiscountRedeemCode").next();
    if let (Some(first), Some(code)) = (first.map(|one| one.gid.clone()), given.present("code")) {
        context.shop.records.update(&first, context.now, |fields| {
            fields.insert("code".to_owned(), code.clone());
        });
    }
    add_event(context, id, "update", "Discount was edited.");
    Ok(json!({ kind.subject(): reference(id), "userErrors": [] }))
}

/// The error of a discount that the shop does not have.
fn unknown(kind: &Kind) -> Value {
    let name = if kind.is_code { "Code" } else { "Automatic" };
    user_error(&["id"], &format!("{name} discount does not exist."), Some("INVALID"))
}

/// Changes the times of a discount of the kind's family.
fn retime(
    context: &mut Context<'_>,
    arguments: &Value,
    kind: &Kind,
    change: impl FnOnce(&mut Value, Value),
) -> Result<Value, Failure> {
    let id = arguments.text("id");
    let mut discount = context.shop.records.value(id)[kind.inner()].clone();
    if discount.is_null() {
        return error_payload(kind.subject(), vec![unknown(kind)]);
    }
    change(&mut discount, timestamp(context.now));
    context.shop.records.update(id, context.now, |fields| {
        fields.insert(kind.inner().to_owned(), discount);
    });
    Ok(json!({ kind.subject(): reference(id), "userErrors": [] }))
}

pub(super) fn activate(
    context: &mut Context<'_>,
    arguments: &Value,
    kind: &Kind,
) -> Result<Value, Failure> {
    let now = context.now;
    retime(context, arguments, kind, |discount, current| {
        if discount.time("endsAt").is_some_and(|at| at <= now) {
            discount["endsAt"] = Value::Null;
        }
        if discount.time("startsAt").is_some_and(|at| at > now) {
            discount["startsAt"] = current;
        }
    })
}

pub(super) fn deactivate(
    context: &mut Context<'_>,
    arguments: &Value,
    kind: &Kind,
) -> Result<Value, Failure> {
    let now = context.now;
    retime(context, arguments, kind, |discount, current| {
        if discount.time("startsAt").is_some_and(|at| at > now) {
            discount["startsAt"] = current.clone();
        }
        if discount.time("endsAt").is_none_or(|at| at > now) {
            discount["endsAt"] = current;
        }
    })
}

pub(super) fn delete(
    context: &mut Context<'_>,
    arguments: &Value,
    kind: &Kind,
) -> Result<Value, Failure> {
    let id = arguments.text("id");
    let subject = if kind.is_code { "deletedCodeDiscountId" } else { "deletedAutomaticDiscountId" };
    let is_known = context.shop.records.value(id).present(kind.inner()).is_some();
    if is_known && context.shop.records.remove(id, context.now) {
        return Ok(json!({ subject: id, "userErrors": [] }));
    }
    error_payload(subject, vec![unknown(kind)])
}
