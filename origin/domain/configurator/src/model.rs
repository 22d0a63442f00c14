//! A product as variables and constraints: the input of the diagram compiler.
//!
//! The variables are the options, followed by the hidden sums of price rules.

use domain_core::authoring::Mistake;

use super::product::{Condition, Expression, Product, Rule, RuleKind};
use super::sums::Sum;

/// Options, hidden sums, and the constraints between them.
pub(super) struct Model<'p> {
    /// The number of values of each variable: the options first, then the sums.
    pub(super) domains: Vec<u16>,
    pub(super) constraints: Vec<Constraint<'p>>,
    pub(super) sums: Vec<Sum<'p>>,
}

/// One constraint and the variables it depends on (ascending).
pub(super) struct Constraint<'p> {
    pub(super) scope: Vec<u16>,
    pub(super) statement: Statement<'p>,
}

/// The content of a constraint.
#[derive(Clone, Copy)]
pub(super) enum Statement<'p> {
    /// A rule holds.
    Rule(&'p RuleKind),
    /// The sum with this index has the value that its options determine.
    Sum(usize),
}

// === impl Model ===

impl<'p> Model<'p> {
    pub(super) fn of(product: &'p Product) -> Result<Self, Mistake> {
        let mut domains: Vec<u16> =
            product.options.iter().map(|option| index(option.values.len())).collect();
        let sums = Sum::all(product, &domains)?;
        let rule = |rule: &'p Rule| Constraint {
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

    /// The number of variables that are options.
    pub(super) fn option_count(&self) -> usize {
        self.domains.len() - self.sums.len()
    }
}

fn index(count: usize) -> u16 {
    u16::try_from(count).expect("the bounds of the authoring format fit 16 bits")
}

/// The options a rule depends on, ascending.
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
