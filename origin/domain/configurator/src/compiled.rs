//! A compiled product: immutable, shared by all requests of an instance.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain_core::authoring::{Mistake, Mistakes, Place};
use domain_core::money::Money;
use serde::Serialize;

use super::diagram::{self, Budget, Exhausted, Layer, Progress, UnsatCore};
use super::limits::Limits;
use super::model::Model;
use super::priced_diagram::{PriceBounds, PricedDiagram, Prices};
use super::product::{Names, Product, Variant};
use super::resolve::{Choices, Count, JsonFragments, Resolution, Scratch};
use super::selection::{Scope, Selection, UnknownChoice};

/// Working memories in the pool: no more than an instance answers at once.
const SCRATCHES_MAX: usize = 16;

/// Pairs of variants over different options that are checked for a common configuration.
const OVERLAPS_MAX: usize = 2_000;

/// Work to find a minimal conflict in a product without valid configurations: about a second.
const CONFLICT_BUDGET: Budget = Budget { steps: 20_000_000, bytes: 512 << 20 };

/// A compiled product that answers every query exactly.
#[derive(Debug)]
pub struct Configurator {
    product: Product,
    names: Names,
    priced: PricedDiagram,
    fragments: JsonFragments,
    /// Variants by their id.
    by_id: HashMap<String, usize>,
    /// Variants by their choices, for each set of options that variants name.
    by_choices: Vec<VariantsOver>,
    scratches: Mutex<Vec<Scratch>>,
}

/// The variants that name the same options.
#[derive(Debug)]
struct VariantsOver {
    options: Vec<u16>,
    variants: HashMap<Vec<u16>, usize>,
}

/// How large a diagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DiagramSize {
    /// Options and price sums, one layer each.
    pub layers: usize,
    /// Nodes at which paths fork or join.
    pub nodes: usize,
    /// Arcs from one node to another.
    pub arcs: usize,
    /// Different sets of values, and the products and unions of them.
    pub parts: usize,
    /// The sets among those.
    pub sets: usize,
}

// === impl Configurator ===

impl Configurator {
    /// Compiles a product.
    ///
    /// # Errors
    /// The reasons why the product is unusable: no valid configuration, variants that overlap, or
    /// more work than the limits allow.
    pub fn compile(product: Product, limits: &Limits) -> Result<Self, Vec<Mistake>> {
        Self::compile_watched(product, limits, &mut |_| true)
    }

    /// Compiles a product and reports progress to `watch`, which stops the compilation by returning
    /// `false`.
    ///
    /// # Errors
    /// As [`Self::compile`], or that `watch` stopped it.
    pub fn compile_watched(
        product: Product,
        limits: &Limits,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Self, Vec<Mistake>> {
        let model = Model::of(&product).map_err(|mistake| vec![mistake])?;
        let diagram = diagram::compile(&model, limits, watch)
            .map_err(|exhausted| vec![Mistake::of_document(exhausted_message(exhausted))])?;
        let Some(diagram) = diagram else {
            return Err(contradiction(&product, &model));
        };
        let priced = PricedDiagram::of(diagram, &Prices::of(&product, &model));
        let configurator = Self::with_diagram(product, priced);
        let overlaps = configurator.overlaps();
        if overlaps.is_empty() { Ok(configurator) } else { Err(overlaps.into_vec()) }
    }

    pub(super) fn with_diagram(product: Product, priced: PricedDiagram) -> Self {
        let ids = product.variants.iter().enumerate();
        let by_id = ids.map(|(index, variant)| (variant.variant_id.clone(), index)).collect();
        let mut by_choices: Vec<VariantsOver> = Vec::new();
        for (index, variant) in product.variants.iter().enumerate() {
            let (options, values): (Vec<u16>, Vec<u16>) = variant.choices.iter().copied().unzip();
            let place = by_choices.iter().position(|over| over.options == options);
            let place = place.unwrap_or_else(|| {
                by_choices.push(VariantsOver { options, variants: HashMap::new() });
                by_choices.len() - 1
            });
            by_choices[place].variants.insert(values, index);
        }
        let names = Names::of(&product.options);
        let fragments = JsonFragments::of(&product);
        Self { product, names, priced, fragments, by_id, by_choices, scratches: Mutex::default() }
    }

    /// The authored product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The variant with this Shopify id.
    #[must_use]
    pub fn variant(&self, variant_id: &str) -> Option<&Variant> {
        Some(&self.product.variants[*self.by_id.get(variant_id)?])
    }

    /// The exact price of a complete selection; `None` if it is not complete or not valid.
    #[must_use]
    pub fn price(&self, selection: &Selection) -> Option<Money> {
        let chosen = self.chosen(selection).ok()?;
        if chosen.len() != self.product.options.len() {
            return None;
        }
        Some(Money(self.priced.base_price + self.price_bounds(chosen)?.low))
    }

    /// Resolves a selection.
    ///
    /// # Errors
    /// Every choice and every option in scope that the product does not have.
    pub fn resolve(
        &self,
        selection: &Selection,
        scope: &Scope,
    ) -> Result<Resolution<'_>, Vec<UnknownChoice>> {
        let (chosen, options) = match (self.chosen(selection), self.in_scope(scope)) {
            (Ok(chosen), Ok(options)) => (chosen, options),
            (chosen, options) => {
                let unknown = chosen.err().into_iter().chain(options.err());
                return Err(unknown.flatten().collect());
            }
        };
        let choices = Choices::of(&self.priced, chosen.iter().copied());
        let mut resolution = self.with_scratch(|scratch| {
            super::resolve::resolve(self, selection, &choices, options, scratch)
        });
        if resolution.is_complete() && resolution.is_consistent() {
            resolution.variant = self.variant_of(&chosen);
        }
        Ok(resolution)
    }

