//! From walks to answers: what each value of each option amounts to.

use std::ops::Range;

use super::choices::Choices;
use super::count::Count;
use super::resolution::{Found, PriceRange, Resolution, State};
use super::scratch::Scratch;
use super::walks::{Around, around, ascend, descend, pass, take_apart};
use super::ways::Ways;
use crate::configurator::Configurator;
use crate::configurator::chart::{Bounds, Chart};
use crate::configurator::diagram::JointKind;
use crate::configurator::selection::Selection;
use crate::money::Money;

/// The best way known through each value of an option.
#[derive(Clone, Copy)]
struct Best {
    /// What is around it.
    ways: Ways,
    /// The set it is through, if there is one.
    set: Option<u32>,
}

const NO_BEST: Best = Best { ways: Ways::NONE, set: None };

/// What is needed to answer for one option after another.
struct Answering<'a> {
    chart: &'a Chart,
    choices: &'a Choices,
    scratch: &'a Scratch,
    /// Prices of all that is consistent, if anything is.
    all: Option<PriceRange>,
    found: Vec<Found>,
    changes: Vec<(u16, u16)>,
    /// The changes around each set, once worked out.
    known: Vec<Option<Range<u32>>>,
    /// Parts under way.
    parts: Vec<u32>,
}

/// Resolves a selection for these options.
pub(in crate::configurator) fn resolve<'c>(
    configurator: &'c Configurator,
    selection: &Selection,
    choices: &Choices,
    options: Vec<u16>,
    scratch: &mut Scratch,
) -> Resolution<'c> {
    let chart = configurator.chart();
    let all = extent(chart, choices, scratch).map(|prices| range(chart, &prices));
    ascend(chart, scratch);
    take_apart(chart, scratch);
    let values = |option: &u16| chart.weights[chart.layer_of[usize::from(*option)]].len();
    let mut answering = Answering {
        chart,
        choices,
        scratch,
        all,
        found: Vec::with_capacity(options.iter().map(values).sum()),
        changes: Vec::new(),
        known: vec![None; chart.sets.len()],
        parts: Vec::new(),
    };
    for option in &options {
        answering.answer(*option);
    }
    let Answering { found, changes, .. } = answering;
    let configurations = if all.is_some() { Count::of(chart, choices) } else { Count::default() };
    Resolution {
        configurator,
        selection: selection.clone(),
        is_complete: choices.count() == configurator.product().options().len(),
        configurations,
        price: all,
        variant: None,
        options,
        found,
        changes,
    }
}

/// Prices, without the base price, of the configurations that extend the choices, if any does.
pub(in crate::configurator) fn extent(
    chart: &Chart,
    choices: &Choices,
    scratch: &mut Scratch,
) -> Option<Bounds> {
    pass(chart, choices, scratch);
    let all = descend(chart, scratch);
    (all.changes() == 0).then_some(all.prices)
}

fn range(chart: &Chart, prices: &Bounds) -> PriceRange {
    let base = chart.base_price;
    PriceRange { min: Money(base + prices.low), max: Money(base + prices.high) }
}

// === impl Answering ===

impl Answering<'_> {
    fn answer(&mut self, option: u16) {
        let layer = self.chart.layer_of[usize::from(option)];
        let chosen = self.choices.at(layer);
        for (best, value) in self.best_of(layer).into_iter().zip(0..) {
            let found = match best.set {
                _ if chosen == Some(value) => {
                    Found { state: State::Selected, price: self.all, changes: 0..0 }
                }
                None => Found { state: State::Impossible, price: None, changes: 0..0 },
                Some(_) if best.ways.changes() == 0 => {
                    let own = self.chart.price_of(layer, value);
                    let price = range(self.chart, &best.ways.prices.then(&own));
                    Found { state: State::Available, price: Some(price), changes: 0..0 }
                }
                Some(set) => {
                    let changes = self.changes_around(set);
                    Found { state: State::Alternative, price: None, changes }
                }
            };
            self.found.push(found);
        }
    }

    /// The best way through each value of a layer.
    fn best_of(&self, layer: usize) -> Vec<Best> {
        let diagram = &self.chart.diagram;
        let mut best = vec![NO_BEST; self.chart.weights[layer].len()];
        for set in diagram.layers[layer].sets.clone() {
            let around = &self.scratch.around[set as usize];
            for value in diagram.values.get(set) {
                let best = &mut best[usize::from(*value)];
                if best.set.is_none() || around.changes() < best.ways.changes() {
                    best.set = Some(set);
                }
                best.ways.join(around);
            }
        }
        best
    }

    /// The other choices that change on the best way through a set: option and new value.
    fn changes_around(&mut self, set: u32) -> Range<u32> {
        if let Some(known) = &self.known[set as usize] {
            return known.clone();
        }
        let begin = self.changes.len();
        let diagram = &self.chart.diagram;
        let mut ways = self.scratch.around[set as usize];
        while ways.changes() > 0 {
            match around(&diagram.joints, ways.hint()) {
                Around::Beside { joint, other } => {
                    self.changes_along(other);
                    ways = self.scratch.around[diagram.values.len() + joint as usize];
                }
                Around::Arc(number) => {
                    self.changes_above(diagram.arcs.list_of(number));
                    self.changes_below(diagram.arcs.item(number).child);
                    break;
                }
            }
        }
        self.changes[begin..].sort_unstable();
        let index = |length: usize| u32::try_from(length).expect("changes are fewer than nodes");
        let range = index(begin)..index(self.changes.len());
        self.known[set as usize] = Some(range.clone());
        range
    }

    fn changes_above(&mut self, mut node: u32) {
        while self.scratch.above[node as usize].changes() > 0 {
            let number = self.scratch.above[node as usize].hint();
            let arcs = &self.chart.diagram.arcs;
            self.changes_along(arcs.item(number).part);
            node = arcs.list_of(number);
        }
    }

    fn changes_below(&mut self, mut node: u32) {
        while self.scratch.below[node as usize].changes() > 0 {
            let number = self.scratch.below[node as usize].hint();
            let arc = self.chart.diagram.arcs.item(number);
            self.changes_along(arc.part);
            node = arc.child;
        }
    }

    /// Notes the changes on the best way along a part: each to the cheapest value that goes on.
    fn changes_along(&mut self, part: u32) {
        let chart = self.chart;
        let changes = |part: u32| self.scratch.along[part as usize].changes();
        self.parts.push(part);
        while let Some(part) = self.parts.pop() {
            if changes(part) == 0 {
                continue;
            }
            let Some(joint) = chart.diagram.joint(part) else {
                let known = &chart.sets[part as usize];
                let option = chart.diagram.layers[known.layer as usize].variable;
                self.changes.push((option, known.cheapest));
                continue;
            };
            match joint.kind {
                JointKind::Both => self.parts.extend([joint.one, joint.two]),
                JointKind::Either if changes(joint.one) == changes(part) => {
                    self.parts.push(joint.one);
                }
                JointKind::Either => self.parts.push(joint.two),
            }
        }
    }
}
