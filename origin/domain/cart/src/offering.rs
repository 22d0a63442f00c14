//! What an added item costs: the item is resolved to an offer at today's price, which the command
//! holds from then on.

use std::collections::BTreeMap;

use domain_catalog::Catalog;
use domain_configurator::{Configurator, Scope, Selection, UnknownChoice, Variant};
use domain_core::money::Money;
use domain_core::port::PortError;

use super::line::Offer;
use super::sold_by::SoldBy;

/// An item that a shopper adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addition {
    /// A Shopify variant, by its id.
    Variant(String),
    /// A configured product.
    Configured {
        /// The product's id.
        product: String,
        /// A complete selection of it.
        selection: BTreeMap<String, String>,
    },
}

/// Why an item can't be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSold {
    /// No published product sells the variant.
    VariantUnknown,
    /// The variant leaves options open, so that it has no price.
    VariantOpen,
    /// The product is not published.
    ProductUnknown(String),
    /// The product does not have these choices.
    ChoicesUnknown(Vec<UnknownChoice>),
    /// No configuration contains all of the choices.
    Inconsistent,
    /// An option has no choice.
    Incomplete,
    /// A port failed.
    Port(PortError),
}

/// A complete selection as it is sold today.
pub(super) struct Quote<'c> {
    /// The price of one piece.
    pub(super) price: Money,
    /// The variant that covers the selection.
    pub(super) variant: Option<&'c Variant>,
}

/// The offer of an added item, by the products of `catalog`.
///
/// # Errors
/// [`NotSold`].
pub async fn offer(
    catalog: &impl Catalog,
    addition: Addition,
    properties: BTreeMap<String, String>,
) -> Result<Offer, NotSold> {
    let published = addition.seller().product(catalog).await?;
    let published = published.ok_or_else(|| addition.unpublished())?;
    let today = &published.configurator;
    let Quote { price, variant } = match &addition {
        Addition::Variant(variant_id) => Quote::of_variant(today, variant_id)?,
        Addition::Configured { selection, .. } => {
            let pairs = selection.iter().map(|(option, value)| (option.as_str(), value.as_str()));
            let chosen = Selection::from_pairs(pairs).map_err(NotSold::ChoicesUnknown)?;
            Quote::of(today, &chosen)?
        }
    };
    Ok(Offer {
        product: today.product().id().to_owned(),
        variant_id: variant.map(|variant| variant.variant_id.clone()),
        sku: variant.map(|variant| variant.sku.clone()),
        title: today.product().title().to_owned(),
        price,
        selection: addition.selection(),
        properties,
    })
}

// === impl Addition ===

impl Addition {
    fn seller(&self) -> SoldBy {
        match self {
            Self::Variant(variant_id) => SoldBy::Variant(variant_id.clone()),
            Self::Configured { product, .. } => SoldBy::Product(product.clone()),
        }
    }

    fn unpublished(&self) -> NotSold {
        match self {
            Self::Variant(_) => NotSold::VariantUnknown,
            Self::Configured { product, .. } => NotSold::ProductUnknown(product.clone()),
        }
    }

    fn selection(self) -> Option<BTreeMap<String, String>> {
        match self {
            Self::Variant(_) => None,
            Self::Configured { selection, .. } => Some(selection),
        }
    }
}

// === impl Quote ===

impl<'c> Quote<'c> {
    /// A complete selection of a product.
    pub(super) fn of(today: &'c Configurator, selection: &Selection) -> Result<Self, NotSold> {
        // No option in scope: only the resolution of the whole selection is needed.
        let whole = Scope { only: Some([].into()) };
        let resolution = today.resolve(selection, &whole).map_err(NotSold::ChoicesUnknown)?;
        if !resolution.is_consistent() {
            return Err(NotSold::Inconsistent);
        }
        let price = today.price(selection).ok_or(NotSold::Incomplete)?;
        Ok(Self { price, variant: resolution.variant() })
    }

    /// A variant of a product.
    pub(super) fn of_variant(today: &'c Configurator, variant_id: &str) -> Result<Self, NotSold> {
        let variant = today.variant(variant_id).ok_or(NotSold::VariantUnknown)?;
        let price = today.price(&variant.selection).ok_or(NotSold::VariantOpen)?;
        Ok(Self { price, variant: Some(variant) })
    }
}

impl From<PortError> for NotSold {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}
