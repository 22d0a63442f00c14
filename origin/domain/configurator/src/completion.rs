//! Completion of a selection to the cheapest configuration, or to the one nearest to the defaults.

use std::collections::BTreeMap;

use domain_core::money::Money;
use serde::Serialize;

use super::Configurator;
use super::nearest::{LayerPreference, nearest};
use super::product::Variant;
use super::selection::{Selection, UnknownChoice};

/// The preference for options without a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The lowest price.
    Price,
    /// As many defaults as possible, then the lowest price.
    Defaults,
}

/// A complete, valid selection that preserves as many choices of another as possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion<'c> {
    /// The product's id.
    pub product: &'c str,
    /// The complete selection.
    pub selection: Selection,
    /// The choices that changed, with their new values; empty if the original selection was
    /// consistent.
    pub changes: Selection,
    /// Its price.
    pub price: Money,
    /// The variant with this selection, if there is one.
    #[serde(serialize_with = "super::resolve::serialize_variant")]
    pub variant: Option<&'c Variant>,
}

/// A saved selection under the current rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revalidation<'c> {
    /// The choices that the product still has.
    pub selection: Selection,
    /// The choices that the product no longer has.
    pub dropped: Selection,
    /// Whether the remaining choices are consistent.
    pub consistent: bool,
    /// The cheapest repair: the completion of the selection.
    pub repair: Completion<'c>,
}

// === impl Configurator ===

impl Configurator {
    /// Completes a selection: changes the fewest choices, zero if it is consistent, and fills in
    /// the other options as `by` prefers.
    ///
    /// # Errors
    /// Every choice the product does not have.
    pub fn complete(
        &self,
        selection: &Selection,
        by: By,
    ) -> Result<Completion<'_>, Vec<UnknownChoice>> {
        let chosen = self.chosen(selection)?;
        let preferences = self.preferences(&chosen, by);
        let (configuration, _) = nearest(self.priced(), &preferences)
            .expect("a compiled product has a valid configuration, and nothing is fixed");
        Ok(self.completion(&chosen, &configuration))
    }

    /// Checks a saved selection against the current product: the choices it still has, and the
    /// cheapest repair.
    #[must_use]
    pub fn revalidate(&self, saved: &Selection) -> Revalidation<'_> {
        let is_known = |option: &str, value: &str| self.choice(option, value).is_ok();
        let (known, dropped): (BTreeMap<_, _>, BTreeMap<_, _>) =
            saved.0.clone().into_iter().partition(|(o, v)| is_known(o.as_str(), v.as_str()));
        let selection = Selection(known);
        let repair = self.complete(&selection, By::Price).expect("only known choices remain");
        let consistent = repair.changes.0.is_empty();
        Revalidation { selection, dropped: Selection(dropped), consistent, repair }
    }

    /// The preferences of these choices for each layer.
    pub(super) fn preferences(&self, chosen: &[(u16, u16)], by: By) -> Vec<LayerPreference> {
        let priced = self.priced();
        let mut preferences = vec![LayerPreference::NONE; priced.diagram.layers.len()];
        if by == By::Defaults {
            for (option, layer) in self.product().options().iter().zip(&priced.layer_of) {
                preferences[*layer].preferred = Some(option.default);
            }
        }
        for (option, value) in chosen {
            preferences[priced.layer_of[usize::from(*option)]].choice = Some(*value);
        }
        preferences
    }

    fn completion(&self, chosen: &[(u16, u16)], configuration: &[u16]) -> Completion<'_> {
        let changed = chosen
            .iter()
            .map(|(option, value)| (*option, *value, configuration[usize::from(*option)]))
            .filter(|(_, before, after)| before != after)
            .map(|(option, _, after)| (option, after));
        let all: Vec<(u16, u16)> = (0..).zip(configuration.iter().copied()).collect();
        let selection = self.named(all.iter().copied());
        let price = self.price(&selection).expect("a configuration of the diagram is valid");
        Completion {
            product: self.product().id(),
            changes: self.named(changed),
            price,
            variant: self.variant_of(&all),
            selection,
        }
    }
}
