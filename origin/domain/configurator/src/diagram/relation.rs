//! Translation of one constraint to a diagram under a fixed order.

use std::collections::HashMap;

use super::Exhausted;
use super::unique_table::{FALSE, Node, TRUE, UniqueTable};
use crate::model::{Constraint, Model, Statement};
use crate::product::{Condition, Expression, RuleKind, Table};
use crate::sums::{Open, Sum};

/// The diagrams of constraints under one order.
pub(super) struct Relations<'m> {
    /// The level of each variable, and how many values it has.
    pub(super) levels: &'m [u16],
    pub(super) domains: &'m [u16],
    /// The fixed value of each option that has one; may be empty. For other values of these options
    /// the diagram of a rule is arbitrary, which avoids most of the work for a large table.
    pub(super) fixed: &'m [Option<u16>],
}

/// The columns of a table from the top level down.
struct Columns {
    /// Level and position in the row of each column.
    order: Vec<(usize, usize)>,
    /// The node at the end of a listed row and the node for an unlisted row.
    hit: Node,
    miss: Node,
}

/// The options of a sum from the top level down.
struct SumLevels<'s> {
    sum: &'s Sum<'s>,
    /// Level and number of each option.
    order: Vec<(usize, u16)>,
    /// The node for each value of the hidden variable.
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
        table: &mut UniqueTable,
        model: &Model<'_>,
        constraint: &Constraint<'_>,
    ) -> Result<Node, Exhausted> {
        match constraint.statement {
            Statement::Rule(kind) => self.rule(table, kind),
            Statement::Sum(index) => {
                let variable = constraint.scope.last().expect("a sum has its own variable");
                self.sum(table, &model.sums[index], self.level(*variable))
            }
        }
    }

    /// The diagram of one rule.
    pub(super) fn rule(&self, table: &mut UniqueTable, kind: &RuleKind) -> Result<Node, Exhausted> {
        match kind {
            RuleKind::Requires { condition, consequence } => {
                let negated = self.condition(table, condition, (FALSE, TRUE))?;
                let then = self.condition(table, consequence, (TRUE, FALSE))?;
                table.or(negated, then)
            }
            RuleKind::Excludes(conditions) => {
                let mut all = TRUE;
                for condition in conditions {
                    let one = self.condition(table, condition, (TRUE, FALSE))?;
                    all = table.and(all, one)?;
                }
                table.not(all)
            }
            RuleKind::Allowed(tuples) => self.tuples(table, tuples, (TRUE, FALSE)),
            RuleKind::Forbidden(tuples) => self.tuples(table, tuples, (FALSE, TRUE)),
            RuleKind::Assert(expression) => self.expression(table, expression),
        }
    }

    fn expression(
        &self,
        table: &mut UniqueTable,
        expression: &Expression,
    ) -> Result<Node, Exhausted> {
        match expression {
            Expression::Is(condition) => self.condition(table, condition, (TRUE, FALSE)),
            Expression::Not(inner) => {
                let inner = self.expression(table, inner)?;
                table.not(inner)
            }
            Expression::All(parts) => {
                let mut all = TRUE;
                for part in parts {
                    let part = self.expression(table, part)?;
                    all = table.and(all, part)?;
                }
                Ok(all)
            }
            Expression::Any(parts) => {
                let mut none = TRUE;
                for part in parts {
                    let part = self.expression(table, part)?;
                    let part = table.not(part)?;
                    none = table.and(none, part)?;
                }
                table.not(none)
            }
        }
    }

    /// A diagram that leads to `ends.0` where the condition holds and to `ends.1` elsewhere. The
    /// ends are below every option of the condition.
    fn condition(
        &self,
        table: &mut UniqueTable,
        condition: &Condition,
        ends: (Node, Node),
    ) -> Result<Node, Exhausted> {
        let mut parts: Vec<_> =
            condition.0.iter().map(|part| (self.level(part.option), part)).collect();
        parts.sort_unstable_by_key(|(level, _)| std::cmp::Reverse(*level));
        let mut node = ends.0;
        for (level, part) in parts {
            let mut children = vec![ends.1; table.domain(level)];
            for value in &part.values {
                children[usize::from(*value)] = node;
            }
            table.spend(children.len() as u64)?;
            node = table.node(level, &children)?;
        }
        Ok(node)
    }

    fn tuples(
        &self,
        table: &mut UniqueTable,
        tuples: &Table,
        (hit, miss): (Node, Node),
    ) -> Result<Node, Exhausted> {
        let levels = tuples.options.iter().map(|option| self.level(*option));
        let mut order: Vec<_> = levels.zip(0..).collect();
        order.sort_unstable();
        let is_relevant = |row: &&[u16]| {
            tuples.options.iter().zip(*row).all(|(option, value)| {
                let fixed = self.fixed.get(usize::from(*option)).copied().flatten();
                fixed.is_none_or(|fixed| fixed == *value)
            })
        };
        let mut rows: Vec<&[u16]> = tuples.rows().filter(is_relevant).collect();
        table.spend(tuples.cells.len() as u64)?;
        let key = |row: &[u16]| -> [u16; 4] {
            std::array::from_fn(|at| order.get(at).map_or(0, |(_, column)| row[*column]))
        };
        rows.sort_unstable_by(|one, two| {
            key(one).cmp(&key(two)).then_with(|| {
                let rest = order.iter().skip(4).map(|(_, column)| *column);
                rest.clone().map(|at| one[at]).cmp(rest.map(|at| two[at]))
            })
        });
        rows_below(table, &Columns { order, hit, miss }, &rows, 0)
    }

    fn sum(
        &self,
        table: &mut UniqueTable,
        sum: &Sum<'_>,
        hidden: usize,
    ) -> Result<Node, Exhausted> {
        let mut ends = Vec::with_capacity(table.domain(hidden));
        for value in 0..table.domain(hidden) {
            let mut children = vec![FALSE; table.domain(hidden)];
            children[value] = TRUE;
            ends.push(table.node(hidden, &children)?);
        }
        let mut order: Vec<_> =
            sum.options.iter().map(|option| (self.level(*option), *option)).collect();
        order.sort_unstable();
        let mut caches = vec![HashMap::new(); order.len()];
        let levels = SumLevels { sum, order, ends, domains: self.domains };
        open_below(table, &levels, sum.all_open(), &mut caches)
    }
}

