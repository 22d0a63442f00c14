//! Grows a published model to the size of the largest ones.
//!
//! The widest option is split into finer values; each combination of the main hubs allows one or
//! two of them. Copies of the other options, with permuted values and slightly relaxed tables,
//! depend on the same options as their originals and mostly on the original too. Tables between
//! copies complete the model. Some configurations of the original are carried along, so that the
//! model stays satisfiable.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain_configurator::{Configurator, Limits, Product, ProductOption, Scope, Selection, State};
use serde_json::Value;

use super::rng::Rng;
use super::vehicles::{Tables, document};

/// Configurations of the original that stay possible.
const CARRIED: usize = 200;

/// The options that occur in most rules, and those among them by which the widest option is split.
const HUBS: usize = 8;
const SPLIT_BY: usize = 3;

/// Only tables shorter than this are copied.
const COPIED_ROWS_MAX: usize = 1_500;

/// The target size of a grown model.
#[derive(Debug, Clone)]
pub(crate) struct Growth {
    pub(crate) seed: u64,
    /// Values of the widest option.
    pub(crate) widest: usize,
    pub(crate) options: usize,
    pub(crate) rules: usize,
    /// Percentage of rows of a copied table that allow two values instead of one.
    pub(crate) loosened: usize,
    /// Percentage of copies that depend on their original.
    pub(crate) bound: usize,
}

struct Grower {
    growth: Growth,
    rng: Rng,
    domains: Vec<usize>,
    tables: Tables,
    hubs: Vec<usize>,
    carried: Vec<Vec<usize>>,
    /// The options each copy depends on.
    copies: BTreeMap<usize, BTreeSet<usize>>,
}

impl Growth {
    /// The size of the largest published models: 268 options, one of 324 values, 332 tables.
    pub(crate) fn largest(seed: u64) -> Self {
        Self { seed, widest: 324, options: 268, rules: 332, loosened: 4, bound: 90 }
    }

    /// As [`Self::largest`], with a third of the copies independent and twice as many relaxed rows.
    pub(crate) fn loose(seed: u64) -> Self {
        Self { loosened: 8, bound: 67, ..Self::largest(seed) }
    }

    /// The grown model in the authoring format. The original must consist of tables only.
    pub(crate) fn document(&self, original: &[u8]) -> Value {
        let mut grower = Grower::of(self.clone(), original);
        grower.split_widest();
        while grower.domains.len() < self.options {
            grower.copy_one();
        }
        while grower.tables.len() < self.rules {
            grower.tie();
        }
        document(&grower.domains, &grower.tables, &mut grower.rng)
    }
}

impl Grower {
    fn of(growth: Growth, original: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(original).unwrap();
        let product = Product::parse(original).unwrap();
        let by_id = |(at, option): (usize, &ProductOption)| {
            let values = option.values.iter().zip(0..);
            let values = values.map(|(value, at)| (value.id.as_str().to_owned(), at)).collect();
            (option.id.as_str().to_owned(), (at, values))
        };
        let places: HashMap<String, (usize, HashMap<String, usize>)> =
            product.options().iter().enumerate().map(by_id).collect();
        let table = |rule: &Value| {
            let columns: Vec<_> =
                strings(&rule["allowed"]["options"]).map(|option| &places[option]).collect();
            let row = |row: &Value| {
                let cells = columns.iter().zip(strings(row));
                cells.map(|((_, values), value)| values[value]).collect()
            };
            let rows = rule["allowed"]["tuples"].as_array().unwrap().iter().map(row).collect();
            (columns.iter().map(|(option, _)| *option).collect::<Vec<usize>>(), rows)
        };
        let tables: Tables = json["rules"].as_array().unwrap().iter().map(table).collect();
        let domains: Vec<usize> = product.options().iter().map(|one| one.values.len()).collect();
        let mut by_rules: Vec<usize> = (0..domains.len()).collect();
        by_rules.sort_by_cached_key(|option| {
            let tables = tables.iter().filter(|(scope, _)| scope.contains(option));
            std::cmp::Reverse(tables.count())
        });
        by_rules.truncate(HUBS);
        let mut rng = Rng(growth.seed);
        let configurator = Configurator::compile(product, &Limits::default()).unwrap();
        let carried = (0..CARRIED).map(|_| random_configuration(&configurator, &mut rng)).collect();
        let copies = BTreeMap::new();
        Self { growth, rng, domains, tables, hubs: by_rules, carried, copies }
    }

