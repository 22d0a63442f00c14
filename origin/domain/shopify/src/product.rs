//! Shopify's product JSON: the form of the REST Admin API and the webhooks, that of the
//! storefront's `/products/{handle}.js`, and that of the Storefront API. Unused fields are ignored.

use serde::Deserialize;

/// A product, perhaps in the envelope of the REST Admin API or the Storefront API.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Document {
    /// The Storefront API's answer.
    Answer {
        /// The answer's data.
        data: Enveloped,
    },
    /// The REST Admin API's answer.
    Enveloped(Enveloped),
    /// The product itself.
    Bare(ShopProduct),
}

/// An object with the product as a member.
#[derive(Debug, Deserialize)]
pub struct Enveloped {
    product: ShopProduct,
}

/// A product.
#[derive(Debug, Deserialize)]
pub struct ShopProduct {
    /// Its name in URLs.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its options, in Shopify's order.
    #[serde(default)]
    pub options: Vec<ShopOption>,
    /// Its variants.
    pub variants: ShopVariants,
    /// Storefront API: which combinations exist.
    #[serde(default, rename = "encodedVariantExistence")]
    pub existing: Option<String>,
    /// Storefront API: which combinations are in stock.
    #[serde(default, rename = "encodedVariantAvailability")]
    pub in_stock: Option<String>,
}

/// An option of a product.
#[derive(Debug, Deserialize)]
pub struct ShopOption {
    /// Its name.
    pub name: String,
    /// REST.
    #[serde(default)]
    pub values: Vec<String>,
    /// Storefront API.
    #[serde(default, rename = "optionValues")]
    pub option_values: Vec<Named>,
}

/// An object with a name.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
}

/// The variants of a product.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ShopVariants {
    /// A plain list.
    List(Vec<ShopVariant>),
    /// Storefront API: a connection.
    Nodes {
        /// The list.
        nodes: Vec<ShopVariant>,
    },
}

/// A variant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShopVariant {
    /// Its id.
    pub id: VariantId,
    /// The merchant's article number.
    pub sku: Option<String>,
    /// Its price.
    pub price: ShopPrice,
    /// REST: its value of the first option.
    pub option1: Option<String>,
    /// REST: its value of the second option.
    pub option2: Option<String>,
    /// REST: its value of the third option.
    pub option3: Option<String>,
    /// Storefront API.
    pub selected_options: Option<Vec<SelectedOption>>,
    /// `/products/{handle}.js`; the alias is the name in the Storefront API.
    #[serde(alias = "availableForSale")]
    available: Option<bool>,
    /// REST: who tracks the inventory, the quantity, and whether it may be oversold.
    #[serde(rename = "inventory_management")]
    counted_by: Option<String>,
    #[serde(rename = "inventory_quantity")]
    quantity: Option<i64>,
    #[serde(rename = "inventory_policy")]
    policy: Option<String>,
}

/// The id of a variant.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum VariantId {
    /// A number.
    Number(u64),
    /// A number, or `gid://shopify/ProductVariant/{number}`.
    Text(String),
}

/// A price.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ShopPrice {
    /// REST: a decimal in the main unit.
    Decimal(String),
    /// Storefront API.
    Amount {
        /// A decimal in the main unit.
        amount: String,
    },
    /// `/products/{handle}.js`: minor units.
    Minor(i64),
}

/// Storefront API: a variant's value of one option.
#[derive(Debug, Deserialize)]
pub struct SelectedOption {
    /// The option's name.
    pub name: String,
    /// The value's name.
    pub value: String,
}

// === impl Document ===

impl Document {
    /// The product, without its envelope.
    #[must_use]
    pub fn into_product(self) -> ShopProduct {
        match self {
            Self::Answer { data: Enveloped { product } }
            | Self::Enveloped(Enveloped { product })
            | Self::Bare(product) => product,
        }
    }
}

// === impl ShopOption ===

impl ShopOption {
    /// The names of its values, in Shopify's order.
    pub fn value_names(&self) -> impl Iterator<Item = &str> {
        let named = self.option_values.iter().map(|value| &value.name);
        self.values.iter().chain(named).map(String::as_str)
    }
}

// === impl ShopVariants ===

impl ShopVariants {
    /// The variants as a list.
    #[must_use]
    pub fn list(&self) -> &[ShopVariant] {
        match self {
            Self::List(variants) | Self::Nodes { nodes: variants } => variants,
        }
    }
}

// === impl ShopVariant ===

impl ShopVariant {
    /// Its value of an option, by the option's place and name.
    #[must_use]
    pub fn value_of(&self, place: usize, name: &str) -> Option<&str> {
        if let Some(selected) = &self.selected_options {
            let selected = selected.iter().find(|selected| selected.name == name)?;
            return Some(&selected.value);
        }
        [&self.option1, &self.option2, &self.option3].get(place).copied()?.as_deref()
    }

    /// Whether it is in stock according to the document.
    #[must_use]
    pub fn is_available(&self) -> bool {
        let is_counted = self.counted_by.is_some() && self.policy.as_deref() != Some("continue");
        let is_in_stock = !is_counted || self.quantity.is_none_or(|quantity| quantity > 0);
        self.available.unwrap_or(is_in_stock)
    }

    /// The id as the decimal number that carts take.
    #[must_use]
    pub fn number(&self) -> Option<String> {
        match &self.id {
            VariantId::Number(number) => Some(number.to_string()),
            VariantId::Text(text) => {
                let number = text.rsplit('/').next()?;
                let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                is_number.then(|| number.to_owned())
            }
        }
    }
}