/// The diagram of a sum of which these rules are still open. `caches` holds the diagrams for the
/// options that are not yet decided, the next option first.
fn open_below(
    table: &mut UniqueTable,
    levels: &SumLevels<'_>,
    open: Open,
    caches: &mut [HashMap<Open, Node>],
) -> Result<Node, Exhausted> {
    let decided = levels.order.len() - caches.len();
    let Some((own, below)) = caches.split_first_mut() else {
        return Ok(levels.ends[levels.sum.value(&open)]);
    };
    if let Some(node) = own.get(&open) {
        return Ok(*node);
    }
    let (level, option) = levels.order[decided];
    let domain = levels.domains[usize::from(option)];
    let mut children = Vec::with_capacity(usize::from(domain));
    for open in levels.sum.open_by_value(&open, option, domain) {
        children.push(open_below(table, levels, open, below)?);
    }
    table.spend((children.len() + open.len()) as u64)?;
    let node = table.node(level, &children)?;
    own.insert(open, node);
    Ok(node)
}

/// The diagram of sorted rows that agree on the columns before `column`.
fn rows_below(
    table: &mut UniqueTable,
    columns: &Columns,
    rows: &[&[u16]],
    column: usize,
) -> Result<Node, Exhausted> {
    let Some((level, at)) = columns.order.get(column).copied() else { return Ok(columns.hit) };
    let mut children = vec![columns.miss; table.domain(level)];
    for same in rows.chunk_by(|one, two| one[at] == two[at]) {
        children[usize::from(same[0][at])] = rows_below(table, columns, same, column + 1)?;
    }
    table.spend(children.len() as u64)?;
    table.node(level, &children)
}
