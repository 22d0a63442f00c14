//! From walks to answers: what each value of each option amounts to.

use std::ops::Range;

use super::choices::Choices;
use super::prices::{Extent, price_from_above, price_from_below};
use super::reach::{reach_from_above, reach_from_below, toll, toll_of};
use super::resolution::{Found, PriceRange, Resolution, State};
use super::scratch::{Fewest, Scratch};
use crate::configurator::Configurator;
use crate::configurator::chart::{Bounds, Chart};
use crate::configurator::selection::Selection;
use crate::money::Money;

/// The best way known through a set, or through each value of an option.
#[derive(Clone, Copy)]
struct Best {
    changes: u64,
    set: u32,
    stretch: u32,
    /// Prices of the ways that change nothing, the value itself not counted.
    prices: Bounds,
}

const NO_BEST: Best = Best { changes: NO_WAY, set: 0, stretch: 0, prices: Bounds::NONE };

/// More changes than any way has.
const NO_WAY: u64 = u64::MAX;

/// What is needed to answer for one option after another.
struct Answering<'a> {
    chart: &'a Chart,
    choices: &'a Choices,
    scratch: &'a Scratch,
    all: Extent,
    found: Vec<Found>,
    changes: Vec<(u16, u16)>,
    /// The changes on the best way along each stretch, once worked out.
    known: Vec<Option<Range<u32>>>,
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
    let all = extent(chart, choices, scratch);
    reach_from_below(chart, scratch);
    price_from_below(chart, scratch);
    let values = |option: &u16| chart.weights[chart.layer_of[usize::from(*option)]].len();
    let found = Vec::with_capacity(options.iter().map(values).sum());
    let known = vec![None; chart.free.len()];
    let changes = Vec::new();
    let mut answering = Answering { chart, choices, scratch, all, found, changes, known };
    for option in &options {
        answering.answer(*option);
    }
    let Answering { found, changes, .. } = answering;
    let is_complete = choices.count() == configurator.product().options().len();
    Resolution {
        configurator,
        selection: selection.clone(),
        is_complete,
        configurations: all.count,
        price: (all.count > 0).then(|| range(chart, &all.prices)),
        variant: None,
        options,
        found,
        changes,
    }
}

/// Prices, without the base price, and number of the configurations that extend the choices.
pub(in crate::configurator) fn extent(
    chart: &Chart,
    choices: &Choices,
    scratch: &mut Scratch,
) -> Extent {
    scratch.clear(chart);
    toll(chart, choices, scratch);
    reach_from_above(chart, scratch);
    price_from_above(chart, scratch)
}

fn range(chart: &Chart, prices: &Bounds) -> PriceRange {
    let base = chart.base_price;
    PriceRange { min: Money(base + prices.low), max: Money(base + prices.high) }
}

// === impl Answering ===

impl Answering<'_> {
    fn answer(&mut self, option: u16) {
        let layer = self.chart.layer_of[usize::from(option)];
        let weights = &self.chart.weights[layer];
        let chosen = self.choices.at(layer).map(usize::from);
        for (value, best) in self.best_of(layer).into_iter().enumerate() {
            let found = if chosen == Some(value) {
                let is_consistent = self.all.count > 0;
                let price = is_consistent.then(|| range(self.chart, &self.all.prices));
                Found { state: State::Selected, price, changes: 0..0 }
            } else if best.changes == NO_WAY {
                Found { state: State::Impossible, price: None, changes: 0..0 }
            } else if best.changes == 0 {
                let own = Bounds { low: weights[value], high: weights[value] };
                let price = range(self.chart, &best.prices.then(&own));
                Found { state: State::Available, price: Some(price), changes: 0..0 }
            } else {
                let changes = self.changes_through(&best);
                Found { state: State::Alternative, price: None, changes }
            };
            self.found.push(found);
        }
    }

    /// The best way through each value of a layer.
    fn best_of(&self, layer: usize) -> Vec<Best> {
        let diagram = &self.chart.diagram;
        let mut best = vec![NO_BEST; self.chart.weights[layer].len()];
        for set in diagram.layers[layer].sets.clone() {
            let through = self.best_through(set);
            for value in diagram.values.get(set) {
                let best = &mut best[usize::from(*value)];
                best.prices.join(&through.prices);
                if through.changes < best.changes {
                    *best = Best { prices: best.prices, ..through };
                }
            }
        }
        best
    }

    /// The best way through a set, changes and prices of the set itself not counted.
    fn best_through(&self, set: u32) -> Best {
        let scratch = self.scratch;
        let own_changes = u16::from(scratch.lacks[set as usize]);
        let own_toll = toll_of(self.chart, self.choices, scratch, set);
        let mut best = Best { set, ..NO_BEST };
        for stretch in self.chart.stretches_of.get(set) {
            let along = *stretch as usize;
            let others = u64::from(scratch.changes[along] - own_changes);
            let changes = scratch.around[along].changes() + others;
            if changes < best.changes {
                (best.changes, best.stretch) = (changes, *stretch);
            }
            if changes == 0 {
                let toll = &scratch.tolls[along];
                let others =
                    Bounds { low: toll.low - own_toll.low, high: toll.high - own_toll.high };
                best.prices.join(&scratch.priced_around[along].then(&others));
            }
        }
        best
    }

    /// The other choices that change on the best way through a set: option and new value. Sets
    /// that have no choice of their own share those of their stretch.
    fn changes_through(&mut self, best: &Best) -> Range<u32> {
        let is_own = self.scratch.lacks[best.set as usize];
        if let (false, Some(known)) = (is_own, &self.known[best.stretch as usize]) {
            return known.clone();
        }
        let begin = self.changes.len();
        let number = self.scratch.around[best.stretch as usize].arc();
        let arcs = &self.chart.diagram.arcs;
        self.changes_above(arcs.list_of(number));
        self.changes_along(best.stretch, best.set);
        self.changes_below(arcs.item(number).child);
        self.changes[begin..].sort_unstable();
        let index = |length: usize| u32::try_from(length).expect("changes are fewer than nodes");
        let range = index(begin)..index(self.changes.len());
        if !is_own {
            self.known[best.stretch as usize] = Some(range.clone());
        }
        range
    }

    fn changes_above(&mut self, mut node: u32) {
        while self.scratch.above[node as usize] != Fewest::NONE {
            let number = self.scratch.above[node as usize].arc();
            let arcs = &self.chart.diagram.arcs;
            self.changes_along(arcs.item(number).stretch, NO_SET);
            node = arcs.list_of(number);
        }
    }

    fn changes_below(&mut self, mut node: u32) {
        while self.scratch.below[node as usize] != Fewest::NONE {
            let arc = self.chart.diagram.arcs.item(self.scratch.below[node as usize].arc());
            self.changes_along(arc.stretch, NO_SET);
            node = arc.child;
        }
    }

    /// Notes the changes along a stretch, but not at `except`: each to the cheapest value that
    /// goes on.
    fn changes_along(&mut self, stretch: u32, except: u32) {
        if self.scratch.changes[stretch as usize] == 0 {
            return;
        }
        for set in self.chart.diagram.stretches.get(stretch) {
            if self.scratch.lacks[*set as usize] && *set != except {
                let known = &self.chart.sets[*set as usize];
                let option = self.chart.diagram.layers[known.layer as usize].variable;
                self.changes.push((option, known.cheapest));
            }
        }
    }
}

/// The number of no set.
const NO_SET: u32 = u32::MAX;
