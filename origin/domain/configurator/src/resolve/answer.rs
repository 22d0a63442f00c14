//! From path summaries to answers: the state of each value of each option.

use std::ops::Range;

use domain_core::money::Money;

use super::choices::Choices;
use super::count::Count;
use super::inside_outside::{Context, backward, context, forward, inside, outside};
use super::path_summary::PathSummary;
use super::resolution::{PriceRange, Resolution, State, ValueResult};
use super::scratch::Scratch;
use crate::Configurator;
use crate::diagram::FactorKind;
use crate::priced_diagram::{PriceBounds, PricedDiagram};
use crate::selection::Selection;

/// The best path through a value of an option.
#[derive(Clone, Copy)]
struct Best {
    /// The paths outside the value.
    outside: PathSummary,
    /// The set on the best path, if there is a path.
    set: Option<u32>,
}

const NO_BEST: Best = Best { outside: PathSummary::ZERO, set: None };

/// Computes the answers for one option after another.
struct Answers<'a> {
    priced: &'a PricedDiagram,
    choices: &'a Choices,
    scratch: &'a Scratch,
    /// Prices of the consistent configurations, if there are any.
    all: Option<PriceRange>,
    results: Vec<ValueResult>,
    changes: Vec<(u16, u16)>,
    /// The changes outside each set, once computed.
    changes_by_set: Vec<Option<Range<u32>>>,
    /// The stack of parts to visit.
    parts: Vec<u32>,
}

/// Resolves a selection for these options.
pub(crate) fn resolve<'c>(
    configurator: &'c Configurator,
    selection: &Selection,
    choices: &Choices,
    options: Vec<u16>,
    scratch: &mut Scratch,
) -> Resolution<'c> {
    let priced = configurator.priced();
    let all = price_bounds(priced, choices, scratch).map(|prices| range(priced, &prices));
    backward(priced, scratch);
    outside(priced, scratch);
    let values = |option: &u16| priced.weights[priced.layer_of[usize::from(*option)]].len();
    let mut answers = Answers {
        priced,
        choices,
        scratch,
        all,
        results: Vec::with_capacity(options.iter().map(values).sum()),
        changes: Vec::new(),
        changes_by_set: vec![None; priced.sets.len()],
        parts: Vec::new(),
    };
    for option in &options {
        answers.answer(*option);
    }
    let Answers { results, changes, .. } = answers;
    let configurations = if all.is_some() { Count::of(priced, choices) } else { Count::default() };
    Resolution {
        configurator,
        selection: selection.clone(),
        is_complete: choices.count() == configurator.product().options().len(),
        configurations,
        price: all,
        variant: None,
        options,
        results,
        changes,
    }
}

/// Prices, without the base price, of the configurations that extend the choices, if there are any.
pub(crate) fn price_bounds(
    priced: &PricedDiagram,
    choices: &Choices,
    scratch: &mut Scratch,
) -> Option<PriceBounds> {
    inside(priced, choices, scratch);
    let all = forward(priced, scratch);
    (all.changes() == 0).then_some(all.prices)
}

fn range(priced: &PricedDiagram, prices: &PriceBounds) -> PriceRange {
    let base = priced.base_price;
    PriceRange { min: Money(base + prices.low), max: Money(base + prices.high) }
}

// === impl Answers ===

impl Answers<'_> {
    fn answer(&mut self, option: u16) {
        let layer = self.priced.layer_of[usize::from(option)];
        let chosen = self.choices.at(layer);
        for (best, value) in self.best_of(layer).into_iter().zip(0..) {
            let result = match best.set {
                _ if chosen == Some(value) => {
                    ValueResult { state: State::Selected, price: self.all, changes: 0..0 }
                }
                None => ValueResult { state: State::Impossible, price: None, changes: 0..0 },
                Some(_) if best.outside.changes() == 0 => {
                    let own = self.priced.price_of(layer, value);
                    let price = range(self.priced, &best.outside.prices.multiply(&own));
                    ValueResult { state: State::Available, price: Some(price), changes: 0..0 }
                }
                Some(set) => {
                    let changes = self.changes_outside(set);
                    ValueResult { state: State::Alternative, price: None, changes }
                }
            };
            self.results.push(result);
        }
    }

    /// The best path through each value of a layer.
    fn best_of(&self, layer: usize) -> Vec<Best> {
        let diagram = &self.priced.diagram;
        let mut best = vec![NO_BEST; self.priced.weights[layer].len()];
        for set in diagram.layers[layer].sets.clone() {
            let outside = &self.scratch.outside[set as usize];
            for value in diagram.values.get(set) {
                let best = &mut best[usize::from(*value)];
                if best.set.is_none() || outside.changes() < best.outside.changes() {
                    best.set = Some(set);
                }
                best.outside.add(outside);
            }
        }
        best
    }

    /// The other choices that change on the best path through a set: option and new value.
    fn changes_outside(&mut self, set: u32) -> Range<u32> {
        if let Some(range) = &self.changes_by_set[set as usize] {
            return range.clone();
        }
        let begin = self.changes.len();
        let diagram = &self.priced.diagram;
        let mut outside = self.scratch.outside[set as usize];
        while outside.changes() > 0 {
            match context(&diagram.factors, outside.hint()) {
                Context::Sibling { factor, other } => {
                    self.changes_inside(other);
                    outside = self.scratch.outside[diagram.values.len() + factor as usize];
                }
                Context::Arc(number) => {
                    self.changes_before(diagram.arcs.list_of(number));
                    self.changes_after(diagram.arcs.item(number).child);
                    break;
                }
            }
        }
        self.changes[begin..].sort_unstable();
        let index = |length: usize| u32::try_from(length).expect("changes are fewer than nodes");
        let range = index(begin)..index(self.changes.len());
        self.changes_by_set[set as usize] = Some(range.clone());
        range
    }

    fn changes_before(&mut self, mut node: u32) {
        while self.scratch.forward[node as usize].changes() > 0 {
            let number = self.scratch.forward[node as usize].hint();
            let arcs = &self.priced.diagram.arcs;
            self.changes_inside(arcs.item(number).part);
            node = arcs.list_of(number);
        }
    }

    fn changes_after(&mut self, mut node: u32) {
        while self.scratch.backward[node as usize].changes() > 0 {
            let number = self.scratch.backward[node as usize].hint();
            let arc = self.priced.diagram.arcs.item(number);
            self.changes_inside(arc.part);
            node = arc.child;
        }
    }

    /// Collects the changes on the best path inside a part, each to the cheapest value of its set.
    fn changes_inside(&mut self, part: u32) {
        let priced = self.priced;
        let changes = |part: u32| self.scratch.inside[part as usize].changes();
        self.parts.push(part);
        while let Some(part) = self.parts.pop() {
            if changes(part) == 0 {
                continue;
            }
            let Some(factor) = priced.diagram.factor(part) else {
                let set = &priced.sets[part as usize];
                let option = priced.diagram.layers[set.layer as usize].variable;
                self.changes.push((option, set.cheapest));
                continue;
            };
            match factor.kind {
                FactorKind::ProductNode => self.parts.extend([factor.one, factor.two]),
                FactorKind::UnionNode if changes(factor.one) == changes(part) => {
                    self.parts.push(factor.one);
                }
                FactorKind::UnionNode => self.parts.push(factor.two),
            }
        }
    }
}
