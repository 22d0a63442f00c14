//! Tells the app what changed in the records.

use std::collections::BTreeSet;

use serde_json::Value;

use super::LocalShopify;
use super::rest;
use crate::admin_api::{Grant, Request, Version};
use crate::store::{Change, ChangeKind, Fields as _, kind_of};

// === impl LocalShopify ===

impl LocalShopify {
    /// Queues the webhooks of everything that changed since the last call, as one act.
    pub fn tell_changes(&self) {
        let changes = self.0.api.shop().records.take_changes();
        let act = changes.first().map(|change| format!("{}-{}", change.gid, self.now_ms()));
        let mut sent = BTreeSet::new();
        for change in &changes {
            if sent.insert((change.gid.clone(), change.kind == ChangeKind::Created)) {
                self.tell_change(change, act.as_deref());
            }
        }
    }

    fn tell_change(&self, change: &Change, act: Option<&str>) {
        let is_new = change.kind == ChangeKind::Created;
        match kind_of(&change.gid) {
            Some("Order") if change.kind != ChangeKind::Deleted => {
                let Some(order) = self.read(rest::ORDER, &change.gid, "order") else { return };
                let payload = rest::order(&order);
                let is_paid = payload["financial_status"] == "paid";
                let is_cancelled = !payload["cancelled_at"].is_null();
                let topics: &[&str] = match (is_new, is_paid, is_cancelled) {
                    (true, true, _) => &["orders/create", "orders/paid"],
                    (true, false, _) => &["orders/create"],
                    (false, _, true) => &["orders/updated", "orders/cancelled"],
                    (false, true, false) => &["orders/updated", "orders/paid"],
                    (false, false, false) => &["orders/updated"],
                };
                for topic in topics {
                    self.tell(topic, payload.clone(), act);
                }
            }
            Some("Refund") if is_new => {
                let Some(refund) = self.read(rest::REFUND, &change.gid, "refund") else { return };
                self.tell("refunds/create", rest::refund(&refund), act);
            }
            Some("Job") if is_new => {
                let job = self.0.api.shop().records.get(&change.gid).map(|job| job.value.clone());
                let merge = job.filter(|job| job.given("deletedCustomerId").is_some());
                if let Some(job) = merge {
                    self.tell("customers/merge", rest::merge(&job), act);
                }
            }
            Some("Customer") if change.kind != ChangeKind::Deleted => {
                let Some(customer) = self.read(rest::CUSTOMER, &change.gid, "customer") else {
                    return;
                };
                let topic = if is_new { "customers/create" } else { "customers/update" };
                self.tell(topic, rest::customer(&customer), act);
            }
            _ => {}
        }
    }

    /// Reads a record through the admin API, with its computed fields.
    pub(super) fn read(&self, query: &str, gid: &str, field: &str) -> Option<Value> {
        let mut data = self.execute(query, serde_json::json!({ "id": gid })).ok()?;
        let value = data[field].take();
        (!value.is_null()).then_some(value)
    }

    /// Runs an operation of the shop's own, with every scope.
    ///
    /// # Errors
    /// The answer's errors, as JSON.
    pub fn execute(&self, query: &str, variables: Value) -> Result<Value, String> {
        // Apart from the apps' tokens: the shop itself has a bucket of its own for each operation.
        let grant = Grant { token: format!("shop-{}", self.now_ms()), scopes: None };
        let request =
            Request { query: query.to_owned(), variables: Some(variables), operation_name: None };
        let mut answer = self.0.api.execute(Version::default(), &grant, &request);
        match answer.get("errors") {
            Some(errors) => Err(errors.to_string()),
            None => Ok(answer["data"].take()),
        }
    }
}
