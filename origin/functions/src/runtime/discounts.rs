//! The discounts of the shop at Shopify, by the Admin API.

use std::str::FromStr as _;
use std::time::Duration;

use domain_core::port::PortError;
use domain_core::time::SECOND_MS;
use domain_loyalty::{
    Added, Created, CreationId, Discount, DiscountId, DiscountValue, Discounts, RewardCode,
};
use origin_shopify::admin_api::operations::{
    DiscountByCode, DiscountCodeBasicCreate, DiscountCodeFreeShippingCreate,
    DiscountRedeemCodeCreation, DiscountRedeemCodesAdd, RedeemCode,
};
use origin_shopify::admin_api::{AdminApi, AdminError, Operation};
use serde_json::{Number, Value, json};

use crate::runtime::clock::Clock;
use crate::runtime::shopify::Shopify;

/// How long one call may take: six fit the time that a message has.
const CALL_MS_MAX: u64 = 10 * SECOND_MS;
/// How long to wait before the next look at a batch that is being imported.
const IMPORT_PAUSE: Duration = Duration::from_millis(500);

/// The discounts of one shop.
#[derive(Debug, Clone)]
pub struct ShopifyDiscounts {
    /// `None`: this deployment has no app, and every call fails.
    api: Option<AdminApi>,
    clock: Clock,
}

// === impl ShopifyDiscounts ===

impl ShopifyDiscounts {
    /// The discounts that the app may change.
    #[must_use]
    pub fn new(shopify: Option<&Shopify>, clock: &Clock) -> Self {
        Self { api: shopify.map(|shopify| shopify.api.clone()), clock: clock.clone() }
    }

    async fn call<O: Operation>(&self, operation: &O) -> Result<O::Answer, AdminError> {
        let none = || AdminError::Unavailable {
            reason: "this deployment has no app there".to_owned(),
            may_be_done: false,
        };
        let until = self.clock.now().plus_ms(CALL_MS_MAX);
        self.api.as_ref().ok_or_else(none)?.call(operation, until).await
    }
}

impl Discounts for ShopifyDiscounts {
    async fn discount_of(&self, code: &RewardCode) -> Result<Option<DiscountId>, PortError> {
        let answer = self.call(&DiscountByCode { code: code.to_string() }).await;
        let node = answer.map_err(|error| port_error(&error))?.code_discount_node_by_code;
        Ok(node.map(|node| DiscountId(node.id)))
    }

    async fn create(&self, discount: &Discount, code: &RewardCode) -> Result<Created, PortError> {
        let input = input(discount, code)?;
        let answer = match discount.value {
            DiscountValue::FreeShipping => {
                self.call(&DiscountCodeFreeShippingCreate { discount: input }).await
            }
            DiscountValue::Amount(_) | DiscountValue::Percent(_) => {
                self.call(&DiscountCodeBasicCreate { discount: input }).await
            }
        };
        match answer {
            Ok(answer) => {
                let node = answer.created.code_discount_node;
                let node = node.ok_or_else(|| absent("discount"))?;
                Ok(Created::Done(DiscountId(node.id)))
            }
            Err(error) if error.has_user_code("TAKEN") => Ok(Created::Taken),
            Err(error) => Err(port_error(&error)),
        }
    }

    async fn add(&self, id: &DiscountId, codes: &[RewardCode]) -> Result<CreationId, PortError> {
        let codes = codes.iter().map(|code| RedeemCode { code: code.to_string() }).collect();
        let answer = self.call(&DiscountRedeemCodesAdd { discount: id.0.clone(), codes }).await;
        let added = answer.map_err(|error| port_error(&error))?.discount_redeem_code_bulk_add;
        Ok(CreationId(added.bulk_creation.ok_or_else(|| absent("import"))?.id))
    }

    async fn added(&self, creation: &CreationId) -> Result<Option<Vec<Added>>, PortError> {
        let answer = self.call(&DiscountRedeemCodeCreation { id: creation.0.clone() }).await;
        let answer = answer.map_err(|error| port_error(&error))?;
        let creation = answer.discount_redeem_code_bulk_creation.ok_or_else(|| absent("import"))?;
        if !creation.done {
            tokio::time::sleep(IMPORT_PAUSE).await;
            return Ok(None);
        }
        let added = creation.codes.nodes.into_iter().map(|node| Added {
            code: RewardCode::from_shopify(node.code),
            is_made: node.discount_redeem_code.is_some(),
        });
        Ok(Some(added.collect()))
    }
}

/// The input of a discount. A code is used once, by anyone who has it.
fn input(discount: &Discount, code: &RewardCode) -> Result<Value, PortError> {
    let mut input = json!({
        "title": discount.title,
        "code": code.to_string(),
        "startsAt": discount.starts_at.to_rfc3339(),
        "endsAt": discount.ends_at.to_rfc3339(),
        "usageLimit": 1,
        "context": {"all": "ALL"},
        "combinesWith": {
            "orderDiscounts": discount.combines.order,
            "productDiscounts": discount.combines.product,
            "shippingDiscounts": discount.combines.shipping,
        },
    });
    let value = match &discount.value {
        DiscountValue::FreeShipping => {
            input["destination"] = json!({"all": true});
            return Ok(input);
        }
        DiscountValue::Amount(amount) => {
            json!({"discountAmount": {"amount": amount, "appliesOnEachItem": false}})
        }
        DiscountValue::Percent(percent) => {
            let fraction = format!("{}.{:02}", percent / 100, percent % 100);
            let fraction = Number::from_str(&fraction).map_err(|_| absent("percentage"))?;
            json!({"percentage": fraction})
        }
    };
    input["customerGets"] = json!({"value": value, "items": {"all": true}});
    Ok(input)
}

fn absent(what: &str) -> PortError {
    PortError::Corrupt(format!("Shopify's answer has no {what}"))
}

/// The error without Shopify's texts, which may quote a code.
fn port_error(error: &AdminError) -> PortError {
    match error {
        AdminError::User(errors) => {
            let codes = errors.iter().map(|error| error.code.as_deref().unwrap_or("no code"));
            let codes: Vec<&str> = codes.collect();
            PortError::Corrupt(format!("Shopify rejects the discount: {}", codes.join(", ")))
        }
        other => PortError::from(other.clone()),
    }
}
