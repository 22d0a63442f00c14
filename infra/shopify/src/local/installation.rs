//! The installation of the app: its end, and its return.

use serde_json::{Value, json};

use super::LocalShopify;
use crate::webhooks::Event;

/// How long after an uninstall Shopify asks for the erasure of the shop's data.
const REDACT_AFTER_MS: u64 = 48 * 3_600_000;
const UNINSTALLED: &str = "app/uninstalled";
const REDACT: &str = "shop/redact";
/// Records of the app that end with its installation.
const APP_RECORDS: [&str; 3] = ["WebhookSubscription", "CartTransform", "Validation"];

// === impl LocalShopify ===

impl LocalShopify {
    /// Uninstalls the app: its tokens are revoked, its App Proxy and its subscriptions end, and of its
    /// webhooks only `app/uninstalled` is delivered, and `shop/redact` after 48 hours. Whether it was
    /// installed.
    pub fn uninstall(&self) -> bool {
        self.publish_pending();
        if !self.oauth().uninstall(&self.0.domain) {
            return false;
        }
        let (domain, shop_id) = {
            let mut shop = self.0.api.shop();
            let now = super::moment(&self.0.clock);
            for kind in APP_RECORDS {
                let ids: Vec<String> =
                    shop.records.of_kind(kind).map(|record| record.gid.clone()).collect();
                for id in ids {
                    shop.records.remove(&id, now);
                }
            }
            (self.0.domain.clone(), shop.settings.shop_id)
        };
        let payload = json!({ "id": shop_id, "domain": domain, "myshopify_domain": domain });
        self.publish(UNINSTALLED, payload, None);
        let payload = json!({ "shop_id": shop_id, "shop_domain": domain });
        let event = Event { topic: REDACT.to_owned(), shop: domain, payload, event_id: None };
        // Shopify drops what does not fit, without a trace.
        let _ = self.0.webhooks.publish_at(&event, self.now_ms().saturating_add(REDACT_AFTER_MS));
        self.0.webhooks.queue().uninstall(&[UNINSTALLED, REDACT]);
        true
    }

    /// Installs the app again, with the scopes and subscriptions of `shopify.app.toml`; the data of the
    /// shop need not be erased any more. Whether it was not installed.
    pub fn install(&self) -> bool {
        let mut oauth = self.oauth();
        if oauth.is_installed(&self.0.domain) {
            return false;
        }
        oauth.install(&self.0.domain, self.0.app.scopes.clone());
        let mut queue = self.0.webhooks.queue();
        queue.withdraw(REDACT);
        queue.configure(self.0.app.subscriptions.clone());
        true
    }

    /// Queues an event. A payload that no subscription wants is dropped; one that is too long for a
    /// webhook, too: Shopify does the same.
    pub(super) fn publish(&self, topic: &str, payload: Value, event_id: Option<&str>) {
        let event = Event {
            topic: topic.to_owned(),
            shop: self.0.domain.clone(),
            payload,
            event_id: event_id.map(str::to_owned),
        };
        // Shopify drops what does not fit, without a trace.
        let _ = self.0.webhooks.publish(&event);
    }
}