    /// The size of the diagram.
    #[must_use]
    pub fn size(&self) -> DiagramSize {
        let diagram = &self.priced.diagram;
        DiagramSize {
            layers: diagram.layers.len(),
            nodes: diagram.node_count(),
            arcs: diagram.arcs.item_count(),
            parts: diagram.part_count(),
            sets: diagram.values.len(),
        }
    }

    /// The options in the variable order of the diagram.
    pub fn order(&self) -> impl Iterator<Item = &str> {
        let layers = self.priced.diagram.layers.iter();
        let option = |layer: &Layer| self.product.options.get(usize::from(layer.variable));
        layers.filter_map(move |layer| Some(option(layer)?.id.as_str()))
    }

    pub(super) fn fragments(&self) -> &JsonFragments {
        &self.fragments
    }

    pub(super) fn priced(&self) -> &PricedDiagram {
        &self.priced
    }

    /// The variant with these choices, one for every option in order.
    pub(super) fn variant_of(&self, choices: &[(u16, u16)]) -> Option<&Variant> {
        self.by_choices.iter().find_map(|over| {
            let value = |option: &u16| Some(choices.get(usize::from(*option))?.1);
            let values: Option<Vec<u16>> = over.options.iter().map(value).collect();
            Some(&self.product.variants[*over.variants.get(&values?)?])
        })
    }

    /// Choices by their ids.
    pub(super) fn named(&self, choices: impl IntoIterator<Item = (u16, u16)>) -> Selection {
        let named = |(option, value): (u16, u16)| {
            let option = &self.product.options[usize::from(option)];
            (option.id.clone(), option.values[usize::from(value)].id.clone())
        };
        Selection(choices.into_iter().map(named).collect())
    }

    /// One choice as indices.
    pub(super) fn choice(&self, option: &str, value: &str) -> Result<(u16, u16), UnknownChoice> {
        match self.names.choice(option, value) {
            Some((option, Some(value))) => Ok((option, value)),
            Some((_, None)) => Err(UnknownChoice::unknown_value(option, value)),
            None => Err(UnknownChoice::Option { option: option.to_owned() }),
        }
    }

    /// A selection as indices, in the order of the options.
    pub(super) fn chosen(
        &self,
        selection: &Selection,
    ) -> Result<Vec<(u16, u16)>, Vec<UnknownChoice>> {
        let mut unknown = Vec::new();
        let mut chosen = Vec::with_capacity(selection.0.len());
        for (option, value) in selection.iter() {
            match self.choice(option, value) {
                Ok(choice) => chosen.push(choice),
                Err(choice) => unknown.push(choice),
            }
        }
        chosen.sort_unstable();
        if unknown.is_empty() { Ok(chosen) } else { Err(unknown) }
    }

