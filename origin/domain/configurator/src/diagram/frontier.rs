//! Estimate of the size of a diagram in a variable order, from the rules alone: the width of the
//! frontier.
//!
//! A node of a diagram stands for a state of the *frontier*: the options above it that some rule
//! connects to an option below. Not every option adds all of its values to that state: where a
//! table determines an option from those above, the option adds nothing. So an option counts as
//! many bits as the most restrictive table leaves open on average.

use std::collections::HashMap;

use super::unique_table::mix;
use crate::model::{Model, Statement};
use crate::product::{RuleKind, Table};

/// Widths are counted in this fraction of a bit.
const BIT: u64 = 256;

/// Widths beyond this many bits are all equally hopeless.
const BITS_MAX: u64 = 100;

/// Columns of a table that are considered: as many as a mask has bits.
const COLUMNS_MAX: usize = 64;

/// Cells read for all orders together: about a second. Past it, the estimate uses the number of
/// rows of a table.
const CELLS_MAX: u64 = 200_000_000;

/// The constraint graph: which options rules connect, and how closely. All orders share it.
pub(super) struct ConstraintGraph<'m> {
    /// The options that rules connect to each option, ascending.
    neighbours: Vec<Vec<u16>>,
    /// The number of rules each option occurs in.
    rules: Vec<usize>,
    domains: &'m [u16],
    tables: Vec<&'m Table>,
    /// The tables each option occurs in, and its column.
    columns: Vec<Vec<(usize, usize)>>,
    /// The number of combinations that the columns of a mask take in a table.
    combinations: HashMap<(usize, u64), u64>,
    cells_left: u64,
}

/// Estimated size of the diagrams in some order.
#[derive(Debug, Clone, Copy)]
pub(super) struct SizeEstimate {
    /// Nodes of the final diagram: the states of the frontier, summed over the levels.
    pub(super) nodes: u128,
    /// Children in the diagrams of the tables, which are built first.
    pub(super) children: u128,
}

/// The options placed so far, from the top down.
pub(super) struct Frontier<'b, 'm> {
    graph: &'b mut ConstraintGraph<'m>,
    is_placed: Vec<bool>,
    /// The number of neighbours of each option that are not placed.
    unplaced: Vec<usize>,
    /// The placed columns of each table, as a mask.
    placed: Vec<u64>,
    /// The width that each option adds, in fractions of a bit.
    bits: Vec<i64>,
    /// The width of the options in the frontier together.
    width: i64,
}

// === impl ConstraintGraph ===

impl<'m> ConstraintGraph<'m> {
    pub(super) fn of(model: &'m Model<'_>) -> Self {
        let count = model.option_count();
        let mut graph = Self {
            neighbours: vec![Vec::new(); count],
            rules: vec![0; count],
            domains: &model.domains[..count],
            tables: Vec::new(),
            columns: vec![Vec::new(); count],
            combinations: HashMap::new(),
            cells_left: CELLS_MAX,
        };
        let mut is_connected = vec![false; count * count];
        for constraint in &model.constraints {
            let is_option = |variable: &&u16| usize::from(**variable) < count;
            let options: Vec<u16> = constraint.scope.iter().filter(is_option).copied().collect();
            for option in &options {
                graph.rules[usize::from(*option)] += 1;
                let row = usize::from(*option) * count;
                options.iter().for_each(|other| is_connected[row + usize::from(*other)] = true);
            }
            if let Statement::Rule(RuleKind::Allowed(table)) = constraint.statement {
                for (option, column) in table.options.iter().zip(0..COLUMNS_MAX) {
                    graph.columns[usize::from(*option)].push((graph.tables.len(), column));
                }
                graph.tables.push(table);
            }
        }
        for (option, neighbours) in graph.neighbours.iter_mut().enumerate() {
            let row = &is_connected[option * count..][..count];
            let others = (0..).zip(row).filter(|(other, is)| **is && usize::from(*other) != option);
            neighbours.extend(others.map(|(other, _)| other));
        }
        graph
    }

    /// The options, those that occur in most rules first.
    pub(super) fn by_rules(&self) -> Vec<u16> {
        let mut options: Vec<u16> = (0..).take(self.neighbours.len()).collect();
        options.sort_by_key(|option| {
            let option = usize::from(*option);
            std::cmp::Reverse((self.rules[option], self.neighbours[option].len()))
        });
        options
    }

