//! The checkout: the cart of a browser becomes an order of the shop, and webhooks are queued.

use http::HeaderMap;
use serde_json::Value;

use super::LocalShopify;
use super::records::ShopRecords;
use super::seed::customer_record;
use crate::admin_api::{is_email, place_paid_order};
use crate::store::{Change, RECORDS_MAX, Shop, gid, kind_of, legacy_id};
use crate::storefront::{CheckoutError, Customer, Placement, Shop as Front};

/// The number of the first order.
const FIRST_NUMBER: u64 = 1_001;
/// Line items are numbered after their order.
const LINES_AFTER: u64 = 1;

// === impl LocalShopify ===

impl LocalShopify {
    /// Places and pays the order of a browser's cart, and queues `orders/create` and `orders/paid`. A
    /// guest's order belongs to the customer with this e-mail address, who may be new.
    ///
    /// # Errors
    /// [`CheckoutError`]; the cart stays.
    pub fn check_out(&self, headers: &HeaderMap, email: &str) -> Result<Value, CheckoutError> {
        // Locked first, so that no other request publishes these changes.
        let mut states = super::locked(&self.0.order_states);
        let mut shop = self.0.api.shop();
        let earlier = shop.records.take_changes();
        let outcome = self.place(&mut shop, headers, email.trim());
        let own = shop.records.take_changes();
        drop(shop);
        self.publish_changes(&mut states, &earlier);
        let order = outcome?;
        // The order's own webhooks are the two below.
        let is_other = |change: &Change| kind_of(&change.gid) != Some("Order");
        let others: Vec<Change> = own.into_iter().filter(is_other).collect();
        self.publish_changes(&mut states, &others);
        states.insert_paid(gid("Order", &order["id"]));
        let event_id = format!("order-{}", order["id"]);
        for topic in ["orders/create", "orders/paid"] {
            self.publish(topic, order.clone(), Some(&event_id));
        }
        Ok(order)
    }

    fn place(
        &self,
        shop: &mut Shop,
        headers: &HeaderMap,
        email: &str,
    ) -> Result<Value, CheckoutError> {
        if shop.records.len() >= RECORDS_MAX {
            return Err(CheckoutError::Full);
        }
        let new_customer = is_email(email).then(|| Customer {
            id: legacy_id(&shop.mint("Customer")).parse().unwrap_or_default(),
            email: email.to_owned(),
            ..Customer::default()
        });
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
            let new_customer = new_customer.as_ref();
            let records = ShopRecords { shop, currency: self.0.currency, new_customer };
            let front = Front {
                catalogue: &records,
                customers: &records,
                discounts: &records,
                currency: self.0.currency,
            };
            self.storefront().check_out(headers, &front, email, &placement)?
        };
        let now = super::moment(&self.0.clock);
        shop.records.begin_act();
        if let Some(new) = new_customer.filter(|new| order["customer"]["id"] == new.id) {
            let id = gid("Customer", new.id);
            shop.records.insert(&id, None, customer_record(&id, &new, "DISABLED", now), now);
        }
        place_paid_order(shop, &order, now);
        Ok(order)
    }
}
