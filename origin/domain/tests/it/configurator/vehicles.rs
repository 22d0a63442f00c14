//! Vehicles as large as the largest published ones, made from a seed.
//!
//! They have the structure of the industrial models at hand. A few *hubs* (version, engine,
//! gearbox, …) go together in some hundred *trims* and no other way; two more hubs, country and
//! colour, go with nearly every trim. Every other option has a table that says, for each trim (and
//! each country or colour, if it depends on them), which of its values may be had: mostly one,
//! sometimes a few. Small tables tie such options to each other. Of every trim there is a hidden
//! vehicle that satisfies everything.

#![allow(dead_code, reason = "the bench and the tests make different plans")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::dice::Dice;

/// What a model is to look like.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Values of each hub that trims are made of.
    pub(crate) trim_hubs: Vec<usize>,
    pub(crate) trims: usize,
    pub(crate) countries: usize,
    pub(crate) colours: usize,
    /// Options that are no hubs.
    pub(crate) leaves: usize,
    /// Small tables between those.
    pub(crate) ties: usize,
    /// How many trims in a hundred deviate from what the rest of their family may have.
    pub(crate) noise: usize,
    /// How many leaves in a hundred depend on the country, and how many on the colour.
    pub(crate) by_country: usize,
    pub(crate) by_colour: usize,
    /// Tuples of all tables together, about.
    pub(crate) tuples: usize,
}

struct Maker {
    plan: Plan,
    dice: Dice,
    domains: Vec<usize>,
    /// A vehicle of each trim: a value of each option.
    hidden: Vec<Vec<usize>>,
    /// Which hub values go together: trims, then a country, then a colour.
    trims: Vec<Vec<usize>>,
    tables: Tables,
    tuples: usize,
}

/// Tables of allowed tuples: options, and rows of their values.
pub(crate) type Tables = Vec<(Vec<usize>, BTreeSet<Vec<usize>>)>;

impl Plan {
    /// A model of about 270 options, 330 tables and 226,000 tuples, whose version, with 324
    /// values, says most about a vehicle.
    pub(crate) fn versions(seed: u64) -> Self {
        Self {
            seed,
            trim_hubs: vec![324, 12, 9, 6, 5, 4, 3, 3, 2],
            trims: 360,
            countries: 42,
            colours: 25,
            leaves: 257,
            ties: 70,
            noise: 6,
            by_country: 3,
            by_colour: 3,
            tuples: 226_000,
        }
    }

    /// One as large whose country has 324 values, and what may be had depends on it.
    pub(crate) fn countries(seed: u64) -> Self {
        Self {
            trim_hubs: vec![12, 9, 5, 4, 3, 3, 2, 2],
            trims: 60,
            countries: 324,
            by_country: 9,
            leaves: 258,
            ..Self::versions(seed)
        }
    }

    /// One as large in which every trim is an exception.
    pub(crate) fn exceptions(seed: u64) -> Self {
        Self { noise: 60, ..Self::versions(seed) }
    }

    /// The same shape at a size that a test compiles in a moment.
    pub(crate) fn small(seed: u64) -> Self {
        Self {
            trim_hubs: vec![24, 5, 4, 3, 2],
            trims: 30,
            countries: 12,
            colours: 8,
            leaves: 60,
            ties: 16,
            tuples: 12_000,
            ..Self::versions(seed)
        }
    }

    /// The model, in the authoring format.
    pub(crate) fn document(&self) -> Value {
        let mut maker = Maker::new(self.clone());
        let hubs = maker.hubs();
        let all: BTreeSet<Vec<usize>> = maker.trims.iter().cloned().collect();
        maker.add_table((0..hubs - 2).collect(), all);
        for leaf in hubs..maker.domains.len() {
            maker.add_leaf(leaf);
        }
        for _ in 0..self.ties {
            maker.add_tie();
        }
        document(&maker.domains, &maker.tables, &mut maker.dice)
    }
}

