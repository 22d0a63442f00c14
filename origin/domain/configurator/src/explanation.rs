//! Explanations: why a value cannot be chosen, and the cheapest change that makes it available.

use domain_core::money::Money;
use serde::Serialize;

use super::Configurator;
use super::completion::By;
use super::diagram::{Budget, UnsatCore};
use super::nearest::nearest;
use super::selection::{Selection, UnknownChoice};

/// Work to find a minimal conflict: a fifth of a second. Conflicts of industrial products take a
/// hundredth of it.
const CONFLICT_BUDGET: Budget = Budget { steps: 4_000_000, bytes: 128 << 20 };

/// Why a value cannot be added to a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation<'c> {
    /// The product's id.
    pub product: &'c str,
    /// The option of the query.
    pub option: &'c str,
    /// The value of the query.
    pub value: &'c str,
    /// Whether the value can be added.
    pub possible: bool,
    /// A minimal set of choices that rule the value out: no proper subset rules it out. Empty if
    /// the rules alone rule it out.
    pub choices: Selection,
    /// A minimal set of rules that, with those choices, rule the value out; `None` if the search
    /// exceeds its budget.
    pub rules: Option<Vec<RuleSummary<'c>>>,
    /// The cheapest change that makes the value available; `None` if it has none.
    pub repair: Option<Repair>,
}

/// A rule as shoppers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleSummary<'c> {
    /// The rule's id.
    pub id: &'c str,
    /// The author's message for shoppers, if there is one.
    pub message: Option<&'c str>,
}

/// The fewest other choices to change and, among those, the changes with the lowest price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// The choices to change, with their new values.
    pub changes: Selection,
    /// The lowest price of a configuration with the value, these changes, and the other choices.
    pub price: Money,
}

// === impl Configurator ===

impl Configurator {
    /// Explains why `value` of `option` cannot be added to a selection, or cannot replace the
    /// choice for that option.
    ///
    /// # Errors
    /// Every choice that the product does not have, including the value of the query.
    pub fn explain(
        &self,
        selection: &Selection,
        option: &str,
        value: &str,
    ) -> Result<Explanation<'_>, Vec<UnknownChoice>> {
        let (chosen, target) = match (self.chosen(selection), self.choice(option, value)) {
            (Ok(chosen), Ok(target)) => (chosen, target),
            (chosen, target) => {
                let unknown = chosen.err().into_iter().flatten().chain(target.err());
                return Err(unknown.collect());
            }
        };
        let others: Vec<_> = chosen.into_iter().filter(|(other, _)| *other != target.0).collect();
        let repaired = self.repaired(&others, target);
        let conflict = self.conflicting_choices(&others, target);
        let is_possible = conflict.is_none();
        let conflict = conflict.unwrap_or_default();
        let rules = if is_possible {
            Some(Vec::new())
        } else {
            self.conflicting_rules(&conflict, target, repaired.as_ref().map(|(full, _)| &full[..]))
        };
        let option = &self.product().options()[usize::from(target.0)];
        Ok(Explanation {
            product: self.product().id(),
            option: option.id.as_str(),
            value: option.values[usize::from(target.1)].id.as_str(),
            possible: is_possible,
            choices: self.named(conflict.iter().copied()),
            rules,
            repair: repaired.map(|(full, price)| {
                let is_changed =
                    |(option, value): &&(u16, u16)| full[usize::from(*option)] != *value;
                let changed = others.iter().filter(is_changed);
                let changes =
                    self.named(changed.map(|(option, _)| (*option, full[usize::from(*option)])));
                Repair { changes, price }
            }),
        })
    }

    /// The configuration with the target value that changes the fewest choices, and its price.
    fn repaired(&self, others: &[(u16, u16)], target: (u16, u16)) -> Option<(Vec<u16>, Money)> {
        let mut preferences = self.preferences(others, By::Price);
        let preference = &mut preferences[self.priced().layer_of[usize::from(target.0)]];
        (preference.choice, preference.is_fixed) = (Some(target.1), true);
        let (configuration, price) = nearest(self.priced(), &preferences)?;
        Some((configuration, Money(self.priced().base_price + price)))
    }

    /// A minimal subset of the choices that rules the target out, by deletion; `None` if all of
    /// them together do not.
    fn conflicting_choices(
        &self,
        others: &[(u16, u16)],
        target: (u16, u16),
    ) -> Option<Vec<(u16, u16)>> {
        let is_ruled_out = |choices: &[(u16, u16)]| {
            let all = choices.iter().copied().chain([target]);
            self.price_bounds(all).is_none()
        };
        if !is_ruled_out(others) {
            return None;
        }
        let mut conflict = others.to_vec();
        for choice in others {
            let rest: Vec<_> = conflict.iter().copied().filter(|other| other != choice).collect();
            if is_ruled_out(&rest) {
                conflict = rest;
            }
        }
        Some(conflict)
    }

    /// A minimal set of rules that, with these choices, rules the target out.
    fn conflicting_rules(
        &self,
        choices: &[(u16, u16)],
        target: (u16, u16),
        preferred: Option<&[u16]>,
    ) -> Option<Vec<RuleSummary<'_>>> {
        let mut core = self.unsat_core();
        for (option, value) in choices.iter().copied().chain([target]) {
            core.fixed[usize::from(option)] = Some(value);
        }
        if let Some(preferred) = preferred {
            core.preferred = preferred.to_vec();
        }
        let rules = core.minimal_conflict(CONFLICT_BUDGET).ok()??;
        let summary = |rule: usize| {
            let rule = &self.product().rules()[rule];
            RuleSummary { id: &rule.id, message: rule.message.as_deref() }
        };
        Some(rules.into_iter().map(summary).collect())
    }

    /// The product's rules in the order of its diagram, with no fixed values.
    pub(super) fn unsat_core(&self) -> UnsatCore<'_> {
        let priced = self.priced();
        let count = self.product().options().len();
        let layers = priced.diagram.layers.iter().map(|layer| layer.variable);
        let domain = |layer: &usize| u16::try_from(priced.weights[*layer].len()).expect("bounded");
        let (preferred, _) = nearest(priced, &self.preferences(&[], By::Price))
            .expect("a compiled product has a valid configuration");
        UnsatCore {
            rules: self.product().rules().iter().map(|rule| &rule.kind).collect(),
            domains: priced.layer_of.iter().map(domain).collect(),
            order: layers.filter(|variable| usize::from(*variable) < count).collect(),
            fixed: vec![None; count],
            preferred,
        }
    }
}
