//! Mutants of the consumers: what reaches a consumer is something else, or its verdict on a message
//! is not what counts.

use domain_cart::{Action, CartEvent, CartItem, CartWriter as _, Merge, QUANTITY_MAX};
use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{CommandEvent as _, Resource as _, Source as _};
use domain_core::time::Time;
use domain_loyalty::{LedgerStore as _, LoadRequest};
use origin_adapters::table::SharedTable;
use origin_adapters::{CartRepository, LedgerRepository};
use origin_functions::consumers::{OrderReading, Orders};
use serde_json::{Value, json};

use crate::engine::Mutant;
use crate::world::{Consume, Delivery, Outcome, SHOP, any_keys};

/// What a mutant does with a message before the consumer gets it.
enum Before {
    /// The consumer gets these bodies instead.
    Bodies(Vec<String>),
    /// The consumer does not get it.
    Outcome(Outcome),
}

/// Consumes a batch, or a mutant does.
pub(super) async fn consume(
    mutant: Mutant,
    delivery: Delivery,
    consume: Consume<'_>,
) -> Vec<(String, Outcome)> {
    let Delivery { messages, table, clock, .. } = delivery;
    let (mut passed, mut outcomes) = (Vec::new(), Vec::new());
    for (id, body) in &messages {
        match before(mutant, &table, body, clock.now()).await {
            Ok(Before::Bodies(bodies)) => {
                if bodies.is_empty() {
                    outcomes.push((id.clone(), Outcome::Done));
                }
                passed.extend(bodies.into_iter().map(|body| (id.clone(), body)));
            }
            Ok(Before::Outcome(outcome)) => outcomes.push((id.clone(), outcome)),
            Err(error) => outcomes.push((id.clone(), Outcome::Failed(error.to_string()))),
        }
    }
    for (id, outcome) in consume(passed).await {
        let body = messages.iter().find(|(other, _)| *other == id).map(|(_, body)| body.as_str());
        let outcome = after(mutant, &table, body.unwrap_or_default(), outcome).await;
        outcomes.push((id, outcome));
    }
    outcomes
}

/// What a mutant does before the consumer.
async fn before(
    mutant: Mutant,
    table: &SharedTable,
    body: &str,
    now: Time,
) -> Result<Before, PortError> {
    let unchanged = || Ok(Before::Bodies(vec![body.to_owned()]));
    let envelope: Value = serde_json::from_str(body).expect("the bus wrote it");
    let is_webhook = envelope["detail-type"] == Kind::ShopifyWebhook.detail_type();
    let carts = CartRepository::new(table);
    match mutant {
        Mutant::OrderPerTopic | Mutant::OrderAtReceipt if is_webhook => {
            Ok(Before::Bodies(vec![order_body(mutant, &envelope, now)]))
        }
        Mutant::LimitInFold | Mutant::GuestEventsDropped | Mutant::MergeBuriedEarly => {
            let Some(event) = cart_event(&envelope) else { return unchanged() };
            match mutant {
                Mutant::LimitInFold => within_limit(&carts, event, &envelope).await,
                Mutant::GuestEventsDropped => {
                    let item = carts.item(&event.cart, Consistency::Strong).await?;
                    let is_merged = item.is_some_and(|item| item.merged_into.is_some());
                    if is_merged { Ok(Before::Outcome(Outcome::Done)) } else { unchanged() }
                }
                _ if is_overtaken(&carts, &event).await? => {
                    let reason = "the command is too-late".to_owned();
                    Ok(Before::Outcome(Outcome::Failed(reason)))
                }
                _ => unchanged(),
            }
        }
        _ if is_webhook => {
            let detail = envelope["detail"].clone();
            Ok(match webhooks(mutant, table, detail, now).await {
                None => Before::Bodies(vec![body.to_owned()]),
                Some(details) => {
                    let bodies = details.iter().map(|detail| with_detail(&envelope, detail));
                    Before::Bodies(bodies.collect())
                }
            })
        }
        _ => unchanged(),
    }
}

/// What a mutant makes of the consumer's outcome.
async fn after(mutant: Mutant, table: &SharedTable, body: &str, outcome: Outcome) -> Outcome {
    let is_late = matches!(&outcome, Outcome::Failed(reason) if reason.contains("too-"));
    match mutant {
        Mutant::TooLateIsDone if is_late => match outcome {
            Outcome::Failed(reason) if reason.contains("too-late") => Outcome::Done,
            other => other,
        },
        // Ids are remembered only while commands are stored one by one: an old command is new.
        Mutant::IdsForgotten if is_late => {
            let envelope: Value = serde_json::from_str(body).unwrap_or_default();
            let event = cart_event(&envelope).filter(|event| Merge::of(event).is_none());
            match event {
                Some(event) => {
                    absorb_again(&CartRepository::new(table), &event).await.unwrap_or(outcome)
                }
                None => outcome,
            }
        }
        _ => outcome,
    }
}

fn cart_event(envelope: &Value) -> Option<CartEvent> {
    let is_command = envelope["detail-type"] == Kind::CartCommanded.detail_type();
    is_command.then(|| serde_json::from_value(envelope["detail"].clone()).ok()).flatten()
}

