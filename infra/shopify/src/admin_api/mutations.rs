//! The fields of `Mutation`.

use serde_json::{Value, json};

use super::failure::Failure;
use super::session::Context;
use super::{
    bulk, customers, discounts, draft_orders, functions, gift_cards, metafields, orders, products,
    store_credit, tags, webhooks,
};

/// A mutation: it changes the shop and returns the payload.
type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

/// A payload with errors only.
pub(super) fn error_payload(subject: &str, errors: Vec<Value>) -> Result<Value, Failure> {
    Ok(json!({ subject: Value::Null, "userErrors": errors }))
}

pub(super) fn run(
    context: &mut Context<'_>,
    name: &str,
    arguments: &Value,
) -> Result<Value, Failure> {
    if let Some(mutation) = find(name) {
        return mutation(context, arguments);
    }
    discounts::run(context, name, arguments).unwrap_or_else(|| Err(Failure::not_emulated(name)))
}

fn find(name: &str) -> Option<Mutation> {
    let catalog = products::mutation(name).or_else(|| metafields::mutation(name));
    let people = customers::mutation(name).or_else(|| store_credit::mutation(name));
    let sales = orders::mutation(name).or_else(|| draft_orders::mutation(name));
    let others = match name {
        "tagsAdd" => Some(tags::add as Mutation),
        "tagsRemove" => Some(tags::remove as Mutation),
        "giftCardCreate" => Some(gift_cards::create as Mutation),
        "giftCardDeactivate" => Some(gift_cards::deactivate as Mutation),
        "webhookSubscriptionCreate" => Some(webhooks::create as Mutation),
        "webhookSubscriptionUpdate" => Some(webhooks::update as Mutation),
        "webhookSubscriptionDelete" => Some(webhooks::delete as Mutation),
        "bulkOperationRunQuery" => Some(bulk::run_query as Mutation),
        "bulkOperationCancel" => Some(bulk::cancel as Mutation),
        "cartTransformCreate" => Some(functions::create_cart_transform as Mutation),
        "cartTransformDelete" => Some(functions::delete_cart_transform as Mutation),
        "validationCreate" => Some(functions::create_validation as Mutation),
        "validationDelete" => Some(functions::delete_validation as Mutation),
        _ => None,
    };
    catalog.or(people).or(sales).or(others)
}