    pub(super) fn domain(&self, option: u16) -> u16 {
        self.domains[usize::from(option)]
    }

    /// The options that some rule connects to this one.
    pub(super) fn neighbours(&self, option: u16) -> &[u16] {
        &self.neighbours[usize::from(option)]
    }

    /// The estimated size of the diagrams in this order.
    pub(super) fn estimate(&mut self, order: &[u16]) -> SizeEstimate {
        let mut frontier = Frontier::of(self);
        let mut estimate = SizeEstimate { nodes: 0, children: 0 };
        for option in order {
            estimate.nodes = estimate.nodes.saturating_add(power(frontier.width));
            let values = u128::from(frontier.graph.domain(*option));
            for (table, _) in frontier.graph.columns[usize::from(*option)].clone() {
                let above = frontier.graph.bits(table, frontier.placed[table]);
                let children = power(above).saturating_mul(values);
                estimate.children = estimate.children.saturating_add(children);
            }
            frontier.place(*option);
        }
        estimate
    }

    /// The number of combinations that the columns of a mask take in a table, in fractions of a
    /// bit; an upper bound if counting takes too long.
    fn bits(&mut self, table: usize, mask: u64) -> i64 {
        if let Some(known) = self.combinations.get(&(table, mask)) {
            return logarithm(*known);
        }
        let of = self.tables[table];
        let cells = of.rows().len() as u64 * u64::from(mask.count_ones() + 1);
        let Some(cells_left) = self.cells_left.checked_sub(cells) else {
            let columns = of.options.iter().zip(0..COLUMNS_MAX);
            let columns = columns.filter(|(_, column)| mask & 1 << column != 0);
            let free = columns.map(|(option, _)| logarithm(self.domain(*option).into())).sum();
            return logarithm(of.rows().len() as u64).min(free);
        };
        self.cells_left = cells_left;
        let count = combinations(of, mask);
        self.combinations.insert((table, mask), count);
        logarithm(count)
    }
}

// === impl Frontier ===

impl<'b, 'm> Frontier<'b, 'm> {
    /// An empty frontier.
    pub(super) fn of(graph: &'b mut ConstraintGraph<'m>) -> Self {
        let count = graph.neighbours.len();
        Self {
            is_placed: vec![false; count],
            unplaced: graph.neighbours.iter().map(Vec::len).collect(),
            placed: vec![0; graph.tables.len()],
            bits: graph.domains.iter().map(|domain| logarithm(u64::from(*domain))).collect(),
            width: 0,
            graph,
        }
    }

    /// How much the frontier widens when this option is placed, and how many of its neighbours are
    /// not placed. The option with the lowest growth is best placed next.
    pub(super) fn growth(&self, option: u16) -> (i64, usize) {
        let is_last = |other: &&u16| {
            let other = usize::from(**other);
            self.is_placed[other] && self.unplaced[other] == 1
        };
        let leaving = self.graph.neighbours(option).iter().filter(is_last);
        let less: i64 = leaving.map(|other| self.bits[usize::from(*other)]).sum();
        let unplaced = self.unplaced[usize::from(option)];
        let more = if unplaced > 0 { self.bits[usize::from(option)] } else { 0 };
        (more - less, unplaced)
    }

    pub(super) fn place(&mut self, option: u16) {
        self.width += self.growth(option).0;
        self.is_placed[usize::from(option)] = true;
        for other in self.graph.neighbours(option) {
            self.unplaced[usize::from(*other)] -= 1;
        }
        for (table, column) in self.graph.columns[usize::from(option)].clone() {
            self.placed[table] |= 1 << column;
            self.update_bits(table);
        }
    }

    /// Updates the width of the unplaced options of a table, after one more column was placed.
    fn update_bits(&mut self, table: usize) {
        let placed = self.placed[table];
        let known = self.graph.bits(table, placed);
        let options = &self.graph.tables[table].options;
        let is_all_known = known == logarithm(self.graph.tables[table].rows().len() as u64);
        for (option, column) in options.iter().zip(0..COLUMNS_MAX) {
            let option = usize::from(*option);
            if !self.is_placed[option] && self.bits[option] > 0 {
                let with =
                    if is_all_known { known } else { self.graph.bits(table, placed | 1 << column) };
                self.bits[option] = self.bits[option].min((with - known).max(0));
            }
        }
    }
}

