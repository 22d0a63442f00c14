//! Shopify's product JSON: the form of the REST Admin API and the webhooks, that of the
//! storefront's `/products/{handle}.js`, and that of the Storefront API. Unused fields are ignored.

use serde::Deserialize;

/// A product, perhaps in the envelope of the REST Admin API or the Storefront API.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Document {
    Answer { data: Enveloped },
    Enveloped(Enveloped),
    Bare(ShopProduct),
}

#[derive(Deserialize)]
pub(super) struct Enveloped {
    product: ShopProduct,
}

#[derive(Deserialize)]
pub(super) struct ShopProduct {
    pub(super) handle: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) options: Vec<ShopOption>,
    pub(super) variants: ShopVariants,
    /// Storefront API: which combinations exist.
    #[serde(default, rename = "encodedVariantExistence")]
    pub(super) existing: Option<String>,
    /// Storefront API: which combinations are in stock.
    #[serde(default, rename = "encodedVariantAvailability")]
    pub(super) in_stock: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ShopOption {
    pub(super) name: String,
    /// REST.
    #[serde(default)]
    pub(super) values: Vec<String>,
    /// Storefront API.
    #[serde(default, rename = "optionValues")]
    pub(super) option_values: Vec<Named>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ShopVariants {
    List(Vec<ShopVariant>),
    Nodes { nodes: Vec<ShopVariant> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShopVariant {
    pub(super) id: VariantId,
    pub(super) sku: Option<String>,
    pub(super) price: ShopPrice,
    pub(super) option1: Option<String>,
    pub(super) option2: Option<String>,
    pub(super) option3: Option<String>,
    /// Storefront API.
    pub(super) selected_options: Option<Vec<SelectedOption>>,
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

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum VariantId {
    Number(u64),
    /// A number, or `gid://shopify/ProductVariant/{number}`.
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ShopPrice {
    /// REST: a decimal in the main unit.
    Decimal(String),
    /// Storefront API.
    Amount { amount: String },
    /// `/products/{handle}.js`: minor units.
    Minor(i64),
}

#[derive(Deserialize)]
pub(super) struct SelectedOption {
    pub(super) name: String,
    pub(super) value: String,
}

// === impl Document ===

impl Document {
    pub(super) fn into_product(self) -> ShopProduct {
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
    pub(super) fn value_names(&self) -> impl Iterator<Item = &str> {
        let named = self.option_values.iter().map(|value| &value.name);
        self.values.iter().chain(named).map(String::as_str)
    }
}

// === impl ShopVariants ===

impl ShopVariants {
    pub(super) fn list(&self) -> &[ShopVariant] {
        match self {
            Self::List(variants) | Self::Nodes { nodes: variants } => variants,
        }
    }
}

// === impl ShopVariant ===

impl ShopVariant {
    /// Its value of an option, by the option's place and name.
    pub(super) fn value_of(&self, place: usize, name: &str) -> Option<&str> {
        if let Some(selected) = &self.selected_options {
            let selected = selected.iter().find(|selected| selected.name == name)?;
            return Some(&selected.value);
        }
        [&self.option1, &self.option2, &self.option3].get(place).copied()?.as_deref()
    }

    /// Whether it is in stock according to the document.
    pub(super) fn is_available(&self) -> bool {
        let is_counted = self.counted_by.is_some() && self.policy.as_deref() != Some("continue");
        let is_in_stock = !is_counted || self.quantity.is_none_or(|quantity| quantity > 0);
        self.available.unwrap_or(is_in_stock)
    }

    /// The id as the decimal number that carts take.
    pub(super) fn number(&self) -> Option<String> {
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
