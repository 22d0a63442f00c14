//! Checkout: converts a cart to Shopify's form. Every line is checked against today's products,
//! prices and rules. A problem is reported, never corrected silently.

use std::collections::BTreeMap;

use domain_configurator::{Configurator, Selection, Variant};
use domain_core::money::Money;

use super::contents::Contents;
use super::line::{LINE_PROPERTY, Line, LineId, Offer};
use super::offering::Quote;

/// A cart in Shopify's form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandOver {
    /// The items of Shopify's cart, in the order of the lines. A line that can no longer be bought
    /// is omitted.
    pub items: Vec<Item>,
    /// Problems the shopper must read or solve first.
    pub problems: Vec<LineProblem>,
}

/// One line of Shopify's cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Shopify's variant id.
    pub variant_id: String,
    /// The quantity.
    pub quantity: u32,
    /// Line-item properties: the shopper's, the line's id, and of a configured line its selection.
    pub properties: BTreeMap<String, String>,
}

/// A problem of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// The line.
    pub line: LineId,
    /// Its title.
    pub title: String,
    /// The problem.
    pub problem: Problem,
}

/// The problems a line can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The product is no longer published, or no longer sells this variant.
    ProductGone,
    /// The selection is no longer valid and complete.
    SelectionInvalid {
        /// The cheapest valid selection that keeps as many choices as possible.
        repair: BTreeMap<String, String>,
    },
    /// The configuration is valid, but no Shopify variant represents it.
    VariantMissing,
    /// Another Shopify variant represents the configuration than when the line was added.
    VariantChanged,
    /// The price differs from the price when the line was added.
    PriceChanged {
        /// The price the cart shows.
        shown: Money,
        /// The price today.
        today: Money,
    },
    /// Shopify charges another price for the variant.
    PriceNotBinding {
        /// The price today.
        today: Money,
        /// The price Shopify charges.
        charged: Money,
    },
}

/// A line that can be bought today.
struct Buyable<'c> {
    variant: &'c Variant,
    price: Money,
}

/// Hands a cart over. `product` returns the product that sells an offer today.
#[must_use]
pub fn hand_over<'c>(
    contents: &Contents,
    product: impl Fn(&Offer) -> Option<&'c Configurator>,
) -> HandOver {
    let mut hand_over = HandOver::default();
    for (id, line) in contents.sorted_lines() {
        let mut report = |problem| {
            let title = line.offer.title.clone();
            hand_over.problems.push(LineProblem { line: id, title, problem });
        };
        match product(&line.offer)
            .ok_or(Problem::ProductGone)
            .and_then(|it| buyable(it, &line.offer))
        {
            Err(problem) => report(problem),
            Ok(buyable) => {
                price_problems(line, &buyable).into_iter().for_each(report);
                hand_over.items.push(item(id, line, buyable.variant));
            }
        }
    }
    hand_over
}

/// The variant and price of an offer today.
fn buyable<'c>(today: &'c Configurator, offer: &Offer) -> Result<Buyable<'c>, Problem> {
    let Some(choices) = &offer.selection else {
        let id = offer.variant_id.as_deref().unwrap_or_default();
        let quote = Quote::of_variant(today, id).map_err(|_| Problem::ProductGone)?;
        return Buyable::of(quote).ok_or(Problem::ProductGone);
    };
    let pairs = choices.iter().map(|(option, value)| (option.as_str(), value.as_str()));
    let selection = Selection::from_pairs(pairs).unwrap_or_default();
    let invalid = || {
        let repair = today.revalidate(&selection).repair.selection;
        let owned = |(option, value): (&str, &str)| (option.to_owned(), value.to_owned());
        Problem::SelectionInvalid { repair: repair.iter().map(owned).collect() }
    };
    let quote = Quote::of(today, &selection).map_err(|_| invalid())?;
    let buyable = Buyable::of(quote).ok_or(Problem::VariantMissing)?;
    // The same ids may mean other goods after a publication.
    let is_other = |shown: &String| *shown != buyable.variant.variant_id;
    match &offer.variant_id {
        Some(shown) if is_other(shown) => Err(Problem::VariantChanged),
        _ => Ok(buyable),
    }
}

fn price_problems(line: &Line, buyable: &Buyable<'_>) -> Vec<Problem> {
    let (shown, today) = (line.offer.price, buyable.price);
    let charged = buyable.variant.price.unwrap_or(today);
    let changed = (shown != today).then_some(Problem::PriceChanged { shown, today });
    let not_binding = (charged != today).then_some(Problem::PriceNotBinding { today, charged });
    changed.into_iter().chain(not_binding).collect()
}

/// The merchant builds the order from the selection; [`Order`](super::Order) reads the line.
fn item(id: LineId, line: &Line, variant: &Variant) -> Item {
    // Every field is named: what a shopper chose and Shopify must know is handed over here.
    let Line { offer, quantity, since: _, offered: _ } = line;
    let Offer { product: _, variant_id: _, sku: _, title: _, price: _, selection, properties } =
        &**offer;
    let mut properties = properties.clone();
    if let Some(selection) = selection {
        properties.extend(selection.clone());
    }
    // Apps add properties of their own between hand-over and order: the id finds the line then.
    properties.insert(LINE_PROPERTY.to_owned(), id.to_string());
    Item { variant_id: variant.variant_id.clone(), quantity: *quantity, properties }
}

// === impl Buyable ===

impl<'c> Buyable<'c> {
    /// Shopify sells variants only.
    fn of(quote: Quote<'c>) -> Option<Self> {
        Some(Self { variant: quote.variant?, price: quote.price })
    }
}

// === impl HandOver ===

impl HandOver {
    /// Whether the items include every line of the cart.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.problems.iter().any(|it| it.problem.keeps_line_back())
    }
}

// === impl Problem ===

impl Problem {
    /// Its code. The meaning never changes within `/v1`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProductGone => "product-gone",
            Self::SelectionInvalid { .. } => "selection-invalid",
            Self::VariantMissing => "variant-missing",
            Self::VariantChanged => "variant-changed",
            Self::PriceChanged { .. } => "price-changed",
            Self::PriceNotBinding { .. } => "price-not-binding",
        }
    }

    /// Whether the line can't be bought as it is and is omitted from the items.
    #[must_use]
    pub fn keeps_line_back(&self) -> bool {
        match self {
            Self::ProductGone
            | Self::SelectionInvalid { .. }
            | Self::VariantMissing
            | Self::VariantChanged => true,
            Self::PriceChanged { .. } | Self::PriceNotBinding { .. } => false,
        }
    }

    /// The remedy, as text for the client's developer.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::ProductGone => "It is not sold any more. Remove the line.",
            Self::SelectionInvalid { .. } => {
                "It can't be built like this any more. Show what `repair` changes; to take it, \
                 add that selection and remove the line."
            }
            Self::VariantMissing => {
                "Shopify has no variant for this configuration. Remove the line; the merchant \
                 publishes the missing variant."
            }
            Self::VariantChanged => {
                "These choices stand for another article than when it was added. Remove the line; \
                 to take today's article, show it and add it again."
            }
            Self::PriceChanged { .. } => {
                "The price has changed since it was added. Show today's; to take it, remove the \
                 line and add it again."
            }
            Self::PriceNotBinding { .. } => {
                "Shopify charges `charged`, not this price. Show that before the shopper pays; \
                 the merchant aligns the variant's price."
            }
        }
    }
}
