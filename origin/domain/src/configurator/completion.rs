//! Completing a selection: the cheapest configuration, or the one nearest to the defaults.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Configurator;
use super::nearest::{Wish, nearest};
use super::product::Variant;
use super::selection::{Selection, UnknownChoice};
use crate::money::Money;

/// What to prefer where nothing is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The lowest price.
    Price,
    /// As many defaults as possible, then the lowest price.
    Defaults,
}

/// A complete, valid selection that keeps as many choices of another as possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion<'c> {
    /// The product's id.
    pub product: &'c str,
    /// The complete selection.
    pub selection: Selection,
    /// The choices that had to change, with their new values; empty if the given selection was
    /// consistent.
    pub changes: Selection,
    /// Its price.
    pub price: Money,
    /// The variant it amounts to, if it amounts to one.
    #[serde(serialize_with = "super::resolve::serialize_variant")]
    pub variant: Option<&'c Variant>,
}

/// A saved selection in the light of today's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revalidation<'c> {
    /// The choices that the product still has.
    pub selection: Selection,
    /// The choices that it has no longer.
    pub dropped: Selection,
    /// Whether the remaining choices still go together.
    pub consistent: bool,
    /// The cheapest repair: what becomes of the selection, completed.
    pub repair: Completion<'c>,
}

// === impl Configurator ===

impl Configurator {
    /// Completes a selection: the fewest of its choices changed, none if it is consistent, and the
    /// rest as `by` prefers.
    ///
    /// # Errors
    /// Every choice the product does not have.
    pub fn complete(
        &self,
        selection: &Selection,
        by: By,
    ) -> Result<Completion<'_>, Vec<UnknownChoice>> {
        let chosen = self.chosen(selection)?;
        let wishes = self.wishes(&chosen, by);
        let (configuration, _) = nearest(self.chart(), &wishes)
            .expect("a compiled product has a valid configuration, and nothing is fixed");
        Ok(self.completion(&chosen, &configuration))
    }

    /// Looks at a saved selection again: what is left of it, and its cheapest repair.
    #[must_use]
    pub fn revalidate(&self, saved: &Selection) -> Revalidation<'_> {
        let is_known = |option: &str, value: &str| self.choice(option, value).is_ok();
        let (known, dropped): (BTreeMap<_, _>, BTreeMap<_, _>) =
            saved.0.clone().into_iter().partition(|(o, v)| is_known(o.as_str(), v.as_str()));
        let selection = Selection(known);
        let repair = self.complete(&selection, By::Price).expect("only known choices are left");
        let consistent = repair.changes.0.is_empty();
        Revalidation { selection, dropped: Selection(dropped), consistent, repair }
    }

    /// What these choices want of each layer.
    pub(super) fn wishes(&self, chosen: &[(u16, u16)], by: By) -> Vec<Wish> {
        let chart = self.chart();
        let mut wishes = vec![Wish::NONE; chart.diagram.layers.len()];
        if by == By::Defaults {
            for (option, layer) in self.product().options().iter().zip(&chart.layer_of) {
                wishes[*layer].usual = Some(option.default);
            }
        }
        for (option, value) in chosen {
            wishes[chart.layer_of[usize::from(*option)]].choice = Some(*value);
        }
        wishes
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
