//! The records of the admin API, as the storefront reads them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::store::{Fields, Record, Records, Shop, gid, legacy_id, referenced};
use crate::storefront::{
    Catalogue, Currency, Customer, Customers, Discount, DiscountClass, DiscountValue, Discounts,
    QuantityRule, Variant,
};

/// Records read with a currency.
pub(super) struct ShopRecords<'a> {
    pub(super) shop: &'a Shop,
    pub(super) currency: Currency,
    /// The guest of a checkout who becomes a customer with it.
    pub(super) new_customer: Option<&'a Customer>,
}

// === impl ShopRecords ===

impl ShopRecords<'_> {
    fn records(&self) -> &Records {
        &self.shop.records
    }

    fn variant_of(&self, record: &Record) -> Option<Variant> {
        let value = &record.value;
        let product = self.records().get(referenced(&value["product"])?)?;
        let is_tracked = referenced(&value["inventoryItem"])
            .and_then(|item| self.records().get(item))
            .is_some_and(|item| item.value.is_true("tracked"));
        let may_oversell = value.text("inventoryPolicy") == "CONTINUE";
        let stock = value["inventoryQuantity"].as_i64().unwrap_or_default();
        let options = value.list("selectedOptions").iter();
        let title = value.text("title");
        Some(Variant {
            id: number(&record.gid)?,
            product_id: number(&product.gid)?,
            product_title: product.value.text("title").to_owned(),
            title: (title != "Default Title").then(|| title.to_owned()),
            handle: product.value.text("handle").to_owned(),
            sku: value.text("sku").to_owned(),
            vendor: product.value.text("vendor").to_owned(),
            product_type: product.value.text("productType").to_owned(),
            // What has no exact price in the shop's currency is not sold.
            price: self.currency.minor(value.text("price"))?,
            stock: (is_tracked && !may_oversell)
                .then(|| u32::try_from(stock.max(0)).unwrap_or(u32::MAX)),
            gift_card: product.value.is_true("isGiftCard"),
            requires_shipping: true,
            taxable: value.is_true("taxable"),
            grams: 0,
            options: options
                .map(|one| (one.text("name").to_owned(), one.text("value").to_owned()))
                .collect(),
            quantity_rule: QuantityRule::default(),
        })
    }
}

impl Catalogue for ShopRecords<'_> {
    fn variant(&self, id: u64) -> Option<Variant> {
        self.variant_of(self.records().get(&gid("ProductVariant", id))?)
    }

    fn first_variants(&self, count: usize) -> Vec<Variant> {
        let variants = self.records().of_kind("ProductVariant");
        variants.filter_map(|record| self.variant_of(record)).take(count).collect()
    }
}

impl Customers for ShopRecords<'_> {
    fn by_id(&self, id: u64) -> Option<Customer> {
        customer_of(self.records().get(&gid("Customer", id))?)
    }

    fn by_email(&self, email: &str) -> Option<Customer> {
        let mut customers = self.records().of_kind("Customer");
        let found = customers.find(|one| one.value.text("email").eq_ignore_ascii_case(email));
        let known = found.filter(|_| !email.is_empty()).and_then(customer_of);
        let new = || self.new_customer.filter(|new| new.email == email).cloned();
        known.or_else(new)
    }
}

impl Discounts for ShopRecords<'_> {
    fn usable(&self, code: &str, customer: Option<u64>, now_ms: u64) -> Option<Discount> {
        let redeem_code = self.records().by_code(code)?;
        let node = self.records().get(redeem_code.parent.as_deref()?)?;
        let discount = &node.value["codeDiscount"];
        let used = redeem_code.value["asyncUsageCount"].as_i64().unwrap_or_default();
        let is_used_up = discount["usageLimit"].as_i64().is_some_and(|limit| used >= limit);
        let at = |name: &str| discount.time(name).map(|at| at.unix_timestamp());
        let now_s = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
        let has_begun = at("startsAt").is_none_or(|from| from <= now_s);
        let has_ended = at("endsAt").is_some_and(|until| until <= now_s);
        if is_used_up || !has_begun || has_ended {
            return None;
        }
        if !is_for_customer(&discount["context"], customer)
            || (discount.is_true("appliesOncePerCustomer") && self.has_used(&node.gid, customer))
        {
            return None;
        }
        let gets = &discount["customerGets"];
        let is_subscription_only = gets.get("appliesOnOneTimePurchase") == Some(&false.into());
        let entitled = Entitled::of(&gets["items"]).filter(|_| !is_subscription_only)?;
        let minimum = Minimum::of(&discount["minimumRequirement"], self.currency)?;
        let combines = &discount["combinesWith"];
        Some(Discount {
            code: redeem_code.value.text("code").to_owned(),
            value: self.discount_value(&gets["value"])?,
            class: entitled.class,
            products: entitled.products,
            variants: entitled.variants,
            minimum_subtotal: minimum.subtotal,
            minimum_quantity: minimum.quantity,
            combines_with_product: combines.is_true("productDiscounts"),
            combines_with_order: combines.is_true("orderDiscounts"),
        })
    }
}

