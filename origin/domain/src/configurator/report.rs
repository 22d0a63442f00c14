//! What an author should know about a product that compiles: nothing is wrong, but something is
//! probably not meant.

use serde::Serialize;

use super::Configurator;
use super::diagram::Budget;
use super::product::{Expression, RuleKind};
use super::resolve::State;
use super::selection::{Scope, Selection};

/// Work that looking for rules without effect may take in all: a second or two.
const RULES_STEPS_MAX: u64 = 40_000_000;

/// Bytes of diagrams under way while looking.
const RULES_BYTES_MAX: usize = 256 << 20;

/// Something an author probably did not mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// Where: a JSON Pointer into the authored document.
    pub field: String,
    /// What, in words for the author.
    pub message: String,
}

/// Kinds of things an author probably did not mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// No valid configuration has this value.
    UnusableValue,
    /// Without this rule the same configurations would be valid.
    RuleWithoutEffect,
    /// No valid configuration is this variant.
    UnreachableVariant,
    /// No valid configuration meets what this price rule asks for.
    PriceRuleWithoutEffect,
    /// Some configuration costs less than nothing.
    NegativePrice,
    /// The product is too large to look at every rule.
    RulesNotExamined,
}

/// A rule that may have no effect.
struct Suspect {
    asks: Asks,
    finding: Finding,
}

/// What tells whether it has one.
enum Asks {
    /// Whether the other rules imply this one.
    Rule(usize),
    /// Whether the rules rule this out.
    Condition(RuleKind),
}

// === impl Configurator ===

impl Configurator {
    /// What an author should know. Exact but for rules without effect, which are looked for within
    /// a bound on work; past it the last finding says so.
    #[must_use]
    pub fn report(&self) -> Vec<Finding> {
        let mut findings = self.unusable_values();
        findings.extend(self.unreachable_variants());
        let all = self.extent([]).expect("a compiled product has a valid configuration");
        let lowest = self.chart().base_price + all.low;
        if lowest < 0 {
            findings.push(Finding {
                kind: FindingKind::NegativePrice,
                field: "/base_price".to_owned(),
                message: format!("the cheapest configuration costs {lowest} minor units"),
            });
        }
        findings.extend(self.rules_without_effect());
        findings
    }

    fn unusable_values(&self) -> Vec<Finding> {
        let nothing = self
            .resolve(&Selection::default(), &Scope::default())
            .expect("an empty selection has no unknown choice");
        let mut findings = Vec::new();
        for (option, answer) in nothing.options().enumerate() {
            for (value, answer) in answer.values().enumerate() {
                if answer.state() == State::Impossible {
                    findings.push(Finding {
                        kind: FindingKind::UnusableValue,
                        field: format!("/options/{option}/values/{value}"),
                        message: format!("no valid configuration has {:?}", answer.id()),
                    });
                }
            }
        }
        findings
    }

    fn unreachable_variants(&self) -> impl Iterator<Item = Finding> {
        let variants = self.product().variants().iter().enumerate();
        variants.filter_map(|(index, variant)| {
            let is_reachable = self.extent(variant.choices.iter().copied()).is_some();
            (!is_reachable).then(|| Finding {
                kind: FindingKind::UnreachableVariant,
                field: format!("/variants/{index}"),
                message: format!("no valid configuration is variant {}", variant.variant_id),
            })
        })
    }

    /// Rules without which the same would be valid, and price rules that nothing valid meets.
    fn rules_without_effect(&self) -> Vec<Finding> {
        let case = self.case();
        let (mut findings, mut steps) = (Vec::new(), RULES_STEPS_MAX);
        for suspect in self.suspects() {
            let budget = Budget { steps, bytes: RULES_BYTES_MAX };
            let examined = match suspect.asks {
                Asks::Rule(index) => case.is_implied(index, budget),
                Asks::Condition(condition) => case.rules_out(&condition, budget),
            };
            let Ok((has_no_effect, left)) = examined else {
                findings.push(Finding {
                    kind: FindingKind::RulesNotExamined,
                    field: suspect.finding.field,
                    message: "from here on, rules were not examined for their effect".to_owned(),
                });
                break;
            };
            steps = left;
            if has_no_effect {
                findings.push(suspect.finding);
            }
        }
        findings
    }

    /// Every rule and every price rule, with what there is to say if it has no effect.
    fn suspects(&self) -> impl Iterator<Item = Suspect> {
        let rules = self.product().rules().iter().enumerate().map(|(index, rule)| Suspect {
            asks: Asks::Rule(index),
            finding: Finding {
                kind: FindingKind::RuleWithoutEffect,
                field: format!("/rules/{index}"),
                message: format!("without rule {:?} the same is valid", rule.id),
            },
        });
        let prices = self.product().price_rules.iter().enumerate();
        rules.chain(prices.map(|(index, rule)| Suspect {
            asks: Asks::Condition(RuleKind::Assert(Expression::Is(rule.condition.clone()))),
            finding: Finding {
                kind: FindingKind::PriceRuleWithoutEffect,
                field: format!("/price_rules/{index}"),
                message: "no valid configuration meets its condition".to_owned(),
            },
        }))
    }
}
