//! Line items of orders and of draft orders.

use serde_json::{Value, json};

use super::super::money::{bag, places};
use super::super::products;
use super::super::session::Context;
use crate::store::{Decimal, Fields, Settings, Shop, legacy_id, reference, referenced};

/// A line that will be sold.
#[derive(Clone, Debug)]
pub(in super::super) struct NewLine {
    pub(in super::super) title: String,
    pub(in super::super) variant: Option<String>,
    pub(in super::super) sku: Value,
    pub(in super::super) quantity: i64,
    pub(in super::super) unit_price: Decimal,
    /// What the whole line is cheaper by.
    pub(in super::super) discount: Decimal,
    pub(in super::super) requires_shipping: bool,
    pub(in super::super) is_taxable: bool,
    pub(in super::super) attributes: Value,
}

/// The line of an input, or why it cannot be sold: the field within the line, and the message.
pub(in super::super) fn line_of_input(
    shop: &Shop,
    input: &Value,
    unit_price: Option<Decimal>,
) -> Result<NewLine, (Option<&'static str>, String)> {
    let quantity = input["quantity"].as_i64().unwrap_or(1);
    let gid = input.text("variantId");
    let variant = shop.records.of("ProductVariant", gid);
    if !gid.is_empty() && variant.is_none() {
        let id = legacy_id(gid);
        return Err((None, format!("Product with ID {id} is no longer available.")));
    }
    let stored = variant.map(|record| record.value.as_ref()).unwrap_or(&Value::Null);
    let product = referenced(&stored["product"]).map(|product| shop.records.value(product));
    let title = match &product {
        Some(product) => product.text("title"),
        None => input.text("title"),
    };
    if title.trim().is_empty() {
        return Err((None, "Merchandise title is empty.".to_owned()));
    }
    if quantity < 1 {
        return Err((Some("quantity"), "Quantity must be greater than or equal to 1".to_owned()));
    }
    let unit_price = unit_price.or_else(|| stored.decimal("price")).unwrap_or_default();
    if unit_price.is_negative() {
        return Err((None, "Cannot send negative price for line_item".to_owned()));
    }
    let flag =
        |name: &str, other: bool| input.present(name).and_then(Value::as_bool).unwrap_or(other);
    let sku = input.present("sku").filter(|_| variant.is_none()).or_else(|| stored.present("sku"));
    let attributes = input.present("customAttributes").or_else(|| input.present("properties"));
    Ok(NewLine {
        title: title.to_owned(),
        variant: variant.map(|record| record.gid.clone()),
        sku: sku.cloned().unwrap_or(Value::Null),
        quantity,
        unit_price,
        discount: Decimal::ZERO,
        requires_shipping: flag("requiresShipping", variant.is_some()),
        is_taxable: flag("taxable", true),
        attributes: attributes.map_or_else(|| json!([]), attributes_of),
    })
}

/// Attributes as pairs of key and value; the inputs of orders call the key a name.
fn attributes_of(list: &Value) -> Value {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    let pair = |item: &Value| {
        let key = item.present("key").or_else(|| item.present("name"));
        json!({ "key": key, "value": item["value"] })
    };
    items.iter().map(pair).collect()
}

impl NewLine {
    pub(in super::super) fn original(&self) -> Decimal {
        self.unit_price.times(self.quantity)
    }

    /// The fields that lines of orders and of draft orders share.
    pub(in super::super) fn fields(&self, shop: &Shop) -> Value {
        let settings = &shop.settings;
        let variant = self.variant.as_deref().map(|gid| shop.records.value(gid));
        let variant_title = variant.as_ref().map(|variant| variant.text("title"));
        let variant_title = variant_title.filter(|title| *title != "Default Title");
        let name = match variant_title {
            Some(variant) => format!("{} - {variant}", self.title),
            None => self.title.clone(),
        };
        let product = variant.as_ref().and_then(|variant| referenced(&variant["product"]));
        let product = product.map(|product| shop.records.value(product));
        let total = self.original() - self.discount;
        json!({
            "title": self.title,
            "name": name,
            "quantity": self.quantity,
            "sku": self.sku,
            "variantTitle": variant_title,
            "variant": self.variant.as_deref().map(reference),
            "product": variant.as_ref().map(|variant| variant["product"].clone()),
            "custom": self.variant.is_none(),
            "isGiftCard": product.as_ref().is_some_and(|product| product.is_true("isGiftCard")),
            "vendor": product.as_ref().map(|product| product["vendor"].clone()),
            "requiresShipping": self.requires_shipping,
            "taxable": self.is_taxable,
            "customAttributes": self.attributes,
            "taxLines": [],
            "originalUnitPriceSet": bag(settings, self.unit_price),
            "originalTotalSet": bag(settings, self.original()),
            "discountedTotalSet": bag(settings, total),
            "totalDiscountSet": bag(settings, self.discount),
        })
    }
}

/// Takes the pieces that are sold from the stock.
pub(in super::super) fn take_stock(context: &mut Context<'_>, lines: &[NewLine]) {
    for line in lines {
        if let Some(variant) = &line.variant {
            products::adjust(context, variant, -line.quantity);
        }
    }
}

/// Spreads a discount of the whole order over its lines, by their prices. The last line takes what
/// rounding leaves.
pub(super) fn spread(settings: &Settings, lines: &[NewLine], discount: Decimal) -> Vec<Decimal> {
    let totals: Vec<Decimal> = lines.iter().map(|line| line.original() - line.discount).collect();
    let whole: Decimal = totals.iter().copied().sum();
    let mut left = discount.min(whole);
    let mut parts = Vec::new();
    let last = totals.iter().rposition(|total| *total > Decimal::ZERO);
    for (index, total) in totals.iter().enumerate() {
        let part = if Some(index) == last {
            left
        } else {
            discount.share(*total, whole, places(settings))
        };
        left = left - part;
        parts.push(part);
    }
    parts
}

/// Adds a line to an order. `share` is its part of the order's discount.
pub(super) fn add_line(
    context: &mut Context<'_>,
    order: &str,
    line: &NewLine,
    share: Decimal,
) -> String {
    let mut fields = line.fields(context.shop);
    let settings = &context.shop.settings;
    let allocation = line.discount + share;
    let allocations = match allocation > Decimal::ZERO {
        true => json!([{ "allocatedAmountSet": bag(settings, allocation) }]),
        false => json!([]),
    };
    fields["currentQuantity"] = json!(line.quantity);
    fields["refundableQuantity"] = json!(line.quantity);
    fields["unfulfilledQuantity"] = json!(line.quantity);
    fields["nonFulfillableQuantity"] = json!(0);
    fields["restockable"] = json!(true);
    fields["merchantEditable"] = json!(true);
    fields["discountAllocations"] = allocations;
    fields["priceAfterAllDiscountsSet"] = bag(settings, line.original() - allocation);
    context.shop.create("LineItem", Some(order), fields, context.now)
}