impl ShopRecords<'_> {
    fn discount_value(&self, value: &Value) -> Option<DiscountValue> {
        if value.get("percentage").is_some() {
            return Some(DiscountValue::Percentage(hundredths(&value["percentage"])?));
        }
        let amount = self.currency.minor(value["amount"].text("amount"))?;
        Some(match value.is_true("appliesOnEachItem") {
            true => DiscountValue::FixedEach(amount),
            false => DiscountValue::Fixed(amount),
        })
    }

    /// Whether an order of a customer has used a code of a discount.
    fn has_used(&self, discount: &str, customer: Option<u64>) -> bool {
        let Some(customer) = customer else { return false };
        let is_of_discount = |code: &Value| {
            let code = code.as_str().and_then(|code| self.records().by_code(code));
            code.is_some_and(|code| code.parent.as_deref() == Some(discount))
        };
        let customer = gid("Customer", customer);
        let mut orders = self.records().children(&customer, "Order");
        orders.any(|order| order.value.list("discountCodes").iter().any(is_of_discount))
    }
}

/// What a discount lowers.
struct Entitled {
    class: DiscountClass,
    products: Option<BTreeSet<u64>>,
    variants: BTreeSet<u64>,
}

impl Entitled {
    /// Nothing for collections: the products in them are not emulated.
    fn of(items: &Value) -> Option<Self> {
        let numbers = |name: &str| {
            items.list(name).iter().filter_map(|item| number(referenced(item)?)).collect()
        };
        match items.text("__typename") {
            "AllDiscountItems" => Some(Self {
                class: DiscountClass::Order,
                products: None,
                variants: BTreeSet::new(),
            }),
            "DiscountProducts" => Some(Self {
                class: DiscountClass::Product,
                products: Some(numbers("products")),
                variants: numbers("productVariants"),
            }),
            _ => None,
        }
    }
}

/// The least purchase that a discount is for.
struct Minimum {
    subtotal: i64,
    quantity: u64,
}

impl Minimum {
    fn of(requirement: &Value, currency: Currency) -> Option<Self> {
        match requirement.text("__typename") {
            "" => Some(Self { subtotal: 0, quantity: 0 }),
            "DiscountMinimumSubtotal" => {
                let amount = requirement["greaterThanOrEqualToSubtotal"].decimal("amount")?;
                Some(Self { subtotal: currency.minor(&amount.to_string())?, quantity: 0 })
            }
            "DiscountMinimumQuantity" => {
                let quantity = &requirement["greaterThanOrEqualToQuantity"];
                let quantity = quantity.as_u64().or_else(|| quantity.as_str()?.parse().ok())?;
                Some(Self { subtotal: 0, quantity })
            }
            _ => None,
        }
    }
}

/// Whether a discount is for a customer: for all, or only for those in a list.
fn is_for_customer(context: &Value, customer: Option<u64>) -> bool {
    match context.text("__typename") {
        "DiscountBuyerSelectionAll" => true,
        "DiscountCustomers" => {
            let listed =
                context.list("customers").iter().filter_map(|one| number(referenced(one)?));
            customer.is_some_and(|customer| listed.into_iter().any(|one| one == customer))
        }
        _ => false,
    }
}

/// A share such as `0.1` as hundredths of a percent, from its digits.
fn hundredths(share: &Value) -> Option<u32> {
    let text = share.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{rest:0<4}");
    digits.get(..whole.len() + 4)?.parse().ok()
}

fn customer_of(record: &Record) -> Option<Customer> {
    let value = &record.value;
    Some(Customer {
        id: number(&record.gid)?,
        email: value.text("email").to_owned(),
        first_name: value.text("firstName").to_owned(),
        last_name: value.text("lastName").to_owned(),
        tags: value.list("tags").iter().filter_map(|tag| Some(tag.as_str()?.to_owned())).collect(),
    })
}

/// The number of a global id.
pub(super) fn number(gid: &str) -> Option<u64> {
    legacy_id(gid).parse().ok()
}
