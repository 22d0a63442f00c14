//! Minimal unsatisfiable subsets of rules, by insertion (de Siqueira and Puget, 1988).
//!
//! Rules are added lazily: a configuration that satisfies the active rules is tested against the
//! others, and a rule it violates becomes active. Most conflicts of an industrial product involve a
//! handful of its hundreds of rules.

use super::Exhausted;
use super::order;
use super::relation::Relations;
use super::unique_table::{Budget, FALSE, Node, TRUE, UniqueTable};
use crate::model::Model;
use crate::product::{Product, RuleKind};

/// The rules in which a core is searched, an order of the options, and the fixed values.
pub(crate) struct UnsatCore<'r> {
    pub(crate) rules: Vec<&'r RuleKind>,
    /// The number of values of each option.
    pub(crate) domains: Vec<u16>,
    /// The options from the top level down.
    pub(crate) order: Vec<u16>,
    /// The value of each option that has a fixed one.
    pub(crate) fixed: Vec<Option<u16>>,
    /// The values to try first. A configuration that satisfies all rules is best: then only the
    /// conflict makes rules active.
    pub(crate) preferred: Vec<u16>,
}

/// The active rules with their diagrams, and their conjunction.
struct ActiveRules {
    rules: Vec<(usize, Node)>,
    conjunction: Node,
}

// === impl UnsatCore ===

impl<'r> UnsatCore<'r> {
    /// The rules of a product that has no diagram, with no fixed values.
    pub(crate) fn of(product: &'r Product, model: &Model<'_>) -> Self {
        let count = product.options.len();
        let mut order = order::initial_orders(model).swap_remove(0);
        order.retain(|variable| usize::from(*variable) < count);
        Self {
            rules: product.rules.iter().map(|rule| &rule.kind).collect(),
            domains: model.domains[..count].to_vec(),
            order,
            fixed: vec![None; count],
            preferred: vec![0; count],
        }
    }

    /// A minimal set of rules that no configuration with the fixed values satisfies; `None` if some
    /// configuration satisfies all. `budget` bounds the work on diagrams and on testing rules.
    pub(crate) fn minimal_conflict(&self, budget: Budget) -> Result<Option<Vec<usize>>, Exhausted> {
        self.with_table(budget, |table, relations| {
            let start = self.fixed_node(table)?;
            let Some(active) = self.activate(table, relations, (start, usize::MAX))? else {
                return Ok(None);
            };
            Ok(Some(minimise(table, start, active.rules)?))
        })
    }

    /// Whether every configuration that satisfies the other rules satisfies this one; also returns
    /// the remaining steps.
    pub(crate) fn is_implied(&self, rule: usize, budget: Budget) -> Result<(bool, u64), Exhausted> {
        self.with_table(budget, |table, relations| {
            let rule_node = relations.rule(table, self.rules[rule])?;
            let start = table.not(rule_node)?;
            let is_implied = self.activate(table, relations, (start, rule))?.is_some();
            Ok((is_implied, table.steps_left()))
        })
    }

    /// Whether no configuration that satisfies the rules satisfies this one too; also returns the
    /// remaining steps.
    pub(crate) fn rules_out(
        &self,
        kind: &RuleKind,
        budget: Budget,
    ) -> Result<(bool, u64), Exhausted> {
        self.with_table(budget, |table, relations| {
            let start = relations.rule(table, kind)?;
            let is_ruled_out = self.activate(table, relations, (start, usize::MAX))?.is_some();
            Ok((is_ruled_out, table.steps_left()))
        })
    }

    fn with_table<T>(
        &self,
        budget: Budget,
        work: impl FnOnce(&mut UniqueTable, &Relations<'_>) -> Result<T, Exhausted>,
    ) -> Result<T, Exhausted> {
        let mut levels = vec![0; self.order.len()];
        for (option, level) in self.order.iter().zip(0..) {
            levels[usize::from(*option)] = level;
        }
        let domain = |option: &u16| self.domains[usize::from(*option)];
        let mut table = UniqueTable::new(self.order.iter().map(domain).collect(), budget);
        let (domains, fixed) = (&self.domains, &self.fixed);
        work(&mut table, &Relations { levels: &levels, domains, fixed })
    }

    /// The diagram of all configurations with the fixed values.
    fn fixed_node(&self, table: &mut UniqueTable) -> Result<Node, Exhausted> {
        let mut node = TRUE;
        for (level, option) in self.order.iter().enumerate().rev() {
            if let Some(value) = self.fixed[usize::from(*option)] {
                let mut children = vec![FALSE; table.domain(level)];
                children[usize::from(value)] = node;
                node = table.node(level, &children)?;
            }
        }
        Ok(node)
    }

    /// Adds rules until nothing satisfies them and `start`; `None` if some configuration satisfies
    /// all rules except `except`.
    fn activate(
        &self,
        table: &mut UniqueTable,
        relations: &Relations<'_>,
        (start, except): (Node, usize),
    ) -> Result<Option<ActiveRules>, Exhausted> {
        let mut active = ActiveRules { rules: Vec::new(), conjunction: start };
        let mut is_open = vec![true; self.rules.len()];
        if let Some(is_open) = is_open.get_mut(except) {
            *is_open = false;
        }
        while active.conjunction != FALSE {
            let witness = self.witness(table, active.conjunction);
            table.spend(self.rules.len() as u64)?;
            let violated = (0..self.rules.len())
                .find(|rule| is_open[*rule] && !self.rules[*rule].is_satisfied(&witness));
            let Some(rule) = violated else { return Ok(None) };
            is_open[rule] = false;
            let node = relations.rule(table, self.rules[rule])?;
            active.conjunction = table.and(active.conjunction, node)?;
            active.rules.push((rule, node));
        }
        Ok(Some(active))
    }

    /// A configuration that satisfies a node, with the preferred values where possible.
    fn witness(&self, table: &UniqueTable, mut node: Node) -> Vec<u16> {
        let values = self.fixed.iter().zip(&self.preferred);
        let mut witness: Vec<u16> = values.map(|(own, other)| own.unwrap_or(*other)).collect();
        while let Some(level) = table.level(node) {
            let children = table.children(node);
            let value = &mut witness[usize::from(self.order[level])];
            if children[usize::from(*value)] == FALSE {
                *value = (0..)
                    .zip(children)
                    .find_map(|(value, child)| (*child != FALSE).then_some(value))
                    .expect("a node that is not false has a path to true");
            }
            node = children[usize::from(*value)];
        }
        witness
    }
}

/// A minimal subset of these rules that nothing satisfies together with `start`. The shortest
/// unsatisfiable prefix of the list ends with a needed rule. That rule is fixed, and the search
/// repeats with the rest of the prefix.
fn minimise(
    table: &mut UniqueTable,
    start: Node,
    mut rules: Vec<(usize, Node)>,
) -> Result<Vec<usize>, Exhausted> {
    let (mut needed, mut conjunction) = (Vec::new(), start);
    while conjunction != FALSE {
        let mut prefix = conjunction;
        let mut last = 0;
        for (at, (_, node)) in rules.iter().enumerate() {
            prefix = table.and(prefix, *node)?;
            last = at;
            if prefix == FALSE {
                break;
            }
        }
        rules.truncate(last + 1);
        let Some((rule, node)) = rules.pop() else { break };
        needed.push(rule);
        conjunction = table.and(conjunction, node)?;
    }
    needed.sort_unstable();
    Ok(needed)
}
