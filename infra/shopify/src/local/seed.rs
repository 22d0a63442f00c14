//! Products and customers that a shop begins with, under ids of their own.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{LocalShopify, moment};
use crate::store::{gid, reference, timestamp};
use crate::storefront::Customer;

/// A product.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// Its id.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Its handle.
    pub handle: String,
    /// Its variants.
    pub variants: Vec<NewVariant>,
}

/// A variant.
#[derive(Clone, Debug)]
pub struct NewVariant {
    /// Its id.
    pub id: u64,
    /// Its title; one that stands alone has none.
    pub title: Option<String>,
    /// Its SKU.
    pub sku: String,
    /// Its price in minor units.
    pub price: i64,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Their id.
    pub id: u64,
    /// Their e-mail address.
    pub email: String,
    /// Their first name.
    pub first_name: String,
    /// Their last name.
    pub last_name: String,
}

// === impl LocalShopify ===

impl LocalShopify {
    /// Adds a product, without telling the app.
    pub fn add_product(&self, product: &NewProduct) {
        let now = moment(&self.0.clock);
        let id = gid("Product", product.id);
        let value = json!({
            "id": id, "createdAt": timestamp(now), "updatedAt": timestamp(now),
            "title": product.title, "handle": product.handle, "status": "ACTIVE",
            "vendor": "Forecourt", "productType": "", "tags": [], "descriptionHtml": "",
            "description": "", "publishedAt": timestamp(now), "isGiftCard": false,
            "requiresSellingPlan": false, "options": [],
        });
        self.publish_pending();
        let mut shop = self.0.api.shop();
        shop.records.insert(&id, None, value, now);
        for (position, variant) in product.variants.iter().enumerate() {
            let (variant_id, item) =
                (gid("ProductVariant", variant.id), gid("InventoryItem", variant.id));
            let value = json!({
                "id": variant_id, "createdAt": timestamp(now), "updatedAt": timestamp(now),
                "title": variant.title.as_deref().unwrap_or("Default Title"),
                "price": self.0.currency.decimal(variant.price), "compareAtPrice": null,
                "sku": variant.sku, "barcode": null, "position": position + 1,
                "selectedOptions": [], "inventoryPolicy": "CONTINUE", "inventoryQuantity": 0,
                "taxable": true, "product": reference(&id), "inventoryItem": reference(&item),
            });
            shop.records.insert(&variant_id, Some(&id), value, now);
            let value = json!({"id": item, "tracked": false, "sku": variant.sku,
                "requiresShipping": true, "variant": reference(&variant_id)});
            shop.records.insert(&item, Some(&variant_id), value, now);
        }
        shop.records.take_changes();
    }

    /// Adds a customer, without telling the app.
    pub fn add_customer(&self, customer: &NewCustomer) {
        let now = moment(&self.0.clock);
        let NewCustomer { id, email, first_name, last_name } = customer.clone();
        let customer = Customer { id, email, first_name, last_name, tags: Vec::new() };
        let id = gid("Customer", id);
        self.publish_pending();
        let mut shop = self.0.api.shop();
        shop.records.insert(&id, None, customer_record(&id, &customer, "ENABLED", now), now);
        shop.records.take_changes();
    }
}

/// The record of a customer; `state` says whether they have an account.
pub(super) fn customer_record(
    id: &str,
    customer: &Customer,
    state: &str,
    now: OffsetDateTime,
) -> Value {
    json!({
        "id": id, "createdAt": timestamp(now), "updatedAt": timestamp(now),
        "firstName": customer.first_name, "lastName": customer.last_name,
        "email": customer.email, "phone": null, "note": null, "locale": "en",
        "state": state, "verifiedEmail": true, "taxExempt": false, "taxExemptions": [],
        "dataSaleOptOut": false, "validEmailAddress": true, "tags": [], "addresses": [],
    })
}
