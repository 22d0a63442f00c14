//! A first order of the options from the bottom up: next comes the one that leaves the least to
//! remember.
//!
//! What a node of a diagram must remember of the choices above it are those of the *frontier*: the
//! options above it that some rule binds to an option below it. Hubs, the few options that a large
//! part of the rules are about (version, engine), stay in the frontier to the end and stand on top
//! of everything; the others are placed so that the frontier stays narrow, which puts those that
//! few rules bind to each other close together.

use crate::configurator::model::Model;

/// An option in at least this fraction of the rules is a hub.
const HUB_FRACTION: usize = 4;

/// Widths are counted in this fraction of a bit.
const FRACTION: u32 = 8;

/// How much narrower an option is looked at than it is, in order to find other orders: less than so
/// many in a hundred.
const BLUR_PERCENT: u64 = 30;

/// Which options are placed, and which of the others must be remembered.
struct Frontier {
    /// Which options a rule binds to each.
    bound: Vec<Vec<u16>>,
    /// What it takes to remember the value of each.
    widths: Vec<i64>,
    is_hub: Vec<bool>,
    is_placed: Vec<bool>,
    is_in: Vec<bool>,
}

/// The options from the top down. `start` 0 takes widths as they are; others blur them, each in its
/// own way that is the same every time.
pub(super) fn order(model: &Model<'_>, start: u64) -> Vec<u16> {
    let mut frontier = Frontier::of(model, start);
    let count = u16::try_from(model.option_count()).expect("options are bounded");
    let (mut hubs, mut rest): (Vec<u16>, Vec<u16>) =
        (0..count).partition(|option| frontier.is_hub[usize::from(*option)]);
    let mut order = Vec::with_capacity(usize::from(count));
    while let Some(at) = (0..rest.len()).min_by_key(|at| frontier.cost(rest[*at])) {
        let next = rest.remove(at);
        frontier.place(next);
        order.push(next);
    }
    // The widest on top, where it takes one node.
    hubs.sort_by_key(|hub| model.domains[usize::from(*hub)]);
    order.extend(hubs);
    order.reverse();
    order
}

// === impl Frontier ===

impl Frontier {
    fn of(model: &Model<'_>, start: u64) -> Self {
        let count = model.option_count();
        let mut bound = vec![Vec::new(); count];
        let mut rules = vec![0; count];
        for constraint in &model.constraints {
            let is_option = |variable: &&u16| usize::from(**variable) < count;
            let options: Vec<u16> = constraint.scope.iter().filter(is_option).copied().collect();
            for option in &options {
                let others = options.iter().filter(|other| *other != option);
                bound[usize::from(*option)].extend(others);
                rules[usize::from(*option)] += 1;
            }
        }
        for others in &mut bound {
            others.sort_unstable();
            others.dedup();
        }
        let mut blur = start;
        let width = |domain: &u16| {
            blur = blur.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
            let percent = if start == 0 { 0 } else { (blur >> 33) % BLUR_PERCENT };
            let eighths = u64::from(u128::from(*domain).pow(FRACTION).ilog2());
            i64::try_from(eighths * (100 - percent)).expect("a width is a few bits")
        };
        let is_hub = |rules: &usize| rules * HUB_FRACTION >= model.constraints.len();
        Self {
            bound,
            widths: model.domains[..count].iter().map(width).collect(),
            is_hub: rules.iter().map(is_hub).collect(),
            is_placed: vec![false; count],
            is_in: vec![false; count],
        }
    }

    /// How much wider the frontier is with this option below it, then how many options are bound to
    /// it: the lowest comes next.
    fn cost(&self, option: u16) -> (i64, usize) {
        let bound = &self.bound[usize::from(option)];
        let is_new = |other: &&u16| {
            let other = usize::from(**other);
            !self.is_placed[other] && !self.is_in[other]
        };
        let more: i64 =
            bound.iter().filter(is_new).map(|other| self.widths[usize::from(*other)]).sum();
        let less =
            if self.is_in[usize::from(option)] { self.widths[usize::from(option)] } else { 0 };
        (more - less, bound.len())
    }

    fn place(&mut self, option: u16) {
        self.is_placed[usize::from(option)] = true;
        self.is_in[usize::from(option)] = false;
        for other in &self.bound[usize::from(option)] {
            self.is_in[usize::from(*other)] |= !self.is_placed[usize::from(*other)];
        }
    }
}