    /// Splits the values of the widest option.
    fn split_widest(&mut self) {
        let widest = (0..self.domains.len()).max_by_key(|option| self.domains[*option]).unwrap();
        let old = self.domains[widest];
        let by: Vec<usize> =
            self.hubs.iter().copied().filter(|hub| *hub != widest).take(SPLIT_BY).collect();
        let scope: Vec<usize> = [&by[..], &[widest]].concat();
        // The combinations, from a table with all these options; each has its finer values.
        let has_scope =
            |(options, _): &&(Vec<usize>, _)| scope.iter().all(|one| options.contains(one));
        let (options, rows) =
            self.tables.iter().filter(has_scope).max_by_key(|(_, r)| r.len()).unwrap();
        let combinations: BTreeSet<Vec<usize>> =
            rows.iter().map(|row| projected(options, row, &scope)).collect();
        let mut finer: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for combination in combinations {
            let parts = (self.growth.widest - combination[SPLIT_BY]).div_ceil(old);
            let count = if self.rng.chance(10) { 2.min(parts) } else { 1 };
            let parts = self.rng.sample(count, parts);
            let values = parts.into_iter().map(|part| combination[SPLIT_BY] + part * old).collect();
            finer.insert(combination, values);
        }
        for (options, rows) in &mut self.tables {
            let Some(at) = options.iter().position(|option| *option == widest) else { continue };
            let shared: Vec<usize> =
                scope.iter().copied().filter(|one| options.contains(one)).collect();
            let mut parts: BTreeMap<Vec<usize>, BTreeSet<usize>> = BTreeMap::new();
            for (combination, values) in &finer {
                let key = projected(&scope, combination, &shared);
                parts.entry(key).or_default().extend(values);
            }
            let split = |row: &Vec<usize>| {
                let values = parts.get(&projected(options, row, &shared)).into_iter().flatten();
                let with = |value: &usize| {
                    let mut row = row.clone();
                    row[at] = *value;
                    row
                };
                values.map(with).collect::<Vec<_>>()
            };
            *rows = rows.iter().flat_map(split).collect();
        }
        for carried in &mut self.carried {
            let key: Vec<usize> = scope.iter().map(|option| carried[*option]).collect();
            carried[widest] = finer[&key][0];
        }
        self.domains[widest] = self.growth.widest;
    }

    /// Adds a copy of some option that is not a hub.
    fn copy_one(&mut self) {
        let (options, rows, at) = loop {
            let (options, rows) = &self.tables[self.rng.below(self.tables.len())];
            let at = self.rng.below(options.len());
            if rows.len() < COPIED_ROWS_MAX && !self.hubs.contains(&options[at]) {
                break (options.clone(), rows.clone(), at);
            }
        };
        let original = options[at];
        let copy = self.domains.len();
        let values = self.domains[original];
        let renamed = self.rng.sample(values, values);
        let is_bound = self.rng.chance(self.growth.bound);
        let mut copied = BTreeSet::new();
        for row in &rows {
            let mut values_of_copy = vec![renamed[row[at]]];
            if self.rng.chance(self.growth.loosened) {
                values_of_copy.push(self.rng.below(values));
            }
            for value in values_of_copy {
                let mut row = row.clone();
                if is_bound {
                    row.push(value);
                } else {
                    row[at] = value;
                }
                copied.insert(row);
            }
        }
        let mut scope = options;
        if is_bound {
            scope.push(copy);
        } else {
            scope[at] = copy;
        }
        let others = scope.iter().copied().filter(|option| !self.hubs.contains(option)).collect();
        self.copies.insert(copy, others);
        self.tables.push((scope, copied));
        self.domains.push(values);
        for carried in &mut self.carried {
            carried.push(renamed[carried[original]]);
        }
    }

    /// Adds a small table between two copies that depend on a common option. It omits half of the
    /// pairs that the carried configurations do not need.
    fn tie(&mut self) {
        let copies: Vec<usize> = self.copies.keys().copied().collect();
        let pair = self.rng.sample(2, copies.len()).into_iter().map(|at| copies[at]);
        let pair: Vec<usize> = pair.collect();
        if self.copies[&pair[0]].is_disjoint(&self.copies[&pair[1]]) {
            return;
        }
        let needed: BTreeSet<Vec<usize>> =
            self.carried.iter().map(|one| vec![one[pair[0]], one[pair[1]]]).collect();
        let (ones, twos) = (self.domains[pair[0]], self.domains[pair[1]]);
        let all = (0..ones).flat_map(|one| (0..twos).map(move |two| vec![one, two]));
        let rows: BTreeSet<Vec<usize>> =
            all.filter(|row| needed.contains(row) || self.rng.chance(50)).collect();
        if rows.len() < ones * twos {
            self.tables.push((pair, rows));
        }
    }
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap())
}

/// The values that a row over `options` has for those of `scope`.
fn projected(options: &[usize], row: &[usize], scope: &[usize]) -> Vec<usize> {
    let value = |one: &usize| row[options.iter().position(|option| option == one).unwrap()];
    scope.iter().map(value).collect()
}

/// A random configuration: the options in random order, each with a random available value.
fn random_configuration(configurator: &Configurator, rng: &mut Rng) -> Vec<usize> {
    let options = configurator.product().options();
    let mut values = vec![0; options.len()];
    let mut selection = Selection::default();
    for at in rng.sample(options.len(), options.len()) {
        let option = &options[at];
        let scope = Scope { only: Some([option.id.clone()].into()) };
        let resolution = configurator.resolve(&selection, &scope).unwrap();
        let answers = resolution.options().next().unwrap();
        let states = answers.values().map(|value| value.state());
        let open: Vec<usize> =
            (0..).zip(states).filter(|(_, s)| *s == State::Available).map(|(at, _)| at).collect();
        values[at] = open[rng.below(open.len())];
        selection.0.insert(option.id.clone(), option.values[values[at]].id.clone());
    }
    values
}