fn with_detail(envelope: &Value, detail: &Value) -> String {
    let mut envelope = envelope.clone();
    envelope["detail"] = detail.clone();
    envelope.to_string()
}

/// An order as the command of a cart, mutated.
fn order_body(mutant: Mutant, envelope: &Value, now: Time) -> String {
    let detail = envelope["detail"].to_string();
    let orders = Orders { keys: any_keys(), shop: SHOP.to_owned() };
    let Ok(OrderReading::Bought(mut event)) = orders.read(&detail) else {
        return envelope.to_string();
    };
    if mutant == Mutant::OrderAtReceipt {
        event.command.time = now;
    } else {
        let topic = if detail.contains("orders/paid") { "paid" } else { "created" };
        event.command.id = CommandId::of_cause(topic, &event.command.id.to_string());
    }
    let Event { kind, detail } = event.to_event();
    let mut envelope = envelope.clone();
    envelope["detail-type"] = json!(kind.detail_type());
    envelope["detail"] = serde_json::from_str(&detail).unwrap_or_default();
    envelope.to_string()
}

/// Never lets a line exceed its limit, in the order of arrival.
async fn within_limit(
    carts: &CartRepository,
    mut event: CartEvent,
    envelope: &Value,
) -> Result<Before, PortError> {
    if let Action::Add { offer, quantity, .. } = &mut event.command.action {
        let item = carts.item(&event.cart, Consistency::Strong).await?;
        let lines = item.map(|item| item.fold(&[]).lines).unwrap_or_default();
        let present = lines.get(&offer.line_id()).map_or(0, |line| line.quantity);
        *quantity = (*quantity).min(QUANTITY_MAX.saturating_sub(present));
    }
    let detail = serde_json::to_value(&event).unwrap_or_default();
    Ok(Before::Bodies(vec![with_detail(envelope, &detail)]))
}

/// Whether one of the carts of a merge holds a newer command.
async fn is_overtaken(carts: &CartRepository, event: &CartEvent) -> Result<bool, PortError> {
    let Some(merge) = Merge::of(event) else { return Ok(false) };
    for cart in [merge.guest, merge.into] {
        let item = carts.item(cart, Consistency::Strong).await?;
        let is_open = |item: &CartItem| item.merged_into.is_none();
        if item.filter(is_open).is_some_and(|item| item.highest > event.command.time) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn absorb_again(carts: &CartRepository, event: &CartEvent) -> Result<Outcome, PortError> {
    let expected = carts.item(&event.cart, Consistency::Strong).await?;
    let mut item = expected.clone().unwrap_or_default();
    event.command.run(&mut item.base.contents);
    item.base.count += 1;
    item.version += 1;
    item.folded.clear();
    Ok(match carts.store(&event.cart, &item, expected.as_ref()).await? {
        Written::Done => Outcome::Done,
        Written::Conflict => Outcome::Failed("conflict".to_owned()),
    })
}

/// The webhooks that a mutant reads in place of this one; `None`: it is unchanged.
async fn webhooks(
    mutant: Mutant,
    table: &SharedTable,
    mut detail: Value,
    now: Time,
) -> Option<Vec<Value>> {
    let metadata = |name: &str| detail["metadata"][name].as_str().unwrap_or_default().to_owned();
    let (topic, delivery) = (metadata("x-shopify-topic"), metadata("x-shopify-webhook-id"));
    match (mutant, topic.as_str()) {
        (Mutant::EmbeddedRefundsToo, "orders/paid" | "orders/cancelled") => {
            let refunds = detail["payload"]["refunds"].as_array().cloned().unwrap_or_default();
            let webhooks = refunds.into_iter().map(|mut refund| {
                let id = refund["id"].as_u64().unwrap_or_default();
                refund["id"] = json!(id + 1_000_000);
                let metadata = json!({"x-shopify-topic": "refunds/create",
                    "x-shopify-shop-domain": SHOP});
                json!({"payload": refund, "metadata": metadata})
            });
            let webhooks: Vec<Value> = webhooks.collect();
            Some([vec![detail], webhooks].concat())
        }
        (Mutant::RefundBeforeOrderLost, "refunds/create") => {
            let order = detail["payload"]["order_id"].as_u64().unwrap_or_default().to_string();
            let request = LoadRequest { order: Some(&order), ..LoadRequest::default() };
            let known = LedgerRepository::new(table).load(request).await.ok()?.order;
            known.is_none_or(|order| order.facts.paid.is_none()).then(Vec::new)
        }
        (Mutant::DeliveryIsCause, "refunds/create") => {
            let digits: String = delivery.chars().filter(char::is_ascii_digit).collect();
            let id = detail["payload"]["id"].as_u64().unwrap_or_default();
            detail["payload"]["id"] = json!(format!("{id}{digits}").parse::<u64>().unwrap_or(id));
            Some(vec![detail])
        }
        (Mutant::ReceiptTime, _) => {
            for field in ["processed_at", "cancelled_at"] {
                if detail["payload"][field].is_string() {
                    detail["payload"][field] = json!(now.to_rfc3339());
                }
            }
            Some(vec![detail])
        }
        _ => None,
    }
}
