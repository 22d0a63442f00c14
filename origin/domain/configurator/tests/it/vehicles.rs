//! Generates vehicles as large as the largest published ones from a seed.
//!
//! They have the structure of the published industrial models. A few *hubs* (version, engine,
//! gearbox, …) can be combined only as one of some hundred *trims*; two more hubs, country and
//! colour, can be combined with nearly every trim. Every other option has a table of its allowed
//! values for each trim (and each country or colour, if it depends on them): mostly one, sometimes
//! a few. Small tables connect such options to each other. Every trim has a hidden vehicle that
//! satisfies all rules.

#![allow(dead_code, reason = "the bench and the tests use different plans")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rng::Rng;

/// The parameters of a generated model.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// The number of values of each hub of a trim.
    pub(crate) trim_hubs: Vec<usize>,
    pub(crate) trims: usize,
    pub(crate) countries: usize,
    pub(crate) colours: usize,
    /// Options that are not hubs.
    pub(crate) leaves: usize,
    /// Small tables between the leaves.
    pub(crate) ties: usize,
    /// Percentage of trims that deviate from the rest of their family.
    pub(crate) noise: usize,
    /// Percentages of leaves that depend on the country, and on the colour.
    pub(crate) by_country: usize,
    pub(crate) by_colour: usize,
    /// Approximate number of tuples of all tables together.
    pub(crate) tuples: usize,
}

struct Maker {
    plan: Plan,
    rng: Rng,
    domains: Vec<usize>,
    /// One vehicle of each trim: a value of each option.
    hidden: Vec<Vec<usize>>,
    /// The allowed combinations of the trim hubs.
    trims: Vec<Vec<usize>>,
    tables: Tables,
    tuples: usize,
}

/// Tables of allowed tuples: options, and rows of their values.
pub(crate) type Tables = Vec<(Vec<usize>, BTreeSet<Vec<usize>>)>;

impl Plan {
    /// A model of about 270 options, 330 tables and 226,000 tuples, in which the version, with 324
    /// values, determines most of a vehicle.
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

    /// A model of the same size in which the country has 324 values and determines many options.
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

    /// A model of the same size in which every trim is an exception.
    pub(crate) fn exceptions(seed: u64) -> Self {
        Self { noise: 60, ..Self::versions(seed) }
    }

    /// The same structure at a size that compiles quickly in a test.
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
        document(&maker.domains, &maker.tables, &mut maker.rng)
    }
}

impl Maker {
    fn new(plan: Plan) -> Self {
        let mut rng = Rng(plan.seed);
        let mut domains = plan.trim_hubs.clone();
        domains.extend([plan.countries, plan.colours]);
        domains.extend((0..plan.leaves).map(|_| match rng.below(100) {
            0..6 => 1,
            6..58 => 2,
            58..76 => 3,
            76..80 => 4,
            80..92 => 5,
            92..98 => 6 + rng.below(8),
            _ => 10 + rng.below(30),
        }));
        // Each further hub of a trim has the usual value of its family, or one time in four the
        // next.
        let trim = |number: usize, rng: &mut Rng| {
            let first = number % plan.trim_hubs[0];
            let mut family = Rng(plan.seed ^ (first as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let others = plan.trim_hubs[1..].iter().map(|values| {
                let usual = family.below(*values);
                if rng.chance(25) { (usual + 1) % values } else { usual }
            });
            [first].into_iter().chain(others).collect()
        };
        let trims: Vec<Vec<usize>> = (0..plan.trims).map(|at| trim(at, &mut rng)).collect();
        let vehicle = |trim: &Vec<usize>| {
            let country_and_colour = [rng.below(plan.countries), rng.below(plan.colours)];
            [&trim[..], &country_and_colour].concat()
        };
        let hidden = trims.iter().map(vehicle).collect();
        Self { plan, rng, domains, hidden, trims, tables: Vec::new(), tuples: 0 }
    }

    fn hubs(&self) -> usize {
        self.plan.trim_hubs.len() + 2
    }

    fn add_table(&mut self, options: Vec<usize>, rows: BTreeSet<Vec<usize>>) {
        self.tuples += rows.len();
        self.tables.push((options, rows));
    }

    /// The hubs a leaf depends on: some of the trim hubs, and perhaps country or colour.
    fn context(&mut self) -> Vec<usize> {
        let trim_hubs = self.plan.trim_hubs.len();
        let (country, colour) = (trim_hubs, trim_hubs + 1);
        let mut hubs = match self.rng.below(10) {
            0 => vec![self.rng.below(trim_hubs)],
            1..4 => {
                let count = 2 + self.rng.below(3);
                self.rng.sample(count, trim_hubs)
            }
            _ => (0..trim_hubs).collect(),
        };
        if self.rng.chance(self.plan.by_country) {
            hubs.push(country);
        }
        if self.rng.chance(self.plan.by_colour) {
            hubs.push(colour);
        }
        hubs.sort_unstable();
        hubs
    }

    /// The possible combinations of some hubs.
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

    /// Adds the table of a leaf: its values form a few classes, and each combination of its hubs
    /// has the class of its family or, as an exception, another one.
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
        let classes: Vec<BTreeSet<usize>> = (0..2 + self.rng.below(3.min(count)))
            .map(|_| {
                let size = if self.rng.chance(80) { 1 } else { 1 + self.rng.below(3) };
                self.rng.sample(size.min(count), count).into_iter().collect()
            })
            .collect();
        // Combinations with the same residues of two hubs form a family.
        let marks: Vec<usize> = (0..2).map(|_| self.rng.below(hubs.len())).collect();
        let folds: Vec<usize> = (0..2).map(|_| 2 + self.rng.below(4)).collect();
        let mut families: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut class_of = BTreeMap::new();
        for combination in combinations {
            let family =
                marks.iter().zip(&folds).map(|(mark, fold)| combination[*mark] % fold).collect();
            let skewed = |rng: &mut Rng| {
                if rng.chance(60) { 0 } else { rng.below(classes.len()) }
            };
            let usual = *families.entry(family).or_insert_with(|| skewed(&mut self.rng));
            let is_exception = self.rng.chance(self.plan.noise);
            let class = if is_exception { skewed(&mut self.rng) } else { usual };
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

    /// Adds a small table between two or three leaves, and perhaps a hub.
    fn add_tie(&mut self) {
        let hubs = self.hubs();
        let leaves = self.domains.len() - hubs;
        let count = 2 + usize::from(self.rng.chance(20));
        let first = self.rng.below(leaves);
        // Most ties are between options of one part of the vehicle.
        let near = |rng: &mut Rng| (first + 1 + rng.below(12)) % leaves;
        let mut options = BTreeSet::from([hubs + first]);
        while options.len() < count {
            options.insert(hubs + near(&mut self.rng));
        }
        if self.rng.chance(25) {
            options.insert(self.rng.below(hubs - 2));
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
        rows.retain(|_| !self.rng.chance(20));
        let own = |hidden: &Vec<usize>| options.iter().map(|option| hidden[*option]).collect();
        rows.extend(self.hidden.iter().map(own));
        self.add_table(options, rows);
    }
}

/// Options with these numbers of values at random prices, and these tables, in the authoring
/// format.
pub(crate) fn document(domains: &[usize], tables: &Tables, rng: &mut Rng) -> Value {
    let name = |option: usize| format!("o{option}");
    let options: Vec<Value> = (0..domains.len())
        .map(|option| {
            let value = |v| json!({ "id": format!("v{v}"), "price": rng.below(50_000) });
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
