//! The checkout: the cart of a browser becomes an order of the shop, and the app hears of it.

use http::HeaderMap;
use serde_json::{Value, json};

use super::LocalShopify;
use super::records::ShopRecords;
use crate::admin_api::place_paid_order;
use crate::storefront::{CheckoutError, Placement, Shop as Front};
use crate::webhooks::Event;

/// The number of the first order.
const FIRST_NUMBER: u64 = 1_001;
/// Line items are numbered after their order.
const LINES_AFTER: u64 = 1;

// === impl LocalShopify ===

impl LocalShopify {
    /// Places and pays the order of a browser's cart, and queues `orders/create` and `orders/paid`.
    ///
    /// # Errors
    /// [`CheckoutError`]; the cart stays.
    pub fn check_out(&self, headers: &HeaderMap, email: &str) -> Result<Value, CheckoutError> {
        let mut shop = self.0.api.shop();
        let order_id = shop.next_id();
        let placement = Placement {
            order_id,
            first_line_id: order_id + LINES_AFTER,
            number: shop.number("Order", FIRST_NUMBER),
            now_ms: self.now_ms(),
            utc_offset_minutes: 0,
            is_paid: true,
            is_test: false,
            source_name: "web".to_owned(),
        };
        let order = {
            let records = ShopRecords { shop: &shop, currency: self.0.currency };
            let front = Front {
                catalogue: &records,
                customers: &records,
                discounts: &records,
                currency: self.0.currency,
            };
            self.storefront().check_out(headers, &front, email, &placement)?
        };
        place_paid_order(&mut shop, &order, super::moment(&self.0.clock));
        shop.records.take_changes();
        drop(shop);
        for topic in ["orders/create", "orders/paid"] {
            self.tell(topic, order.clone(), Some(&format!("order-{order_id}")));
        }
        Ok(order)
    }

    /// Queues an event. A payload that no subscription wants is dropped; one that is too long for a
    /// webhook, too: Shopify does the same.
    pub(super) fn tell(&self, topic: &str, payload: Value, act: Option<&str>) {
        let event = Event {
            topic: topic.to_owned(),
            shop: self.0.domain.clone(),
            payload,
            event_id: act.map(str::to_owned),
        };
        // Shopify drops what does not fit, and says nothing either.
        let _ = self.0.webhooks.publish(&event);
    }

    /// Uninstalls the app: its tokens are revoked, and it hears of that.
    pub fn uninstall(&self) -> bool {
        let was_installed = self.oauth().uninstall(&self.0.domain);
        if was_installed {
            self.tell("app/uninstalled", json!({ "domain": self.0.domain }), None);
        }
        was_installed
    }
}
