//! Checkout: the whole cart as Shopify takes it, every line looked at again in the light of today's
//! products, prices and rules. What is wrong with a line is told, never put right in silence.

use std::collections::BTreeMap;

use super::contents::Contents;
use super::line::{LINE_PROPERTY, Line, LineId, Offer};
use crate::configurator::{Configurator, Scope, Selection, Variant};
use crate::money::Money;

/// What a cart amounts to at Shopify.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandOver {
    /// What Shopify's cart is to hold, in the order of the lines. A line that can't be bought any
    /// more is not among them.
    pub items: Vec<Item>,
    /// What the shopper has to know or to change first.
    pub problems: Vec<LineProblem>,
}

/// One line of Shopify's cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Shopify's variant id.
    pub variant_id: String,
    /// How many.
    pub quantity: u32,
    /// Line-item properties: the shopper's, and of a configured line its selection and its id.
    pub properties: BTreeMap<String, String>,
}

/// Something wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// Which line.
    pub line: LineId,
    /// What it is called.
    pub title: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The product is no longer published, or no longer sells this variant.
    ProductGone,
    /// The choices no longer make a product that is valid and whole.
    SelectionInvalid {
        /// The cheapest valid selection that keeps as many of them as possible.
        repair: BTreeMap<String, String>,
    },
    /// The configuration is valid, but no variant of Shopify's stands for it.
    VariantMissing,
    /// Today it costs something else than when it was added.
    PriceChanged {
        /// What the cart shows.
        shown: Money,
        /// What it costs today.
        today: Money,
    },
    /// Shopify charges something else for the variant.
    PriceNotBinding {
        /// What it costs today.
        today: Money,
        /// What Shopify charges.
        charged: Money,
    },
}

/// A line that can be bought today.
struct Buyable<'c> {
    variant: &'c Variant,
    price: Money,
}

/// Hands a cart over. `product` finds the one that sells an offer today.
#[must_use]
pub fn hand_over<'c>(
    contents: &Contents,
    product: impl Fn(&Offer) -> Option<&'c Configurator>,
) -> HandOver {
    let mut hand_over = HandOver::default();
    for (id, line) in contents.shown() {
        let mut note = |problem| {
            let title = line.offer.title.clone();
            hand_over.problems.push(LineProblem { line: id, title, problem });
        };
        match product(&line.offer).ok_or(Problem::ProductGone).and_then(|it| look(it, &line.offer))
        {
            Err(problem) => note(problem),
            Ok(found) => {
                price_problems(line, &found).into_iter().for_each(note);
                hand_over.items.push(item(id, line, found.variant));
            }
        }
    }
    hand_over
}

/// What an offer is today.
fn look<'c>(today: &'c Configurator, offer: &Offer) -> Result<Buyable<'c>, Problem> {
    let Some(chosen) = &offer.selection else {
        let id = offer.variant_id.as_deref().unwrap_or_default();
        let variant = today.variant(id).ok_or(Problem::ProductGone)?;
        let price = today.price(&variant.selection).ok_or(Problem::ProductGone)?;
        return Ok(Buyable { variant, price });
    };
    let pairs = chosen.iter().map(|(option, value)| (option.as_str(), value.as_str()));
    let selection = Selection::from_pairs(pairs).unwrap_or_default();
    let invalid = || {
        let repair = today.revalidate(&selection).repair.selection;
        let named = |(option, value): (&str, &str)| (option.to_owned(), value.to_owned());
        Problem::SelectionInvalid { repair: repair.iter().map(named).collect() }
    };
    // No option in scope: only what the selection as a whole amounts to.
    let whole = Scope { only: Some([].into()) };
    let resolution = today.resolve(&selection, &whole).map_err(|_| invalid())?;
    // Of a selection that is not complete, or of no configuration, there is no price.
    let price = today.price(&selection).ok_or_else(invalid)?;
    let variant = resolution.variant().and_then(|variant| today.variant(&variant.variant_id));
    let variant = variant.ok_or(Problem::VariantMissing)?;
    Ok(Buyable { variant, price })
}

fn price_problems(line: &Line, found: &Buyable<'_>) -> Vec<Problem> {
    let (shown, today) = (line.offer.price, found.price);
    let charged = found.variant.price.unwrap_or(today);
    let changed = (shown != today).then_some(Problem::PriceChanged { shown, today });
    let not_binding = (charged != today).then_some(Problem::PriceNotBinding { today, charged });
    changed.into_iter().chain(not_binding).collect()
}

/// Whoever builds the order reads its selection, and [`Order`](super::Order) its line.
fn item(id: LineId, line: &Line, variant: &Variant) -> Item {
    let mut properties = line.offer.properties.clone();
    if let Some(selection) = &line.offer.selection {
        properties.extend(selection.clone());
        properties.insert(LINE_PROPERTY.to_owned(), id.to_string());
    }
    Item { variant_id: variant.variant_id.clone(), quantity: line.quantity, properties }
}

// === impl HandOver ===

impl HandOver {
    /// Whether every line is among the items: Shopify's cart would be the whole cart.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.problems.iter().any(|found| found.problem.keeps_line_back())
    }
}

// === impl Problem ===

impl Problem {
    /// Its name, which never changes its meaning within `/v1`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProductGone => "product-gone",
            Self::SelectionInvalid { .. } => "selection-invalid",
            Self::VariantMissing => "variant-missing",
            Self::PriceChanged { .. } => "price-changed",
            Self::PriceNotBinding { .. } => "price-not-binding",
        }
    }

    /// Whether the line can't be bought as it is, and is not among the items.
    #[must_use]
    pub fn keeps_line_back(&self) -> bool {
        match self {
            Self::ProductGone | Self::SelectionInvalid { .. } | Self::VariantMissing => true,
            Self::PriceChanged { .. } | Self::PriceNotBinding { .. } => false,
        }
    }

    /// What to do about it.
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
