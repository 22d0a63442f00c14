//! Queues the webhooks of what changed in the records.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::LocalShopify;
use super::rest::{self, Rest};
use crate::admin_api::Request;
use crate::store::{Change, ChangeKind, Fields as _, kind_of, legacy_id};

/// What the app knows of each order: `orders/paid` and `orders/cancelled` are sent once, when the
/// order becomes it. As many entries as there are orders.
#[derive(Debug, Default)]
pub(super) struct OrderStates(BTreeMap<String, OrderState>);

#[derive(Clone, Copy, Debug, Default)]
struct OrderState {
    is_paid: bool,
    is_cancelled: bool,
}

// === impl OrderStates ===

impl OrderStates {
    /// The topics of an order that is now as `payload` says.
    fn topics(&mut self, gid: &str, payload: &Value, is_new: bool) -> Vec<&'static str> {
        let state = self.0.entry(gid.to_owned()).or_default();
        let before = *state;
        state.is_paid |= payload["financial_status"] == "paid";
        state.is_cancelled |= !payload["cancelled_at"].is_null();
        let mut topics = vec![if is_new { "orders/create" } else { "orders/updated" }];
        topics.extend((state.is_paid && !before.is_paid).then_some("orders/paid"));
        topics.extend((state.is_cancelled && !before.is_cancelled).then_some("orders/cancelled"));
        topics
    }

    /// An order whose webhooks were sent with the checkout.
    pub(super) fn insert_paid(&mut self, gid: String) {
        self.0.insert(gid, OrderState { is_paid: true, is_cancelled: false });
    }
}

// === impl LocalShopify ===

impl LocalShopify {
    /// Queues the webhooks of everything that changed since the last call. The changes of a record by
    /// one request are one webhook of each topic, and all webhooks of a request share an event id.
    pub fn publish_pending(&self) {
        let mut states = super::locked(&self.0.order_states);
        let changes = self.0.api.shop().records.take_changes();
        self.publish_changes(&mut states, &changes);
    }

    pub(super) fn publish_changes(&self, states: &mut OrderStates, changes: &[Change]) {
        let mut sent = BTreeSet::new();
        // The changes of an act follow each other.
        let mut first: Option<&Change> = None;
        for change in changes {
            if first.is_none_or(|one| one.act != change.act) {
                first = Some(change);
            }
            let gid = &first.unwrap_or(change).gid;
            let event_id = format!("{gid}-{}-{}", self.now_ms(), change.act);
            if sent.insert((change.act, &change.gid, change.kind)) {
                self.publish_change(states, change, &event_id);
            }
        }
    }

    fn publish_change(&self, states: &mut OrderStates, change: &Change, event_id: &str) {
        let is_new = change.kind == ChangeKind::Created;
        let is_deleted = change.kind == ChangeKind::Deleted;
        let publish = |topic: &str, payload| self.publish(topic, payload, Some(event_id));
        let deleted = || json!({ "id": legacy_id(&change.gid).parse::<u64>().unwrap_or_default() });
        let rest = Rest { currency: self.0.currency };
        match kind_of(&change.gid) {
            Some("Order") if is_deleted => {
                states.0.remove(&change.gid);
                publish("orders/delete", deleted());
            }
            Some("Order") => {
                let Some(payload) = self.order_payload(&change.gid) else { return };
                for topic in states.topics(&change.gid, &payload, is_new) {
                    publish(topic, payload.clone());
                }
            }
            Some("Refund") if is_new => {
                if let Some(refund) = self.read(&rest::refund_query(), &change.gid, "refund") {
                    publish("refunds/create", rest.refund(&refund));
                }
            }
            Some("CalculatedOrder") if change.kind == ChangeKind::Updated => {
                if let Some(edit) = self.value(&change.gid).filter(|one| one.is_true("committed")) {
                    publish("orders/edited", rest::order_edit(&change.gid, &edit));
                }
            }
            Some("Job") if is_new => {
                let job = self.value(&change.gid);
                if let Some(job) = job.filter(|job| job.present("deletedCustomerId").is_some()) {
                    publish("customers/merge", rest::merge(&job));
                }
            }
            Some("Customer") if is_deleted => publish("customers/delete", deleted()),
            Some("Customer") => {
                if let Some(customer) = self.read(rest::CUSTOMER, &change.gid, "customer") {
                    let topic = if is_new { "customers/create" } else { "customers/update" };
                    publish(topic, rest::customer(&customer));
                }
            }
            _ => {}
        }
    }

    /// An order as webhooks carry it: what the checkout sent, with what has changed since.
    fn order_payload(&self, gid: &str) -> Option<Value> {
        let order = self.read(&rest::order_query(), gid, "order")?;
        let current = Rest { currency: self.0.currency }.order(&order);
        let mut payload = self.value(gid)?["checkoutPayload"].clone();
        rest::overlay(&mut payload, current);
        Some(payload)
    }

    fn value(&self, gid: &str) -> Option<std::sync::Arc<Value>> {
        self.0.api.shop().records.get(gid).map(|record| std::sync::Arc::clone(&record.value))
    }

    /// Reads a record through the admin API, with its computed fields.
    pub(super) fn read(&self, query: &str, gid: &str, field: &str) -> Option<Value> {
        let mut data = self.execute(query, json!({ "id": gid })).ok()?;
        let value = data[field].take();
        (!value.is_null()).then_some(value)
    }

    /// Runs an operation of the shop's own, with every scope and without a bucket.
    ///
    /// # Errors
    /// The answer's errors, as JSON.
    pub fn execute(&self, query: &str, variables: Value) -> Result<Value, String> {
        let request =
            Request { query: query.to_owned(), variables: Some(variables), operation_name: None };
        let mut answer = self.0.api.execute_internal(&request);
        match answer.get("errors") {
            Some(errors) => Err(errors.to_string()),
            None => Ok(answer["data"].take()),
        }
    }
}
