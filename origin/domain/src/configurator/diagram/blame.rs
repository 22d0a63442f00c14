//! Which rules are to blame: a minimal set that nothing satisfies.
//!
//! Rules come in only when they are needed: something that satisfies those taken so far is tried
//! against the rest, and a rule it breaks is taken. Most conflicts of an industrial product are
//! found with a handful of its hundreds of rules.

use super::Exhausted;
use super::forge::{Budget, FALSE, Forge, Node, TRUE};
use super::order;
use super::relation::Relations;
use crate::configurator::model::Model;
use crate::configurator::product::{Product, RuleKind};

/// Rules under an order of the options, and what is settled.
pub(in crate::configurator) struct Case<'r> {
    pub(in crate::configurator) rules: Vec<&'r RuleKind>,
    /// How many values each option has.
    pub(in crate::configurator) domains: Vec<u16>,
    /// The options from the top level down.
    pub(in crate::configurator) order: Vec<u16>,
    /// The value of each option that has a settled one.
    pub(in crate::configurator) settled: Vec<Option<u16>>,
    /// What options have that nothing taken so far speaks about: best a configuration that
    /// satisfies all rules, so that only the conflict brings rules in.
    pub(in crate::configurator) usual: Vec<u16>,
}

/// Rules taken into a case, and what satisfies them all.
struct Taken {
    rules: Vec<(usize, Node)>,
    rest: Node,
}

// === impl Case ===

impl<'r> Case<'r> {
    /// The rules of a product that has no diagram, nothing settled.
    pub(in crate::configurator) fn of(product: &'r Product, model: &Model<'_>) -> Self {
        let count = product.options.len();
        let mut order = order::first_orders(model).swap_remove(0);
        order.retain(|variable| usize::from(*variable) < count);
        Self {
            rules: product.rules.iter().map(|rule| &rule.kind).collect(),
            domains: model.domains[..count].to_vec(),
            order,
            settled: vec![None; count],
            usual: vec![0; count],
        }
    }

    /// A minimal set of rules that nothing with the settled values satisfies; `None` if something
    /// satisfies all. Work on diagrams and on trying rules is bounded by `steps`.
    pub(in crate::configurator) fn blame(
        &self,
        budget: Budget,
    ) -> Result<Option<Vec<usize>>, Exhausted> {
        self.with_forge(budget, |forge, relations| {
            let start = self.settled_node(forge)?;
            let Some(taken) = self.take(forge, relations, (start, usize::MAX))? else {
                return Ok(None);
            };
            Ok(Some(minimal(forge, start, taken.rules)?))
        })
    }

    /// Whether every configuration that satisfies the other rules satisfies this one; and the steps
    /// that are left.
    pub(in crate::configurator) fn is_implied(
        &self,
        rule: usize,
        budget: Budget,
    ) -> Result<(bool, u64), Exhausted> {
        self.with_forge(budget, |forge, relations| {
            let rule_node = relations.rule(forge, self.rules[rule])?;
            let start = forge.not(rule_node)?;
            let is_implied = self.take(forge, relations, (start, rule))?.is_some();
            Ok((is_implied, forge.steps_left()))
        })
    }

    /// Whether no configuration that satisfies the rules satisfies this, too; and the steps that are
    /// left.
    pub(in crate::configurator) fn rules_out(
        &self,
        kind: &RuleKind,
        budget: Budget,
    ) -> Result<(bool, u64), Exhausted> {
        self.with_forge(budget, |forge, relations| {
            let start = relations.rule(forge, kind)?;
            let is_ruled_out = self.take(forge, relations, (start, usize::MAX))?.is_some();
            Ok((is_ruled_out, forge.steps_left()))
        })
    }

    fn with_forge<T>(
        &self,
        budget: Budget,
        work: impl FnOnce(&mut Forge, &Relations<'_>) -> Result<T, Exhausted>,
    ) -> Result<T, Exhausted> {
        let mut levels = vec![0; self.order.len()];
        for (option, level) in self.order.iter().zip(0..) {
            levels[usize::from(*option)] = level;
        }
        let domain = |option: &u16| self.domains[usize::from(*option)];
        let mut forge = Forge::new(self.order.iter().map(domain).collect(), budget);
        let (domains, settled) = (&self.domains, &self.settled);
        work(&mut forge, &Relations { levels: &levels, domains, settled })
    }

    /// What has the settled values.
    fn settled_node(&self, forge: &mut Forge) -> Result<Node, Exhausted> {
        let mut node = TRUE;
        for (level, option) in self.order.iter().enumerate().rev() {
            if let Some(value) = self.settled[usize::from(*option)] {
                let mut children = vec![FALSE; forge.domain(level)];
                children[usize::from(value)] = node;
                node = forge.node(level, &children)?;
            }
        }
        Ok(node)
    }

    /// Takes rules until nothing satisfies them and `start`; `None` if something satisfies all but
    /// `except`.
    fn take(
        &self,
        forge: &mut Forge,
        relations: &Relations<'_>,
        (start, except): (Node, usize),
    ) -> Result<Option<Taken>, Exhausted> {
        let mut taken = Taken { rules: Vec::new(), rest: start };
        let mut is_open = vec![true; self.rules.len()];
        if let Some(is_open) = is_open.get_mut(except) {
            *is_open = false;
        }
        while taken.rest != FALSE {
            let witness = self.witness(forge, taken.rest);
            forge.spend(self.rules.len() as u64)?;
            let broken = (0..self.rules.len())
                .find(|rule| is_open[*rule] && !self.rules[*rule].is_satisfied(&witness));
            let Some(rule) = broken else { return Ok(None) };
            is_open[rule] = false;
            let node = relations.rule(forge, self.rules[rule])?;
            taken.rest = forge.and(taken.rest, node)?;
            taken.rules.push((rule, node));
        }
        Ok(Some(taken))
    }

    /// A configuration that satisfies a node, the usual one where that is possible.
    fn witness(&self, forge: &Forge, mut node: Node) -> Vec<u16> {
        let settled = self.settled.iter().zip(&self.usual);
        let mut witness: Vec<u16> = settled.map(|(own, usual)| own.unwrap_or(*usual)).collect();
        while let Some(level) = forge.level(node) {
            let children = forge.children(node);
            let value = &mut witness[usize::from(self.order[level])];
            if children[usize::from(*value)] == FALSE {
                *value = (0..)
                    .zip(children)
                    .find_map(|(value, child)| (*child != FALSE).then_some(value))
                    .expect("a node that is not false has a way to truth");
            }
            node = children[usize::from(*value)];
        }
        witness
    }
}

/// A minimal part of these rules that nothing satisfies together with `start`. The shortest
/// beginning of the list that does it ends with a rule that is needed; with that one settled, the
/// same again.
fn minimal(
    forge: &mut Forge,
    start: Node,
    mut rules: Vec<(usize, Node)>,
) -> Result<Vec<usize>, Exhausted> {
    let (mut needed, mut settled) = (Vec::new(), start);
    while settled != FALSE {
        let mut rest = settled;
        let mut last = 0;
        for (at, (_, node)) in rules.iter().enumerate() {
            rest = forge.and(rest, *node)?;
            last = at;
            if rest == FALSE {
                break;
            }
        }
        rules.truncate(last + 1);
        let Some((rule, node)) = rules.pop() else { break };
        needed.push(rule);
        settled = forge.and(settled, node)?;
    }
    needed.sort_unstable();
    Ok(needed)
}
