//! What an order makes a diagram remember, estimated from the rules alone.
//!
//! A node of a diagram stands for what must be remembered of the choices above it: those of the
//! *frontier*, the options above that some rule binds to an option below. A choice is not always
//! worth remembering in full: where a table leaves an option one value for each combination of what
//! is known already, its choice is nothing new. So each option takes as many bits as the table that
//! says most about it leaves open on average.

use std::collections::HashMap;

use super::forge::mix;
use crate::configurator::model::{Model, Statement};
use crate::configurator::product::{RuleKind, Table};

/// Widths are counted in this fraction of a bit.
const BIT: u64 = 256;

/// Beyond so many bits every width is as hopeless as any other.
const BITS_MAX: u64 = 100;

/// Columns of a table that are looked at: as many as a mask has bits.
const COLUMNS_MAX: usize = 64;

/// Cells looked at for all orders together: about a second. Behind that, tables are taken to allow
/// all they have rows for.
const CELLS_MAX: u64 = 200_000_000;

/// Which options rules bind to each other, and how closely. It serves all orders.
pub(super) struct Bonds<'m> {
    /// The options that rules bind to each, ascending.
    bound: Vec<Vec<u16>>,
    /// In how many rules each is.
    rules: Vec<usize>,
    domains: &'m [u16],
    tables: Vec<&'m Table>,
    /// The tables each option is in, and its column.
    columns: Vec<Vec<(usize, usize)>>,
    /// How many combinations the columns of a mask take in a table.
    combinations: HashMap<(usize, u64), u64>,
    cells_left: u64,
}

/// How large diagrams are in some order, about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Nodes of the last one: everything there is to remember, level by level.
    pub(super) nodes: u128,
    /// Children in the diagrams of the tables, which come first.
    pub(super) children: u128,
}

/// The options placed so far, from the top down.
pub(super) struct Frontier<'b, 'm> {
    bonds: &'b mut Bonds<'m>,
    is_placed: Vec<bool>,
    /// How many of the options bound to each are not placed.
    waiting: Vec<usize>,
    /// The columns of each table that are placed.
    placed: Vec<u64>,
    /// What each option takes to remember, in fractions of a bit.
    bits: Vec<i64>,
    /// What those in the frontier take together.
    width: i64,
}

// === impl Bonds ===

impl<'m> Bonds<'m> {
    pub(super) fn of(model: &'m Model<'_>) -> Self {
        let count = model.option_count();
        let mut bonds = Self {
            bound: vec![Vec::new(); count],
            rules: vec![0; count],
            domains: &model.domains[..count],
            tables: Vec::new(),
            columns: vec![Vec::new(); count],
            combinations: HashMap::new(),
            cells_left: CELLS_MAX,
        };
        let mut is_bound = vec![false; count * count];
        for constraint in &model.constraints {
            let is_option = |variable: &&u16| usize::from(**variable) < count;
            let options: Vec<u16> = constraint.scope.iter().filter(is_option).copied().collect();
            for option in &options {
                bonds.rules[usize::from(*option)] += 1;
                let row = usize::from(*option) * count;
                options.iter().for_each(|other| is_bound[row + usize::from(*other)] = true);
            }
            if let Statement::Rule(RuleKind::Allowed(table)) = constraint.statement {
                for (option, column) in table.options.iter().zip(0..COLUMNS_MAX) {
                    bonds.columns[usize::from(*option)].push((bonds.tables.len(), column));
                }
                bonds.tables.push(table);
            }
        }
        for (option, bound) in bonds.bound.iter_mut().enumerate() {
            let row = &is_bound[option * count..][..count];
            let others = (0..).zip(row).filter(|(other, is)| **is && usize::from(*other) != option);
            bound.extend(others.map(|(other, _)| other));
        }
        bonds
    }

    /// The options, those that most rules are about first.
    pub(super) fn by_rules(&self) -> Vec<u16> {
        let mut options: Vec<u16> = (0..).take(self.bound.len()).collect();
        options.sort_by_key(|option| {
            let option = usize::from(*option);
            std::cmp::Reverse((self.rules[option], self.bound[option].len()))
        });
        options
    }

    pub(super) fn domain(&self, option: u16) -> u16 {
        self.domains[usize::from(option)]
    }

    /// The options that some rule binds to this one.
    pub(super) fn bound(&self, option: u16) -> &[u16] {
        &self.bound[usize::from(option)]
    }

    /// How large diagrams are in this order.
    pub(super) fn extent(&mut self, order: &[u16]) -> Extent {
        let mut frontier = Frontier::of(self);
        let mut extent = Extent { nodes: 0, children: 0 };
        for option in order {
            extent.nodes = extent.nodes.saturating_add(power(frontier.width));
            let values = u128::from(frontier.bonds.domain(*option));
            for (table, _) in frontier.bonds.columns[usize::from(*option)].clone() {
                let above = frontier.bonds.bits(table, frontier.placed[table]);
                let children = power(above).saturating_mul(values);
                extent.children = extent.children.saturating_add(children);
            }
            frontier.place(*option);
        }
        extent
    }

    /// How many combinations the columns of a mask take in a table, in fractions of a bit; the most
    /// there can be if that is too much to count.
    fn bits(&mut self, table: usize, mask: u64) -> i64 {
        if let Some(known) = self.combinations.get(&(table, mask)) {
            return logarithm(*known);
        }
        let of = self.tables[table];
        let cells = of.rows().len() as u64 * u64::from(mask.count_ones() + 1);
        let Some(left) = self.cells_left.checked_sub(cells) else {
            let columns = of.options.iter().zip(0..COLUMNS_MAX);
            let columns = columns.filter(|(_, column)| mask & 1 << column != 0);
            let free = columns.map(|(option, _)| logarithm(self.domain(*option).into())).sum();
            return logarithm(of.rows().len() as u64).min(free);
        };
        self.cells_left = left;
        let count = combinations(of, mask);
        self.combinations.insert((table, mask), count);
        logarithm(count)
    }
}

