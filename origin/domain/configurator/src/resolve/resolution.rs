//! The resolution of a selection.

use std::ops::Range;

use domain_core::money::Money;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::count::Count;
use crate::Configurator;
use crate::product::{ProductOption, Variant};
use crate::selection::Selection;

/// The resolution of a selection: the number of configurations that extend it, their prices, and
/// the state of each value of each option. [`Resolution::to_json`] writes it as the contract says.
#[derive(Debug, Clone)]
pub struct Resolution<'c> {
    pub(super) configurator: &'c Configurator,
    pub(super) selection: Selection,
    pub(super) is_complete: bool,
    pub(super) configurations: Count,
    pub(super) price: Option<PriceRange>,
    pub(crate) variant: Option<&'c Variant>,
    /// The options in scope.
    pub(super) options: Vec<u16>,
    /// The results of their values.
    pub(super) results: Vec<ValueResult>,
    /// The changes of all alternatives: option and new value.
    pub(super) changes: Vec<(u16, u16)>,
}

/// The result of one value.
#[derive(Debug, Clone)]
pub(super) struct ValueResult {
    pub(super) state: State,
    pub(super) price: Option<PriceRange>,
    pub(super) changes: Range<u32>,
}

/// The state of a value under a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The selection has it.
    Selected,
    /// Some configuration has it and every choice made for another option.
    Available,
    /// Some configuration has it, but choices made for other options must change.
    Alternative,
    /// No configuration has it.
    Impossible,
}

/// Lowest and highest total price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PriceRange {
    /// The lowest.
    pub min: Money,
    /// The highest.
    pub max: Money,
}

/// The answer for one option.
#[derive(Debug, Clone, Copy)]
pub struct OptionAnswer<'r> {
    resolution: &'r Resolution<'r>,
    option: &'r ProductOption,
    results: &'r [ValueResult],
}

/// The answer for one value.
#[derive(Debug, Clone, Copy)]
pub struct ValueAnswer<'r> {
    resolution: &'r Resolution<'r>,
    id: &'r str,
    result: &'r ValueResult,
}

// === impl Resolution ===

impl<'c> Resolution<'c> {
    /// The selection that was resolved.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether some configuration has every choice of the selection.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.price.is_some()
    }

    /// Whether every option has a choice.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The number of valid configurations that have every choice of the selection.
    #[must_use]
    pub fn configurations(&self) -> &Count {
        &self.configurations
    }

    /// Lowest and highest price of those configurations; `None` if there are none.
    #[must_use]
    pub fn price(&self) -> Option<PriceRange> {
        self.price
    }

    /// The variant of a complete and consistent selection, if it has one.
    #[must_use]
    pub fn variant(&self) -> Option<&'c Variant> {
        self.variant
    }

    /// The answer for each option in scope, in authored order.
    pub fn options(&self) -> impl Iterator<Item = OptionAnswer<'_>> {
        let mut rest = &self.results[..];
        self.options.iter().map(move |option| {
            let option = &self.configurator.product().options()[usize::from(*option)];
            let (results, after) = rest.split_at(option.values.len());
            rest = after;
            OptionAnswer { resolution: self, option, results }
        })
    }

    fn changes_of(&self, result: &ValueResult) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let Range { start, end } = result.changes;
        self.changes[start as usize..end as usize].iter().map(|(option, value)| {
            let option = &self.configurator.product().options()[usize::from(*option)];
            (option.id.as_str(), option.values[usize::from(*value)].id.as_str())
        })
    }

    pub(super) fn variant_summary(&self) -> Option<VariantSummary<'_>> {
        self.variant.map(VariantSummary)
    }
}

// === impl State ===

impl State {
    /// Its name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::Available => "available",
            Self::Alternative => "alternative",
            Self::Impossible => "impossible",
        }
    }
}

// === impl OptionAnswer ===

impl<'r> OptionAnswer<'r> {
    /// The option's id.
    #[must_use]
    pub fn id(&self) -> &'r str {
        self.option.id.as_str()
    }

    /// The answer for each value, in authored order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = ValueAnswer<'r>> {
        let resolution = self.resolution;
        self.option.values.iter().zip(self.results).map(move |(value, result)| ValueAnswer {
            resolution,
            id: value.id.as_str(),
            result,
        })
    }
}

// === impl ValueAnswer ===

impl<'r> ValueAnswer<'r> {
    /// The value's id.
    #[must_use]
    pub fn id(&self) -> &'r str {
        self.id
    }

    /// The state of the value.
    #[must_use]
    pub fn state(&self) -> State {
        self.result.state
    }

    /// Lowest and highest price with it, if it is available or consistently chosen.
    #[must_use]
    pub fn price(&self) -> Option<PriceRange> {
        self.result.price
    }

    /// For an alternative: the fewest other choices to change, as option and new value.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = (&'r str, &'r str)> {
        self.resolution.changes_of(self.result)
    }
}

/// The form of a variant in a resolution.
pub(super) struct VariantSummary<'v>(&'v Variant);

impl Serialize for VariantSummary<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("Variant", 2)?;
        object.serialize_field("sku", &self.0.sku)?;
        object.serialize_field("variant_id", &self.0.variant_id)?;
        object.end()
    }
}

/// Serialises a variant in its form in a resolution.
pub(crate) fn serialize_variant<S: Serializer>(
    variant: &Option<&Variant>,
    out: S,
) -> Result<S::Ok, S::Error> {
    variant.map(VariantSummary).serialize(out)
}