/// The number of combinations that the columns of a mask take. Combinations with the same hash
/// count as one: it is an estimate.
fn combinations(table: &Table, mask: u64) -> u64 {
    let mut marks = vec![0_u32; (table.rows().len() * 2).next_power_of_two()];
    let slots = marks.len() - 1;
    let columns: Vec<usize> = (0..table.options.len().min(COLUMNS_MAX))
        .filter(|column| mask & 1 << column != 0)
        .collect();
    let mut count = 0;
    for row in table.rows() {
        let hash = columns.iter().fold(1_u64, |hash, column| {
            (hash.rotate_left(5) ^ u64::from(row[*column])).wrapping_mul(0x517c_c1b7_2722_0a95)
        });
        let hash = mix(hash);
        let mark = u32::try_from(hash | 1).expect("32 bits fit");
        let mut slot = hash & slots;
        while marks[slot] != mark && marks[slot] != 0 {
            slot = (slot + 1) & slots;
        }
        count += u64::from(marks[slot] == 0);
        marks[slot] = mark;
    }
    count
}

/// The logarithm to base 2, in fractions of a bit: exact for powers of two, linear between them.
fn logarithm(number: u64) -> i64 {
    let whole = number.max(1).ilog2();
    let mantissa = (u128::from(number.max(1)) * u128::from(BIT)) >> whole;
    let whole = i64::from(whole) - 1;
    i64::try_from(mantissa).expect("below two bits") + whole * BIT.cast_signed()
}

/// The inverse of the logarithm: two to the power of a width in fractions of a bit.
fn power(width: i64) -> u128 {
    let width = width.max(0).unsigned_abs().min(BITS_MAX * BIT);
    (u128::from(BIT + width % BIT) << (width / BIT)) / u128::from(BIT)
}

#[cfg(test)]
mod tests {
    use super::{BIT, BITS_MAX, ConstraintGraph, Frontier, logarithm, power};
    use crate::model::Model;
    use crate::product::Product;

    /// Four trims that each allow one of four colours, and a light that one colour excludes.
    const TRIMS: &[u8] = br#"{ "product": "car", "currency": "EUR",
        "options": [
            { "id": "trim", "values": [{ "id": "a" }, { "id": "b" }, { "id": "c" }, { "id": "d" }] },
            { "id": "colour", "values": [{ "id": "a" }, { "id": "b" }, { "id": "c" }, { "id": "d" }] },
            { "id": "light", "values": [{ "id": "a" }, { "id": "b" }] }],
        "rules": [
            { "id": "r", "allowed": { "options": ["trim", "colour"],
                "tuples": [["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"]] } },
            { "id": "s", "excludes": [{ "colour": ["a"] }, { "light": ["a"] }] }] }"#;

    #[test]
    fn an_option_that_the_placed_ones_determine_does_not_widen_the_frontier() {
        let product = Product::parse(TRIMS).unwrap();
        let model = Model::of(&product).unwrap();
        let mut graph = ConstraintGraph::of(&model);
        let mut frontier = Frontier::of(&mut graph);
        let bit = BIT.cast_signed();
        assert_eq!(
            [0, 1, 2].map(|option| frontier.growth(option)),
            [(2 * bit, 1), (2 * bit, 2), (bit, 1)]
        );
        frontier.place(2);
        frontier.place(0);
        assert_eq!(frontier.width, 3 * bit);
        assert_eq!(frontier.growth(1), (-3 * bit, 0));
    }

    #[test]
    fn a_table_too_large_to_count_is_estimated_by_its_rows() {
        let product = Product::parse(TRIMS).unwrap();
        let model = Model::of(&product).unwrap();
        let mut graph = ConstraintGraph::of(&model);
        graph.cells_left = 0;
        assert_eq!([0b01, 0b11].map(|mask| power(graph.bits(0, mask))), [4, 4]);
    }

    #[test]
    fn logarithm_and_power_are_inverse_for_powers_of_two() {
        let bit = BIT.cast_signed();
        assert_eq!([1, 2, 3, 4, 324].map(logarithm), [0, bit, bit * 3 / 2, bit * 2, bit * 8 + 68]);
        assert_eq!([1, 2, 3, 4, 324].map(|number| power(logarithm(number))), [1, 2, 3, 4, 324]);
        assert_eq!(power(-5), 1);
        assert_eq!(power(i64::MAX), 1 << BITS_MAX);
    }
}
