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

/// Of longer tables, so many rows are looked at.
const ROWS_MAX: usize = 1 << 16;

/// Columns of a table that are looked at: as many as a mask has bits.
const COLUMNS_MAX: usize = 64;

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
        };
        for constraint in &model.constraints {
            let is_option = |variable: &&u16| usize::from(**variable) < count;
            let options: Vec<u16> = constraint.scope.iter().filter(is_option).copied().collect();
            for option in &options {
                let others = options.iter().filter(|other| *other != option);
                bonds.bound[usize::from(*option)].extend(others);
                bonds.rules[usize::from(*option)] += 1;
            }
            if let Statement::Rule(RuleKind::Allowed(table)) = constraint.statement {
                for (option, column) in table.options.iter().zip(0..COLUMNS_MAX) {
                    bonds.columns[usize::from(*option)].push((bonds.tables.len(), column));
                }
                bonds.tables.push(table);
            }
        }
        for others in &mut bonds.bound {
            others.sort_unstable();
            others.dedup();
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
                let rows = power(frontier.bonds.bits(table, frontier.placed[table]));
                extent.children = extent.children.saturating_add(rows.saturating_mul(values));
            }
            frontier.place(*option);
        }
        extent
    }

    /// How many combinations the columns of a mask take in a table, in fractions of a bit.
    fn bits(&mut self, table: usize, mask: u64) -> i64 {
        let tables = &self.tables;
        let count = || combinations(tables[table], mask);
        logarithm(*self.combinations.entry((table, mask)).or_insert_with(count))
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
        let options = &self.bonds.tables[table].options;
        for (option, column) in options.iter().zip(0..COLUMNS_MAX) {
            let option = usize::from(*option);
            if !self.is_placed[option] && self.bits[option] > 0 {
                let with = self.bonds.bits(table, placed | 1 << column);
                let open = with - self.bonds.bits(table, placed);
                self.bits[option] = self.bits[option].min(open.max(0));
            }
        }
    }
}

/// How many combinations the columns of a mask take. Two of the same hash count as one: it is an
/// estimate.
fn combinations(table: &Table, mask: u64) -> u64 {
    let rows = table.rows().len().min(ROWS_MAX);
    let mut seen = vec![0_u32; (rows * 2).next_power_of_two()];
    let slots = seen.len() - 1;
    let columns: Vec<usize> = (0..table.options.len().min(COLUMNS_MAX))
        .filter(|column| mask & 1 << column != 0)
        .collect();
    let mut count = 0;
    for row in table.rows().take(rows) {
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
    use super::{BIT, BITS_MAX, logarithm, power};

    #[test]
    fn a_logarithm_of_whole_bits_is_exact_and_undone_by_the_power() {
        let bit = BIT.cast_signed();
        assert_eq!([1, 2, 3, 4, 324].map(logarithm), [0, bit, bit * 3 / 2, bit * 2, bit * 8 + 68]);
        assert_eq!([1, 2, 3, 4, 324].map(|number| power(logarithm(number))), [1, 2, 3, 4, 324]);
        assert_eq!(power(-5), 1);
        assert_eq!(power(i64::MAX), 1 << BITS_MAX);
    }
}
