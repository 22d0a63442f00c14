//! One constraint as a diagram, under a given order.

use std::collections::HashMap;

use super::Exhausted;
use super::forge::{FALSE, Forge, Node, TRUE};
use crate::configurator::model::{Constraint, Model, Statement};
use crate::configurator::product::{Condition, Expression, RuleKind, Table};
use crate::configurator::sums::{Open, Sum};

/// The diagrams of constraints under one order.
pub(super) struct Relations<'m> {
    /// The level of each variable, and how many values it has.
    pub(super) levels: &'m [u16],
    pub(super) domains: &'m [u16],
    /// Options whose value is settled, if any are: what a rule says where they have another is
    /// left open, which spares most of a large table.
    pub(super) settled: &'m [Option<u16>],
}

/// A table seen from the top level down.
struct Columns {
    /// Level and place in the row of each column.
    order: Vec<(usize, usize)>,
    /// What the end of a row leads to, and what a missing row leads to.
    hit: Node,
    miss: Node,
}

/// A sum seen from the top level down.
struct Summing<'s> {
    sum: &'s Sum<'s>,
    /// Level and number of each option.
    order: Vec<(usize, u16)>,
    /// What each value of the hidden variable leads to.
    ends: Vec<Node>,
    domains: &'s [u16],
}

// === impl Relations ===

impl Relations<'_> {
    fn level(&self, variable: u16) -> usize {
        usize::from(self.levels[usize::from(variable)])
    }

    /// The diagram of one constraint.
    pub(super) fn of(
        &self,
        forge: &mut Forge,
        model: &Model<'_>,
        constraint: &Constraint<'_>,
    ) -> Result<Node, Exhausted> {
        match constraint.statement {
            Statement::Rule(kind) => self.rule(forge, kind),
            Statement::Sum(index) => {
                let variable = constraint.scope.last().expect("a sum has its own variable");
                self.sum(forge, &model.sums[index], self.level(*variable))
            }
        }
    }

    /// The diagram of one rule.
    pub(super) fn rule(&self, forge: &mut Forge, kind: &RuleKind) -> Result<Node, Exhausted> {
        match kind {
            RuleKind::Requires { condition, consequence } => {
                let unless = self.condition(forge, condition, (FALSE, TRUE))?;
                let then = self.condition(forge, consequence, (TRUE, FALSE))?;
                forge.or(unless, then)
            }
            RuleKind::Excludes(conditions) => {
                let mut all = TRUE;
                for condition in conditions {
                    let one = self.condition(forge, condition, (TRUE, FALSE))?;
                    all = forge.and(all, one)?;
                }
                forge.not(all)
            }
            RuleKind::Allowed(table) => self.table(forge, table, (TRUE, FALSE)),
            RuleKind::Forbidden(table) => self.table(forge, table, (FALSE, TRUE)),
            RuleKind::Assert(expression) => self.expression(forge, expression),
        }
    }

    fn expression(&self, forge: &mut Forge, expression: &Expression) -> Result<Node, Exhausted> {
        match expression {
            Expression::Is(condition) => self.condition(forge, condition, (TRUE, FALSE)),
            Expression::Not(inner) => {
                let inner = self.expression(forge, inner)?;
                forge.not(inner)
            }
            Expression::All(parts) => {
                let mut all = TRUE;
                for part in parts {
                    let part = self.expression(forge, part)?;
                    all = forge.and(all, part)?;
                }
                Ok(all)
            }
            Expression::Any(parts) => {
                let mut none = TRUE;
                for part in parts {
                    let part = self.expression(forge, part)?;
                    let part = forge.not(part)?;
                    none = forge.and(none, part)?;
                }
                forge.not(none)
            }
        }
    }

    /// A diagram that ends in `ends.0` where the condition holds and in `ends.1` where not. The
    /// ends lie below every option of the condition.
    fn condition(
        &self,
        forge: &mut Forge,
        condition: &Condition,
        ends: (Node, Node),
    ) -> Result<Node, Exhausted> {
        let mut parts: Vec<_> =
            condition.0.iter().map(|part| (self.level(part.option), part)).collect();
        parts.sort_unstable_by_key(|(level, _)| std::cmp::Reverse(*level));
        let mut node = ends.0;
        for (level, part) in parts {
            let mut children = vec![ends.1; forge.domain(level)];
            for value in &part.values {
                children[usize::from(*value)] = node;
            }
            forge.spend(children.len() as u64)?;
            node = forge.node(level, &children)?;
        }
        Ok(node)
    }

    fn table(
        &self,
        forge: &mut Forge,
        table: &Table,
        (hit, miss): (Node, Node),
    ) -> Result<Node, Exhausted> {
        let levels = table.options.iter().map(|option| self.level(*option));
        let mut order: Vec<_> = levels.zip(0..).collect();
        order.sort_unstable();
        let is_open = |row: &&[u16]| {
            table.options.iter().zip(*row).all(|(option, value)| {
                let settled = self.settled.get(usize::from(*option)).copied().flatten();
                settled.is_none_or(|settled| settled == *value)
            })
        };
        let mut rows: Vec<&[u16]> = table.rows().filter(is_open).collect();
        forge.spend(table.cells.len() as u64)?;
        let key = |row: &[u16]| -> [u16; 4] {
            std::array::from_fn(|at| order.get(at).map_or(0, |(_, column)| row[*column]))
        };
        rows.sort_unstable_by(|one, two| {
            key(one).cmp(&key(two)).then_with(|| {
                let rest = order.iter().skip(4).map(|(_, column)| *column);
                rest.clone().map(|at| one[at]).cmp(rest.map(|at| two[at]))
            })
        });
        rows_below(forge, &Columns { order, hit, miss }, &rows, 0)
    }

    fn sum(&self, forge: &mut Forge, sum: &Sum<'_>, hidden: usize) -> Result<Node, Exhausted> {
        let mut ends = Vec::with_capacity(forge.domain(hidden));
        for value in 0..forge.domain(hidden) {
            let mut children = vec![FALSE; forge.domain(hidden)];
            children[value] = TRUE;
            ends.push(forge.node(hidden, &children)?);
        }
        let mut order: Vec<_> =
            sum.options.iter().map(|option| (self.level(*option), *option)).collect();
        order.sort_unstable();
        let mut known = vec![HashMap::new(); order.len()];
        let summing = Summing { sum, order, ends, domains: self.domains };
        open_below(forge, &summing, sum.all_open(), &mut known)
    }
}

