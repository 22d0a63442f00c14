//! A product as variables and constraints: what a diagram is made from.
//!
//! The variables are the options and, behind them, one hidden sum for each set of options that
//! price rules look at. A sum's value is determined by those options and carries the amount the
//! rules add up to, so that every price is a plain sum over variables.

use std::collections::BTreeMap;

use super::mistake::Mistake;
use super::product::{Condition, Expression, PriceRule, Product, RuleKind};
use crate::money::Money;

/// Most different sets of options that price rules may look at: each is a level of the diagram.
pub(super) const SUMS_MAX: usize = 256;

/// Largest product of values over which a sum is tabulated; above it each of its price rules is a
/// sum of its own with two values.
const SUM_CELLS_MAX: usize = 1 << 16;

/// Options, hidden sums, and what binds them.
pub(super) struct Model<'p> {
    /// How many values each variable has: the options' first, then the sums'.
    pub(super) domains: Vec<u16>,
    pub(super) constraints: Vec<Constraint<'p>>,
    pub(super) sums: Vec<Sum<'p>>,
}

/// One thing that must hold, and the variables it is about (ascending).
pub(super) struct Constraint<'p> {
    pub(super) scope: Vec<u16>,
    pub(super) statement: Statement<'p>,
}

/// What a constraint says.
#[derive(Clone, Copy)]
pub(super) enum Statement<'p> {
    /// A rule holds.
    Rule(&'p RuleKind),
    /// The sum of this index has the value its options determine.
    Sum(usize),
}

/// What price rules over one set of options add up to.
pub(super) struct Sum<'p> {
    /// The options, ascending.
    pub(super) options: Vec<u16>,
    /// The amount of each value of the hidden variable.
    pub(super) amounts: Vec<Money>,
    pub(super) value: SumValue<'p>,
}

/// How the options determine a sum's value.
pub(super) enum SumValue<'p> {
    /// Tabulated, the last option varying fastest.
    Table(Vec<u16>),
    /// One if the condition holds, else zero.
    Condition(&'p Condition),
}

// === impl Model ===

impl<'p> Model<'p> {
    pub(super) fn of(product: &'p Product) -> Result<Self, Mistake> {
        let mut domains: Vec<u16> =
            product.options.iter().map(|option| index(option.values.len())).collect();
        let sums = sums_of(product, &domains)?;
        let rule = |rule: &'p super::product::Rule| Constraint {
            scope: options_of(&rule.kind),
            statement: Statement::Rule(&rule.kind),
        };
        let mut constraints: Vec<_> = product.rules.iter().map(rule).collect();
        for (number, sum) in sums.iter().enumerate() {
            let variable = index(domains.len());
            domains.push(index(sum.amounts.len()));
            let scope = sum.options.iter().copied().chain([variable]).collect();
            constraints.push(Constraint { scope, statement: Statement::Sum(number) });
        }
        Ok(Self { domains, constraints, sums })
    }

    /// How many of the variables are options.
    pub(super) fn option_count(&self) -> usize {
        self.domains.len() - self.sums.len()
    }
}

fn index(count: usize) -> u16 {
    u16::try_from(count).expect("the bounds of the authoring format fit 16 bits")
}

/// The options a rule is about, ascending.
pub(super) fn options_of(kind: &RuleKind) -> Vec<u16> {
    let mut options: Vec<u16> = match kind {
        RuleKind::Requires { condition, consequence } => {
            condition.options().chain(consequence.options()).collect()
        }
        RuleKind::Excludes(conditions) => conditions.iter().flat_map(Condition::options).collect(),
        RuleKind::Allowed(table) | RuleKind::Forbidden(table) => table.options.clone(),
        RuleKind::Assert(expression) => options_of_expression(expression),
    };
    options.sort_unstable();
    options.dedup();
    options
}

fn options_of_expression(expression: &Expression) -> Vec<u16> {
    let mut options = Vec::new();
    expression.visit_options(&mut |option| options.push(option));
    options
}

/// The sums that the price rules of a product amount to, those that are always zero left out.
fn sums_of<'p>(product: &'p Product, domains: &[u16]) -> Result<Vec<Sum<'p>>, Mistake> {
    let mut by_options: BTreeMap<Vec<u16>, Vec<&PriceRule>> = BTreeMap::new();
    for rule in &product.price_rules {
        by_options.entry(rule.condition.options().collect()).or_default().push(rule);
    }
    let mut sums = Vec::new();
    for (options, rules) in by_options {
        let cells = options.iter().try_fold(1_usize, |cells, option| {
            cells.checked_mul(usize::from(domains[usize::from(*option)]))
        });
        match cells {
            Some(cells) if cells <= SUM_CELLS_MAX => {
                sums.push(tabulated(options, &rules, domains, cells));
            }
            _ => sums.extend(rules.iter().map(|rule| Sum {
                options: options.clone(),
                amounts: vec![Money::ZERO, rule.add],
                value: SumValue::Condition(&rule.condition),
            })),
        }
    }
    if sums.len() > SUMS_MAX {
        return Err(Mistake {
            field: "/price_rules".to_owned(),
            message: format!(
                "they look at {} different sets of options; at most {SUMS_MAX} are possible",
                sums.len()
            ),
        });
    }
    Ok(sums)
}

fn tabulated<'p>(
    options: Vec<u16>,
    rules: &[&PriceRule],
    domains: &[u16],
    cells: usize,
) -> Sum<'p> {
    let mut totals = vec![Money::ZERO; cells];
    for rule in rules {
        add_where(&mut totals, &rule.condition, rule.add, domains);
    }
    let mut amounts = totals.clone();
    amounts.sort_unstable();
    amounts.dedup();
    let place = |total: &Money| index(amounts.binary_search(total).expect("it was put in"));
    let table = totals.iter().map(place).collect();
    Sum { options, amounts, value: SumValue::Table(table) }
}

/// Adds `add` to every cell in which the condition holds.
fn add_where(totals: &mut [Money], condition: &Condition, add: Money, domains: &[u16]) {
    let mut cells = vec![0];
    for part in &condition.0 {
        let size = usize::from(domains[usize::from(part.option)]);
        let next = |cell: &usize| {
            let cell = *cell;
            part.values.iter().map(move |value| cell * size + usize::from(*value))
        };
        cells = cells.iter().flat_map(next).collect();
    }
    for cell in cells {
        totals[cell] = totals[cell].plus(add).expect("amounts are bounded by the authoring format");
    }
}
