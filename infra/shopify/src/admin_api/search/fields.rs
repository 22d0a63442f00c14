//! The fields of searches, by the kind of the record, and their values.

use serde_json::Value;

use super::super::session::View;
use super::super::{customers, discounts, orders, products};
use super::Moment;
use crate::store::{Fields, legacy_id, referenced};
use crate::webhooks::Comparison;

/// Where the value of a field is.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// The number of the record.
    Id,
    /// A text, a number or a list of texts in the record.
    Stored(&'static str),
    /// A moment in the record.
    Time(&'static str),
    /// The number of another record.
    Reference(&'static str),
    /// It depends on other records.
    Computed(fn(&View<'_>, &Value) -> Vec<String>),
}

/// The fields of all kinds.
const COMMON: [(&str, Source); 3] = [
    ("id", Source::Id),
    ("created_at", Source::Time("createdAt")),
    ("updated_at", Source::Time("updatedAt")),
];
const ORDER: [(&str, Source); 12] = [
    ("customer_id", Source::Reference("customer")),
    ("discount_code", Source::Stored("discountCodes")),
    ("email", Source::Stored("email")),
    ("financial_status", Source::Computed(financial_status)),
    ("fulfillment_status", Source::Computed(|_, _| words(&["unfulfilled", "unshipped"]))),
    ("gateway", Source::Stored("paymentGatewayNames")),
    ("name", Source::Computed(|_, order| order_names(order))),
    ("processed_at", Source::Time("processedAt")),
    ("source_name", Source::Stored("sourceName")),
    ("status", Source::Computed(|_, order| order_statuses(order))),
    ("tag", Source::Stored("tags")),
    ("test", Source::Stored("test")),
];
const DRAFT_ORDER: [(&str, Source); 4] = [
    ("customer_id", Source::Reference("customer")),
    ("name", Source::Computed(|_, order| order_names(order))),
    ("status", Source::Stored("status")),
    ("tag", Source::Stored("tags")),
];
const CUSTOMER: [(&str, Source); 9] = [
    ("customer_date", Source::Time("createdAt")),
    ("email", Source::Stored("email")),
    ("first_name", Source::Stored("firstName")),
    ("last_name", Source::Stored("lastName")),
    ("orders_count", Source::Computed(orders_count)),
    ("phone", Source::Stored("phone")),
    ("state", Source::Stored("state")),
    ("tag", Source::Stored("tags")),
    ("total_spent", Source::Computed(total_spent)),
];
const PRODUCT: [(&str, Source); 9] = [
    ("handle", Source::Stored("handle")),
    ("inventory_total", Source::Computed(inventory_total)),
    ("product_type", Source::Stored("productType")),
    ("published_at", Source::Time("publishedAt")),
    ("sku", Source::Computed(skus)),
    ("status", Source::Stored("status")),
    ("tag", Source::Stored("tags")),
    ("title", Source::Stored("title")),
    ("vendor", Source::Stored("vendor")),
];
const VARIANT: [(&str, Source); 5] = [
    ("barcode", Source::Stored("barcode")),
    ("inventory_quantity", Source::Stored("inventoryQuantity")),
    ("product_id", Source::Reference("product")),
    ("sku", Source::Stored("sku")),
    ("title", Source::Stored("title")),
];
const DISCOUNT: [(&str, Source); 6] = [
    ("code", Source::Computed(codes)),
    ("ends_at", Source::Time("endsAt")),
    ("starts_at", Source::Time("startsAt")),
    ("status", Source::Computed(discount_status)),
    ("times_used", Source::Computed(times_used)),
    ("title", Source::Computed(|_, node| discount_text(node, "title"))),
];
const REDEEM_CODE: [(&str, Source); 2] =
    [("code", Source::Stored("code")), ("times_used", Source::Stored("asyncUsageCount"))];
const NAMED: [(&str, Source); 4] = [
    ("handle", Source::Stored("handle")),
    ("name", Source::Stored("name")),
    ("sku", Source::Stored("sku")),
    ("title", Source::Stored("title")),
];

fn table(kind: &str) -> &'static [(&'static str, Source)] {
    match kind {
        "Order" => &ORDER,
        "DraftOrder" => &DRAFT_ORDER,
        "Customer" => &CUSTOMER,
        "Product" => &PRODUCT,
        "ProductVariant" => &VARIANT,
        "DiscountNode" | "DiscountCodeNode" | "DiscountAutomaticNode" => &DISCOUNT,
        "DiscountRedeemCode" => &REDEEM_CODE,
        "Collection" | "Company" | "InventoryItem" | "Location" => &NAMED,
        _ => &[],
    }
}

/// Where a field of a kind is.
pub(super) fn source(kind: &str, field: &str) -> Option<Source> {
    let mut fields = COMMON.iter().chain(table(kind));
    fields.find(|(name, _)| *name == field).map(|(_, source)| *source)
}

// === impl Source ===

impl Source {
    /// Whether a record has a value that compares so.
    pub(super) fn holds(
        self,
        view: &View<'_>,
        value: &Value,
        comparison: Comparison,
        operand: &str,
    ) -> bool {
        let texts = match self {
            Self::Time(name) => {
                let stored = Some(value).filter(|value| value.present(name).is_some()).cloned();
                let at = stored.or_else(|| discounts::of_node(value)).and_then(|it| it.time(name));
                let expected = Moment::parse(operand);
                return match (at, expected) {
                    (Some(_), _) if comparison == Comparison::Exists => true,
                    (Some(at), Some(expected)) => expected.holds(at, comparison),
                    _ => false,
                };
            }
            Self::Id => words(&[legacy_id(value.text("id"))]),
            Self::Stored(name) => stored(value, name),
            Self::Reference(name) => {
                referenced(&value[name]).map(legacy_id).into_iter().map(str::to_owned).collect()
            }
            Self::Computed(compute) => compute(view, value),
        };
        // A list of values means one of them.
        let mut operands = operand.split(',').map(str::trim).filter(|one| !one.is_empty());
        match comparison {
            Comparison::Equal if operand.contains(',') => {
                texts.iter().any(|text| comparison.holds(text, operand))
                    || operands.any(|one| texts.iter().any(|text| comparison.holds(text, one)))
            }
            _ => texts.iter().any(|text| comparison.holds(text, operand)),
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn stored(value: &Value, name: &str) -> Vec<String> {
    match value.get(name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other.to_string()],
    }
}

/// The text of a computed field.
fn texts_of(field: Option<Value>) -> Vec<String> {
    field.map_or_else(Vec::new, |value| stored(&serde_json::json!({ "it": value }), "it"))
}

fn order_names(order: &Value) -> Vec<String> {
    let name = order.text("name");
    words(&[name, name.trim_start_matches('#')])
}

fn order_statuses(order: &Value) -> Vec<String> {
    let is_cancelled = order.present("cancelledAt").is_some();
    let is_closed = order.is_true("closed");
    let statuses = [
        ("any", true),
        ("cancelled", is_cancelled),
        ("closed", is_closed),
        ("not_closed", !is_closed),
        ("open", !is_closed && !is_cancelled),
    ];
    let held = statuses.iter().filter(|(_, is_held)| *is_held);
    held.map(|(status, _)| (*status).to_owned()).collect()
}

fn financial_status(view: &View<'_>, order: &Value) -> Vec<String> {
    texts_of(orders::field(view, order, "displayFinancialStatus"))
}

fn orders_count(view: &View<'_>, customer: &Value) -> Vec<String> {
    texts_of(customers::field(view, customer, "numberOfOrders"))
}

fn total_spent(view: &View<'_>, customer: &Value) -> Vec<String> {
    let spent = customers::field(view, customer, "amountSpent");
    texts_of(spent.map(|spent| spent["amount"].clone()))
}

fn inventory_total(view: &View<'_>, product: &Value) -> Vec<String> {
    texts_of(products::product_field(view, product, "totalInventory"))
}

fn skus(view: &View<'_>, product: &Value) -> Vec<String> {
    let variants = view.shop.records.children(product.text("id"), "ProductVariant");
    variants.map(|variant| variant.value.text("sku").to_owned()).collect()
}

fn codes(view: &View<'_>, node: &Value) -> Vec<String> {
    let codes = view.shop.records.children(node.text("id"), "DiscountRedeemCode");
    codes.map(|code| code.value.text("code").to_owned()).collect()
}

fn discount_text(node: &Value, name: &str) -> Vec<String> {
    discounts::of_node(node).map_or_else(Vec::new, |discount| stored(&discount, name))
}

fn discount_status(view: &View<'_>, node: &Value) -> Vec<String> {
    let discount = discounts::of_node(node);
    discount.map_or_else(Vec::new, |one| words(&[discounts::status(&one, view.now)]))
}

fn times_used(view: &View<'_>, node: &Value) -> Vec<String> {
    let discount = discounts::of_node(node).unwrap_or_default();
    texts_of(discounts::field(view, node.text("id"), &discount, "asyncUsageCount"))
}