/// The diagram of a sum of which these rules are still open. `known` are those of the options not
/// yet settled, the next one first.
fn open_below(
    forge: &mut Forge,
    summing: &Summing<'_>,
    open: Open,
    known: &mut [HashMap<Open, Node>],
) -> Result<Node, Exhausted> {
    let settled = summing.order.len() - known.len();
    let Some((own, below)) = known.split_first_mut() else {
        return Ok(summing.ends[summing.sum.value(&open)]);
    };
    if let Some(node) = own.get(&open) {
        return Ok(*node);
    }
    let (level, option) = summing.order[settled];
    let domain = summing.domains[usize::from(option)];
    let mut children = Vec::with_capacity(usize::from(domain));
    for open in summing.sum.open_by_value(&open, option, domain) {
        children.push(open_below(forge, summing, open, below)?);
    }
    forge.spend((children.len() + open.len()) as u64)?;
    let node = forge.node(level, &children)?;
    own.insert(open, node);
    Ok(node)
}

/// The diagram of sorted rows that agree on the columns before `column`.
fn rows_below(
    forge: &mut Forge,
    columns: &Columns,
    rows: &[&[u16]],
    column: usize,
) -> Result<Node, Exhausted> {
    let Some((level, at)) = columns.order.get(column).copied() else { return Ok(columns.hit) };
    let mut children = vec![columns.miss; forge.domain(level)];
    for same in rows.chunk_by(|one, two| one[at] == two[at]) {
        children[usize::from(same[0][at])] = rows_below(forge, columns, same, column + 1)?;
    }
    forge.spend(children.len() as u64)?;
    forge.node(level, &children)
}
