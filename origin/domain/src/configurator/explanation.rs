//! Explaining why a value cannot be chosen, and what would let it in.

use serde::Serialize;

use super::Configurator;
use super::completion::By;
use super::diagram::{Budget, Case};
use super::nearest::nearest;
use super::selection::{Selection, UnknownChoice};
use crate::money::Money;

/// Work that finding the rules to blame may take: a fifth of a second. Conflicts of industrial
/// products take a hundredth of it.
const BLAME_BUDGET: Budget = Budget { steps: 4_000_000, bytes: 128 << 20 };

/// Why a value cannot be added to a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation<'c> {
    /// The product's id.
    pub product: &'c str,
    /// The option asked about.
    pub option: &'c str,
    /// The value asked about.
    pub value: &'c str,
    /// Whether nothing speaks against it.
    pub possible: bool,
    /// A minimal set of choices that rule it out: without any one of them the others would not.
    /// Empty if the rules alone do.
    pub choices: Selection,
    /// A minimal set of rules that, with those choices, rule it out; `None` if finding one took
    /// more work than an answer may.
    pub rules: Option<Vec<RuleNamed<'c>>>,
    /// The cheapest change that lets it in; `None` if nothing does.
    pub repair: Option<Repair>,
}

/// A rule as shoppers read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleNamed<'c> {
    /// The rule's id.
    pub id: &'c str,
    /// Its reason in words, if the author gave one.
    pub message: Option<&'c str>,
}

/// The fewest other choices that must change, and among those the ones with the lowest price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// The choices to change, with their new values.
    pub changes: Selection,
    /// The lowest price of a configuration with the value, these changes, and the other choices.
    pub price: Money,
}

// === impl Configurator ===

impl Configurator {
    /// Explains why `value` of `option` cannot be added to a selection, or put in place of the
    /// choice made for that option.
    ///
    /// # Errors
    /// Every choice, and the value asked about, that the product does not have.
    pub fn explain(
        &self,
        selection: &Selection,
        option: &str,
        value: &str,
    ) -> Result<Explanation<'_>, Vec<UnknownChoice>> {
        let (chosen, asked) = match (self.chosen(selection), self.choice(option, value)) {
            (Ok(chosen), Ok(asked)) => (chosen, asked),
            (chosen, asked) => {
                let unknown = chosen.err().into_iter().flatten().chain(asked.err());
                return Err(unknown.collect());
            }
        };
        let others: Vec<_> = chosen.into_iter().filter(|(other, _)| *other != asked.0).collect();
        let repaired = self.repaired(&others, asked);
        let against = self.choices_against(&others, asked);
        let is_possible = against.is_none();
        let against = against.unwrap_or_default();
        let rules = if is_possible {
            Some(Vec::new())
        } else {
            self.rules_against(&against, asked, repaired.as_ref().map(|(full, _)| &full[..]))
        };
        let option = &self.product().options()[usize::from(asked.0)];
        Ok(Explanation {
            product: self.product().id(),
            option: option.id.as_str(),
            value: option.values[usize::from(asked.1)].id.as_str(),
            possible: is_possible,
            choices: self.named(against.iter().copied()),
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

    /// The configuration with the value asked about that changes the fewest choices, and its
    /// price.
    fn repaired(&self, others: &[(u16, u16)], asked: (u16, u16)) -> Option<(Vec<u16>, Money)> {
        let mut wishes = self.wishes(others, By::Price);
        let wish = &mut wishes[self.chart().layer_of[usize::from(asked.0)]];
        (wish.choice, wish.is_fixed) = (Some(asked.1), true);
        let (configuration, price) = nearest(self.chart(), &wishes)?;
        Some((configuration, Money(self.chart().base_price + price)))
    }

    /// A minimal part of the choices that rules the value out; `None` if all of them do not.
    fn choices_against(&self, others: &[(u16, u16)], asked: (u16, u16)) -> Option<Vec<(u16, u16)>> {
        let is_ruled_out = |choices: &[(u16, u16)]| {
            let all = choices.iter().copied().chain([asked]);
            self.extent(all).is_none()
        };
        if !is_ruled_out(others) {
            return None;
        }
        let mut against = others.to_vec();
        for choice in others {
            let rest: Vec<_> = against.iter().copied().filter(|other| other != choice).collect();
            if is_ruled_out(&rest) {
                against = rest;
            }
        }
        Some(against)
    }

    /// A minimal set of rules that, with these choices, rules the value out.
    fn rules_against(
        &self,
        against: &[(u16, u16)],
        asked: (u16, u16),
        usual: Option<&[u16]>,
    ) -> Option<Vec<RuleNamed<'_>>> {
        let mut case = self.case();
        for (option, value) in against.iter().copied().chain([asked]) {
            case.settled[usize::from(option)] = Some(value);
        }
        if let Some(usual) = usual {
            case.usual = usual.to_vec();
        }
        let rules = case.blame(BLAME_BUDGET).ok()??;
        let named = |rule: usize| {
            let rule = &self.product().rules()[rule];
            RuleNamed { id: &rule.id, message: rule.message.as_deref() }
        };
        Some(rules.into_iter().map(named).collect())
    }

    /// The product's rules in the order of its diagram, nothing settled.
    pub(super) fn case(&self) -> Case<'_> {
        let chart = self.chart();
        let count = self.product().options().len();
        let layers = chart.diagram.layers.iter().map(|layer| layer.variable);
        let domain = |layer: &usize| u16::try_from(chart.weights[*layer].len()).expect("bounded");
        let (usual, _) = nearest(chart, &self.wishes(&[], By::Price))
            .expect("a compiled product has a valid configuration");
        Case {
            rules: self.product().rules().iter().map(|rule| &rule.kind).collect(),
            domains: chart.layer_of.iter().map(domain).collect(),
            order: layers.filter(|variable| usize::from(*variable) < count).collect(),
            settled: vec![None; count],
            usual,
        }
    }
}
