//! Changes, pays, cancels and deletes orders.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::money::amount;
use super::super::mutations::error_payload;
use super::super::session::{Context, View};
use super::super::{metafields, tags};
use super::create::{NewTransaction, add_transaction};
use super::fields::field;
use super::refunds;
use crate::store::{Fields, reference, timestamp};

/// Fields of the input that are stored as they are.
const PLAIN: [&str; 5] = ["email", "phone", "note", "poNumber", "customAttributes"];

fn is_order(context: &Context<'_>, id: &str) -> bool {
    context.shop.records.of("Order", id).is_some()
}

fn unknown(subject: &str, path: &str) -> Result<Value, Failure> {
    error_payload(subject, vec![user_error(&[path], "Order does not exist", None)])
}

pub(super) fn update(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["input"];
    let id = input.text("id");
    if !is_order(context, id) {
        return unknown("order", "id");
    }
    context.shop.records.update(id, context.now, |fields| {
        for name in PLAIN {
            if let Some(value) = input.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        if input.get("tags").is_some() {
            fields.insert("tags".to_owned(), json!(tags::of_input(input)));
        }
    });
    metafields::attach(context, id, input.list("metafields"));
    Ok(json!({ "order": reference(id), "userErrors": [] }))
}

/// The amount of a computed field of an order.
pub(super) fn computed(context: &Context<'_>, id: &str, name: &str) -> crate::store::Decimal {
    let order = context.shop.records.value(id);
    let view = View { shop: context.shop, now: context.now };
    let value = field(&view, &order, name).unwrap_or(Value::Null);
    amount(&json!({ name: value }), name)
}

pub(super) fn mark_as_paid(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments["input"].text("id");
    if !is_order(context, id) {
        return unknown("order", "id");
    }
    let outstanding = computed(context, id, "totalOutstandingSet");
    if outstanding <= crate::store::Decimal::ZERO {
        let error = user_error(&["id"], "Order cannot be marked as paid.", None);
        return error_payload("order", vec![error]);
    }
    add_transaction(context, id, NewTransaction::succeeded("SALE", "manual", outstanding));
    context.shop.records.update(id, context.now, |_| ());
    Ok(json!({ "order": reference(id), "userErrors": [] }))
}

pub(super) fn cancel(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments.text("orderId");
    let error = |message: &str, code: &str| {
        let error = user_error(&["orderId"], message, Some(code));
        let plain = user_error(&["orderId"], message, None);
        Ok(json!({ "job": null, "orderCancelUserErrors": [error], "userErrors": [plain] }))
    };
    if !is_order(context, id) {
        return error("Order does not exist", "NOT_FOUND");
    }
    if !context.shop.records.value(id)["cancelledAt"].is_null() {
        return error("Cannot cancel an order that has already been canceled", "INVALID");
    }
    let method = &arguments["refundMethod"];
    let is_refunded = arguments.is_true("refund") || method.is_true("originalPaymentMethodsRefund");
    let restocks = arguments.is_true("restock");
    if is_refunded {
        refunds::refund_all(context, id, restocks);
    } else {
        refunds::remove_all(context, id, restocks);
    }
    let (reason, at) = (arguments["reason"].clone(), timestamp(context.now));
    context.shop.records.update(id, context.now, |fields| {
        fields.insert("cancelledAt".to_owned(), at.clone());
        fields.insert("cancelReason".to_owned(), reason);
        fields.insert("cancellation".to_owned(), json!({ "staffNote": arguments["staffNote"] }));
        fields.insert("closed".to_owned(), json!(true));
        fields.insert("closedAt".to_owned(), at);
    });
    let job = context.shop.mint("Job");
    context.shop.records.insert(&job, None, json!({ "id": job, "done": true }), context.now);
    Ok(json!({ "job": reference(&job), "orderCancelUserErrors": [], "userErrors": [] }))
}

pub(super) fn set_customer(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (id, customer) = (arguments.text("orderId"), arguments.text("customerId"));
    if !is_order(context, id) {
        return unknown("order", "orderId");
    }
    if context.shop.records.of("Customer", customer).is_none() {
        let error = user_error(&["customerId"], "Customer does not exist", None);
        return error_payload("order", vec![error]);
    }
    context.shop.records.move_to(id, customer);
    context.shop.records.update(id, context.now, |fields| {
        fields.insert("customer".to_owned(), reference(customer));
    });
    Ok(json!({ "order": reference(id), "userErrors": [] }))
}

pub(super) fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments.text("orderId");
    if context.shop.records.remove_of("Order", id, context.now) {
        return Ok(json!({ "deletedId": id, "userErrors": [] }));
    }
    unknown("deletedId", "orderId")
}
