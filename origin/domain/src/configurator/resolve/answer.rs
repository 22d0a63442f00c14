//! From walks to answers: what each value of each option amounts to.

use std::ops::Range;

use super::choices::Choices;
use super::prices::{price_from_above, price_from_below};
use super::reach::{reach_from_above, reach_from_below, toll, toll_of};
use super::resolution::{Found, PriceRange, Resolution, State};
use super::scratch::{NO_WAY, Scratch};
use crate::configurator::Configurator;
use crate::configurator::chart::{Bounds, Chart};
use crate::configurator::selection::Selection;
use crate::money::Money;

/// The best way known through a set, or through each value of an option.
#[derive(Clone, Copy)]
struct Best {
    changes: u16,
    set: u32,
    stretch: u32,
    /// Lowest and highest price of the ways that change nothing, the value itself not counted.
    low: i64,
    high: i64,
}

const NO_BEST: Best = Best { changes: NO_WAY, set: 0, stretch: 0, low: i64::MAX, high: i64::MIN };

/// What is needed to answer for one option after another.
struct Answering<'a> {
    chart: &'a Chart,
    choices: &'a Choices,
    scratch: &'a Scratch,
    all: Bounds,
    found: Vec<Found>,
    changes: Vec<(u16, u16)>,
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
    let mut answering = Answering { chart, choices, scratch, all, found, changes: Vec::new() };
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
        price: (all.count > 0).then(|| range(chart, all.low, all.high)),
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
) -> Bounds {
    scratch.clear(chart);
    toll(chart, choices, scratch);
    reach_from_above(chart, scratch);
    price_from_above(chart, scratch)
}

fn range(chart: &Chart, low: i64, high: i64) -> PriceRange {
    PriceRange { min: Money(chart.base_price + low), max: Money(chart.base_price + high) }
}

// === impl Answering ===

impl Answering<'_> {
    fn answer(&mut self, option: u16) {
        let layer = self.chart.layer_of[usize::from(option)];
        let weights = &self.chart.weights[layer];
        let chosen = self.choices.at(layer).map(usize::from);
        let mut known: Option<(u32, Range<u32>)> = None;
        for (value, best) in self.best_of(layer).into_iter().enumerate() {
            let found = if chosen == Some(value) {
                let is_consistent = self.all.count > 0;
                let price = is_consistent.then(|| range(self.chart, self.all.low, self.all.high));
                Found { state: State::Selected, price, changes: 0..0 }
            } else if best.changes == NO_WAY {
                Found { state: State::Impossible, price: None, changes: 0..0 }
            } else if best.changes == 0 {
                let weight = weights[value];
                let price = range(self.chart, best.low + weight, best.high + weight);
                Found { state: State::Available, price: Some(price), changes: 0..0 }
            } else {
                // Neighbouring values are often let in by the same changes.
                let changes = match &known {
                    Some((set, changes)) if *set == best.set => changes.clone(),
                    _ => self.changes_through(&best),
                };
                known = Some((best.set, changes.clone()));
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
                let (low, high) = (best.low.min(through.low), best.high.max(through.high));
                if through.changes < best.changes {
                    *best = through;
                }
                (best.low, best.high) = (low, high);
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
            let around = scratch.around[along];
            let changes = around + (scratch.changes[along] - own_changes);
            if changes < best.changes {
                (best.changes, best.stretch) = (changes, *stretch);
            }
            if changes == 0 {
                let (priced, toll) = (&scratch.priced_around[along], &scratch.tolls[along]);
                best.low = best.low.min(priced.low + (toll.low - own_toll.low));
                best.high = best.high.max(priced.high + (toll.high - own_toll.high));
            }
        }
        best
    }

    /// The other choices that change on the best way through a set: option and new value.
    fn changes_through(&mut self, best: &Best) -> Range<u32> {
        let begin = self.changes.len();
        let from = self.scratch.around_from[best.stretch as usize];
        let scratch = self.scratch;
        let arcs = self.chart.diagram.arcs.get(from).iter();
        let arc = arcs
            .filter(|arc| arc.stretch == best.stretch)
            .min_by_key(|arc| scratch.below[arc.child as usize])
            .expect("a way through a stretch has an arc along it");
        self.changes_above(from);
        self.changes_along(best.stretch, Some(best.set));
        self.changes_below(arc.child);
        self.changes[begin..].sort_unstable();
        let index = |length: usize| u32::try_from(length).expect("changes are fewer than nodes");
        index(begin)..index(self.changes.len())
    }

    fn changes_above(&mut self, mut node: u32) {
        while self.scratch.above[node as usize] > 0 {
            let detour = self.scratch.before[node as usize];
            self.changes_along(detour.stretch, None);
            node = detour.beyond;
        }
    }

    fn changes_below(&mut self, mut node: u32) {
        while self.scratch.below[node as usize] > 0 {
            let detour = self.scratch.behind[node as usize];
            self.changes_along(detour.stretch, None);
            node = detour.beyond;
        }
    }

    /// Notes the changes along a stretch, but not at `except`: each to the cheapest value that
    /// goes on.
    fn changes_along(&mut self, stretch: u32, except: Option<u32>) {
        if self.scratch.changes[stretch as usize] == 0 {
            return;
        }
        for set in self.chart.diagram.stretches.get(stretch) {
            if self.scratch.lacks[*set as usize] && Some(*set) != except {
                let known = &self.chart.sets[*set as usize];
                let option = self.chart.diagram.layers[known.layer as usize].variable;
                self.changes.push((option, known.cheapest));
            }
        }
    }
}