impl Maker {
    fn new(plan: Plan) -> Self {
        let mut dice = Dice(plan.seed);
        let mut domains = plan.trim_hubs.clone();
        domains.extend([plan.countries, plan.colours]);
        domains.extend((0..plan.leaves).map(|_| match dice.roll(100) {
            0..6 => 1,
            6..58 => 2,
            58..76 => 3,
            76..80 => 4,
            80..92 => 5,
            92..98 => 6 + dice.roll(8),
            _ => 10 + dice.roll(30),
        }));
        // Half of a trim's hubs follow from its first one's value, half are chosen among two.
        let trim = |number: usize, dice: &mut Dice| {
            let first = number % plan.trim_hubs[0];
            let mut family = Dice(plan.seed ^ (first as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let others = plan.trim_hubs[1..].iter().map(|values| {
                let usual = family.roll(*values);
                if dice.chance(25) { (usual + 1) % values } else { usual }
            });
            [first].into_iter().chain(others).collect()
        };
        let trims: Vec<Vec<usize>> = (0..plan.trims).map(|at| trim(at, &mut dice)).collect();
        let sold = |trim: &Vec<usize>| {
            let country_and_colour = [dice.roll(plan.countries), dice.roll(plan.colours)];
            [&trim[..], &country_and_colour].concat()
        };
        let hidden = trims.iter().map(sold).collect();
        Self { plan, dice, domains, hidden, trims, tables: Vec::new(), tuples: 0 }
    }

    fn hubs(&self) -> usize {
        self.plan.trim_hubs.len() + 2
    }

    fn add_table(&mut self, options: Vec<usize>, rows: BTreeSet<Vec<usize>>) {
        self.tuples += rows.len();
        self.tables.push((options, rows));
    }

    /// The hubs a leaf depends on: some of those of trims, and perhaps country or colour.
    fn context(&mut self) -> Vec<usize> {
        let trim_hubs = self.plan.trim_hubs.len();
        let (country, colour) = (trim_hubs, trim_hubs + 1);
        let mut hubs = match self.dice.roll(10) {
            0 => vec![self.dice.roll(trim_hubs)],
            1..4 => {
                let count = 2 + self.dice.roll(3);
                self.dice.some_of(count, trim_hubs)
            }
            _ => (0..trim_hubs).collect(),
        };
        if self.dice.chance(self.plan.by_country) {
            hubs.push(country);
        }
        if self.dice.chance(self.plan.by_colour) {
            hubs.push(colour);
        }
        hubs.sort_unstable();
        hubs
    }

    /// What hubs can be together.
    fn combinations(&self, hubs: &[usize]) -> BTreeSet<Vec<usize>> {
        let trim_hubs = self.plan.trim_hubs.len();
        let of_trim = |trim: &Vec<usize>| -> Vec<usize> {
            hubs.iter().filter(|hub| **hub < trim_hubs).map(|hub| trim[*hub]).collect()
        };
        let mut combinations: BTreeSet<Vec<usize>> = self.trims.iter().map(of_trim).collect();
        for hub in hubs.iter().filter(|hub| **hub >= trim_hubs) {
            let values = 0..self.domains[*hub];
            let with = |one: &Vec<usize>| {
                let one = one.clone();
                values.clone().map(move |value| [&one[..], &[value]].concat())
            };
            combinations = combinations.iter().flat_map(with).collect();
        }
        combinations
    }

    /// A leaf's table: its values fall in a few classes, and each combination of its hubs has the
    /// class of its family, or, as an exception, another.
    fn add_leaf(&mut self, leaf: usize) {
        let budget = (self.plan.tuples - self.tuples.min(self.plan.tuples)) / 3;
        let (hubs, combinations) = loop {
            let hubs = self.context();
            let combinations = self.combinations(&hubs);
            if combinations.len() <= budget.max(self.plan.trims) {
                break (hubs, combinations);
            }
        };
        let count = self.domains[leaf];
        let classes: Vec<BTreeSet<usize>> = (0..2 + self.dice.roll(3.min(count)))
            .map(|_| {
                let size = if self.dice.chance(80) { 1 } else { 1 + self.dice.roll(3) };
                self.dice.some_of(size.min(count), count).into_iter().collect()
            })
            .collect();
        // A family is what a few values of two hubs have in common.
        let marks: Vec<usize> = (0..2).map(|_| self.dice.roll(hubs.len())).collect();
        let folds: Vec<usize> = (0..2).map(|_| 2 + self.dice.roll(4)).collect();
        let mut families: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut class_of = BTreeMap::new();
        for combination in combinations {
            let family =
                marks.iter().zip(&folds).map(|(mark, fold)| combination[*mark] % fold).collect();
            let skewed = |dice: &mut Dice| {
                if dice.chance(60) { 0 } else { dice.roll(classes.len()) }
            };
            let usual = *families.entry(family).or_insert_with(|| skewed(&mut self.dice));
            let is_exception = self.dice.chance(self.plan.noise);
            let class = if is_exception { skewed(&mut self.dice) } else { usual };
            class_of.insert(combination, &classes[class]);
        }
        for hidden in &mut self.hidden {
            let own: Vec<usize> = hubs.iter().map(|hub| hidden[*hub]).collect();
            hidden.push(*class_of[&own].first().unwrap());
        }
        let rows = class_of.iter().flat_map(|(combination, values)| {
            values.iter().map(move |value| [&combination[..], &[*value]].concat())
        });
        let rows = rows.collect();
        self.add_table([&hubs[..], &[leaf]].concat(), rows);
    }

    /// A small table between two or three leaves, and perhaps a hub.
    fn add_tie(&mut self) {
        let hubs = self.hubs();
        let leaves = self.domains.len() - hubs;
        let count = 2 + usize::from(self.dice.chance(20));
        let first = self.dice.roll(leaves);
        // Most ties are between options of one part of the vehicle.
        let near = |dice: &mut Dice| (first + 1 + dice.roll(12)) % leaves;
        let mut options = BTreeSet::from([hubs + first]);
        while options.len() < count {
            options.insert(hubs + near(&mut self.dice));
        }
        if self.dice.chance(25) {
            options.insert(self.dice.roll(hubs - 2));
        }
        let options: Vec<usize> = options.into_iter().collect();
        let mut rows = BTreeSet::from([Vec::new()]);
        for option in &options {
            let values = 0..self.domains[*option];
            let with = |row: &Vec<usize>| {
                let row = row.clone();
                values.clone().map(move |value| [&row[..], &[value]].concat())
            };
            rows = rows.iter().flat_map(with).collect();
        }
        rows.retain(|_| !self.dice.chance(20));
        let own = |hidden: &Vec<usize>| options.iter().map(|option| hidden[*option]).collect();
        rows.extend(self.hidden.iter().map(own));
        self.add_table(options, rows);
    }
}

/// Options with so many values at random prices, and tables over them, in the authoring format.
pub(crate) fn document(domains: &[usize], tables: &Tables, dice: &mut Dice) -> Value {
    let name = |option: usize| format!("o{option}");
    let options: Vec<Value> = (0..domains.len())
        .map(|option| {
            let value = |v| json!({ "id": format!("v{v}"), "price": dice.roll(50_000) });
            let values: Vec<Value> = (0..domains[option]).map(value).collect();
            json!({ "id": name(option), "values": values })
        })
        .collect();
    let rule = |(number, (options, rows)): (usize, &(Vec<usize>, BTreeSet<Vec<usize>>))| {
        let row = |row: &Vec<usize>| row.iter().map(|v| format!("v{v}")).collect();
        let options: Vec<String> = options.iter().map(|option| name(*option)).collect();
        let tuples: Vec<Value> = rows.iter().map(row).collect();
        json!({ "id": format!("t{number}"), "allowed": { "options": options, "tuples": tuples } })
    };
    let rules: Vec<Value> = tables.iter().enumerate().map(rule).collect();
    json!({ "product": "vehicle", "currency": "EUR", "options": options, "rules": rules })
}
