//! What the storefront needs of a shop.

use std::collections::BTreeSet;

use super::money::Currency;

/// A variant of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// The id.
    pub id: u64,
    /// The product's id.
    pub product_id: u64,
    /// The product's title.
    pub product_title: String,
    /// The variant's own title; a product with one variant has none.
    pub title: Option<String>,
    /// The product's handle.
    pub handle: String,
    /// The SKU.
    pub sku: String,
    /// The vendor.
    pub vendor: String,
    /// The product's type.
    pub product_type: String,
    /// The price in minor units.
    pub price: i64,
    /// What can be sold; none if the stock is not tracked or may be oversold.
    pub stock: Option<u32>,
    /// Whether it is a gift card.
    pub gift_card: bool,
    /// Whether it is shipped.
    pub requires_shipping: bool,
    /// Whether it is taxed.
    pub taxable: bool,
    /// Its weight.
    pub grams: u32,
    /// Names and values of its options.
    pub options: Vec<(String, String)>,
    /// How many may be bought.
    pub quantity_rule: QuantityRule,
}

/// How many of a variant may be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantityRule {
    /// At least.
    pub minimum: u32,
    /// At most.
    pub maximum: Option<u32>,
    /// In steps of this.
    pub increment: u32,
}

/// A customer with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// The id.
    pub id: u64,
    /// The e-mail address.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// Tags.
    pub tags: Vec<String>,
}

/// A discount code that can be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// The code as the merchant wrote it; shoppers may write it in any case.
    pub code: String,
    /// How much.
    pub value: DiscountValue,
    /// What it lowers.
    pub class: DiscountClass,
    /// The products that it lowers; all of them if there is no list.
    pub products: Option<BTreeSet<u64>>,
    /// Variants of other products that it lowers as well.
    pub variants: BTreeSet<u64>,
    /// The least subtotal, of what it lowers, that it is for.
    pub minimum_subtotal: i64,
    /// The least number of pieces, of what it lowers, that it is for.
    pub minimum_quantity: u64,
    /// Whether it can be used together with discounts of class product.
    pub combines_with_product: bool,
    /// Whether it can be used together with discounts of class order.
    pub combines_with_order: bool,
}

/// How much a discount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscountValue {
    /// In hundredths of a percent: 1,000 is 10 %.
    Percentage(u32),
    /// In minor units, over all that it lowers.
    Fixed(i64),
    /// In minor units, off each piece that it lowers.
    FixedEach(i64),
}

/// What a discount lowers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscountClass {
    /// Lines of the cart.
    Product,
    /// The subtotal.
    Order,
}

/// Products.
pub trait Catalogue {
    /// A variant that is sold.
    fn variant(&self, id: u64) -> Option<Variant>;
    /// The first variants, for a page.
    fn first_variants(&self, count: usize) -> Vec<Variant>;
}

/// Customers.
pub trait Customers {
    /// By id.
    fn by_id(&self, id: u64) -> Option<Customer>;
    /// By e-mail address, in any case.
    fn by_email(&self, email: &str) -> Option<Customer>;
}

/// Discount codes.
pub trait Discounts {
    /// The discount of a code, in any case, if this customer can use it now.
    fn usable(&self, code: &str, customer: Option<u64>, now_ms: u64) -> Option<Discount>;
}

/// A shop, as the storefront reads it.
#[derive(Clone, Copy)]
pub struct Shop<'a> {
    /// Products.
    pub catalogue: &'a dyn Catalogue,
    /// Customers.
    pub customers: &'a dyn Customers,
    /// Discount codes.
    pub discounts: &'a dyn Discounts,
    /// The one currency.
    pub currency: Currency,
}

// === impl Variant ===

impl Variant {
    /// The title with the variant's own, as a line shows it.
    #[must_use]
    pub fn full_title(&self) -> String {
        match &self.title {
            Some(title) => format!("{} - {title}", self.product_title),
            None => self.product_title.clone(),
        }
    }
}

// === impl QuantityRule ===

impl Default for QuantityRule {
    fn default() -> Self {
        Self { minimum: 1, maximum: None, increment: 1 }
    }
}

impl QuantityRule {
    /// The problem with a quantity, if there is one. Zero removes a line and is always right.
    #[must_use]
    pub fn problem(&self, quantity: u32) -> Option<String> {
        if quantity == 0 {
            return None;
        }
        if quantity < self.minimum {
            return Some(format!("The minimum quantity is {}.", self.minimum));
        }
        match self.maximum {
            Some(maximum) if quantity > maximum => {
                Some(format!("The maximum quantity is {maximum}."))
            }
            _ if self.increment > 1 && !quantity.is_multiple_of(self.increment) => {
                Some(format!("The quantity must be a multiple of {}.", self.increment))
            }
            _ => None,
        }
    }
}