    /// The options to answer for, in authored order.
    fn in_scope(&self, scope: &Scope) -> Result<Vec<u16>, Vec<UnknownChoice>> {
        let Some(only) = &scope.only else {
            return Ok((0..).take(self.product.options.len()).collect());
        };
        let mut unknown = Vec::new();
        let mut options = Vec::with_capacity(only.len());
        for id in only {
            match self.names.option(id.as_str()) {
                Some(option) => options.push(option),
                None => unknown.push(UnknownChoice::Option { option: id.to_string() }),
            }
        }
        options.sort_unstable();
        if unknown.is_empty() { Ok(options) } else { Err(unknown) }
    }

    /// Lends working memory. Its content means nothing between uses, so a poisoned lock is
    /// harmless.
    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let lock = || self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = lock().pop().unwrap_or_default();
        let result = work(&mut scratch);
        let mut scratches = lock();
        if scratches.len() < SCRATCHES_MAX {
            scratches.push(scratch);
        }
        result
    }

    /// Variants that name different options and share a valid configuration.
    fn overlaps(&self) -> Mistakes {
        let mut mistakes = Mistakes::default();
        let place = Place::ROOT.key("variants");
        let mut checks_left = OVERLAPS_MAX;
        let variants = &self.product.variants;
        for (at, one) in variants.iter().enumerate() {
            for (before, two) in variants[..at].iter().enumerate() {
                let Some(both) = joined(one, two) else { continue };
                if checks_left == 0 {
                    let message = format!(
                        "more than {OVERLAPS_MAX} pairs could overlap; name the same options in all"
                    );
                    mistakes.add(&place, message);
                    return mistakes;
                }
                checks_left -= 1;
                if self.price_bounds(both).is_some() {
                    let message = format!("overlaps variant {before}: a configuration is both");
                    mistakes.add(&place.index(at).key("selection"), message);
                }
            }
        }
        mistakes
    }

    /// Prices, without the base price, of the configurations with these choices, if there are any.
    pub(super) fn price_bounds(
        &self,
        chosen: impl IntoIterator<Item = (u16, u16)>,
    ) -> Option<PriceBounds> {
        let choices = Choices::of(&self.priced, chosen);
        self.with_scratch(|scratch| super::resolve::price_bounds(&self.priced, &choices, scratch))
    }

    /// The number of configurations with these choices.
    pub(super) fn count(&self, chosen: impl IntoIterator<Item = (u16, u16)>) -> Count {
        Count::of(&self.priced, &Choices::of(&self.priced, chosen))
    }
}

/// The choices of both variants, if they name different options and agree on the common ones.
/// Variants that name the same options differ in some value: parsing rejects equal ones.
fn joined(one: &Variant, two: &Variant) -> Option<Vec<(u16, u16)>> {
    let has_same_options = one.choices.len() == two.choices.len()
        && one.choices.iter().zip(&two.choices).all(|(one, two)| one.0 == two.0);
    if has_same_options {
        return None;
    }
    let mut both = one.choices.clone();
    for (option, value) in &two.choices {
        match one.choices.binary_search_by_key(option, |(option, _)| *option) {
            Ok(at) if one.choices[at].1 == *value => {}
            Ok(_) => return None,
            Err(_) => both.push((*option, *value)),
        }
    }
    Some(both)
}

/// A minimal set of rules that excludes every configuration.
fn contradiction(product: &Product, model: &Model<'_>) -> Vec<Mistake> {
    let rules = UnsatCore::of(product, model).minimal_conflict(CONFLICT_BUDGET);
    let rules = rules.ok().flatten().unwrap_or_default();
    let ids: Vec<&str> = rules.iter().map(|rule| product.rules[*rule].id.as_str()).collect();
    let message = match &ids[..] {
        [] => "no configuration satisfies all the rules".to_owned(),
        [_] => "no configuration satisfies this rule".to_owned(),
        all => format!("no configuration satisfies all of these rules: {}", all.join(", ")),
    };
    if rules.is_empty() {
        return vec![Mistake { field: "/rules".to_owned(), message }];
    }
    let field = |rule: &usize| format!("/rules/{rule}");
    rules.iter().map(|rule| Mistake { field: field(rule), message: message.clone() }).collect()
}

fn exhausted_message(exhausted: Exhausted) -> &'static str {
    match exhausted {
        Exhausted::Steps => "the rules take more work to compile than the limits allow",
        Exhausted::Memory | Exhausted::Nodes => {
            "the rules take more memory to compile than the limits allow"
        }
        Exhausted::Stopped => "compiling was ended before it was done",
    }
}