// === impl Frontier ===

impl<'b, 'm> Frontier<'b, 'm> {
    /// Nothing placed.
    pub(super) fn of(bonds: &'b mut Bonds<'m>) -> Self {
        let count = bonds.bound.len();
        Self {
            is_placed: vec![false; count],
            waiting: bonds.bound.iter().map(Vec::len).collect(),
            placed: vec![0; bonds.tables.len()],
            bits: bonds.domains.iter().map(|domain| logarithm(u64::from(*domain))).collect(),
            width: 0,
            bonds,
        }
    }

    /// How much wider the frontier is with this option placed, and how many of those bound to it
    /// wait: the lowest is best placed next.
    pub(super) fn growth(&self, option: u16) -> (i64, usize) {
        let is_last = |other: &&u16| {
            let other = usize::from(**other);
            self.is_placed[other] && self.waiting[other] == 1
        };
        let leaving = self.bonds.bound(option).iter().filter(is_last);
        let less: i64 = leaving.map(|other| self.bits[usize::from(*other)]).sum();
        let waiting = self.waiting[usize::from(option)];
        let more = if waiting > 0 { self.bits[usize::from(option)] } else { 0 };
        (more - less, waiting)
    }

    pub(super) fn place(&mut self, option: u16) {
        self.width += self.growth(option).0;
        self.is_placed[usize::from(option)] = true;
        for other in self.bonds.bound(option) {
            self.waiting[usize::from(*other)] -= 1;
        }
        for (table, column) in self.bonds.columns[usize::from(option)].clone() {
            self.placed[table] |= 1 << column;
            self.narrow(table);
        }
    }

    /// Takes note of what a table, of which one more column is placed, leaves open of the others.
    fn narrow(&mut self, table: usize) {
        let placed = self.placed[table];
        let known = self.bonds.bits(table, placed);
        let options = &self.bonds.tables[table].options;
        let is_all_known = known == logarithm(self.bonds.tables[table].rows().len() as u64);
        for (option, column) in options.iter().zip(0..COLUMNS_MAX) {
            let option = usize::from(*option);
            if !self.is_placed[option] && self.bits[option] > 0 {
                let with =
                    if is_all_known { known } else { self.bonds.bits(table, placed | 1 << column) };
                self.bits[option] = self.bits[option].min((with - known).max(0));
            }
        }
    }
}

/// How many combinations the columns of a mask take. Two of the same hash count as one: it is an
/// estimate.
fn combinations(table: &Table, mask: u64) -> u64 {
    let mut seen = vec![0_u32; (table.rows().len() * 2).next_power_of_two()];
    let slots = seen.len() - 1;
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
        while seen[slot] != mark && seen[slot] != 0 {
            slot = (slot + 1) & slots;
        }
        count += u64::from(seen[slot] == 0);
        seen[slot] = mark;
    }
    count
}

/// The logarithm to base 2, in fractions of a bit: exact for powers, straight between them.
fn logarithm(number: u64) -> i64 {
    let whole = number.max(1).ilog2();
    let mantissa = (u128::from(number.max(1)) * u128::from(BIT)) >> whole;
    let whole = i64::from(whole) - 1;
    i64::try_from(mantissa).expect("below two bits") + whole * BIT.cast_signed()
}

/// Two to the power of so many fractions of a bit, the inverse of the logarithm.
fn power(width: i64) -> u128 {
    let width = width.max(0).unsigned_abs().min(BITS_MAX * BIT);
    (u128::from(BIT + width % BIT) << (width / BIT)) / u128::from(BIT)
}

#[cfg(test)]
mod tests {
    use super::{BIT, BITS_MAX, Bonds, Frontier, logarithm, power};
    use crate::configurator::model::Model;
    use crate::configurator::product::Product;

    /// Four colours that four trims go with, one each, and a light that one of them excludes.
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
    fn an_option_that_follows_from_those_above_takes_nothing_more_to_remember() {
        let product = Product::parse(TRIMS).unwrap();
        let model = Model::of(&product).unwrap();
        let mut bonds = Bonds::of(&model);
        let mut frontier = Frontier::of(&mut bonds);
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
    fn tables_too_large_to_count_are_taken_to_allow_all_they_have_rows_for() {
        let product = Product::parse(TRIMS).unwrap();
        let model = Model::of(&product).unwrap();
        let mut bonds = Bonds::of(&model);
        bonds.cells_left = 0;
        assert_eq!([0b01, 0b11].map(|mask| power(bonds.bits(0, mask))), [4, 4]);
    }

    #[test]
    fn a_logarithm_of_whole_bits_is_exact_and_undone_by_the_power() {
        let bit = BIT.cast_signed();
        assert_eq!([1, 2, 3, 4, 324].map(logarithm), [0, bit, bit * 3 / 2, bit * 2, bit * 8 + 68]);
        assert_eq!([1, 2, 3, 4, 324].map(|number| power(logarithm(number))), [1, 2, 3, 4, 324]);
        assert_eq!(power(-5), 1);
        assert_eq!(power(i64::MAX), 1 << BITS_MAX);
    }
}
