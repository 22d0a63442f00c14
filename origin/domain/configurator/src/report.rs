//! Findings for the author of a product that compiles: things that are valid but probably not
//! intended.

use serde::Serialize;

use super::Configurator;
use super::diagram::Budget;
use super::product::{Expression, RuleKind};
use super::resolve::State;
use super::selection::{Scope, Selection};

/// Total work of the search for rules without effect: a second or two.
const RULES_STEPS_MAX: u64 = 40_000_000;

/// Bytes of intermediate diagrams in that search.
const RULES_BYTES_MAX: usize = 256 << 20;

/// Something that the author probably did not intend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of finding.
    pub kind: FindingKind,
    /// A JSON Pointer into the authored document.
    pub field: String,
    /// A message for the author.
    pub message: String,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// No valid configuration has this value.
    UnusableValue,
    /// Without this rule the same configurations are valid.
    RuleWithoutEffect,
    /// No valid configuration is this variant.
    UnreachableVariant,
    /// No valid configuration meets the condition of this price rule.
    PriceRuleWithoutEffect,
    /// Some configuration costs less than nothing.
    NegativePrice,
    /// The product is too large to examine every rule.
    RulesNotExamined,
}

/// A rule that may be redundant.
struct Candidate {
    check: Check,
    finding: Finding,
}

/// The check that shows whether a rule is redundant.
enum Check {
    /// Whether the other rules imply this one.
    Rule(usize),
    /// Whether the rules exclude this condition.
    Condition(RuleKind),
}

// === impl Configurator ===

impl Configurator {
    /// The findings for the author. They are exact, except that the search for rules without effect
    /// has a bound on work; when it ends early, the last finding says so.
    #[must_use]
    pub fn report(&self) -> Vec<Finding> {
        let mut findings = self.unusable_values();
        findings.extend(self.unreachable_variants());
        let all = self.price_bounds([]).expect("a compiled product has a valid configuration");
        let lowest = self.priced().base_price + all.low;
        if lowest < 0 {
            findings.push(Finding {
                kind: FindingKind::NegativePrice,
                field: "/base_price".to_owned(),
                message: format!("the cheapest configuration costs {lowest} minor units"),
            });
        }
        findings.extend(self.redundant_rules());
        findings
    }

    fn unusable_values(&self) -> Vec<Finding> {
        let resolution = self
            .resolve(&Selection::default(), &Scope::default())
            .expect("an empty selection has no unknown choice");
        let mut findings = Vec::new();
        for (option, answer) in resolution.options().enumerate() {
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
            let is_reachable = self.price_bounds(variant.choices.iter().copied()).is_some();
            (!is_reachable).then(|| Finding {
                kind: FindingKind::UnreachableVariant,
                field: format!("/variants/{index}"),
                message: format!("no valid configuration is variant {}", variant.variant_id),
            })
        })
    }

    /// Rules that the other rules imply, and price rules that no valid configuration meets.
    fn redundant_rules(&self) -> Vec<Finding> {
        let core = self.unsat_core();
        let (mut findings, mut steps) = (Vec::new(), RULES_STEPS_MAX);
        for candidate in self.candidates() {
            let budget = Budget { steps, bytes: RULES_BYTES_MAX };
            let examined = match candidate.check {
                Check::Rule(index) => core.is_implied(index, budget),
                Check::Condition(condition) => core.rules_out(&condition, budget),
            };
            let Ok((is_redundant, steps_left)) = examined else {
                findings.push(Finding {
                    kind: FindingKind::RulesNotExamined,
                    field: candidate.finding.field,
                    message: "from here on, rules were not examined for their effect".to_owned(),
                });
                break;
            };
            steps = steps_left;
            if is_redundant {
                findings.push(candidate.finding);
            }
        }
        findings
    }

    /// Every rule and every price rule, with the finding if it is redundant.
    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let rules = self.product().rules().iter().enumerate().map(|(index, rule)| Candidate {
            check: Check::Rule(index),
            finding: Finding {
                kind: FindingKind::RuleWithoutEffect,
                field: format!("/rules/{index}"),
                message: format!("without rule {:?} the same is valid", rule.id),
            },
        });
        let prices = self.product().price_rules.iter().enumerate();
        rules.chain(prices.map(|(index, rule)| Candidate {
            check: Check::Condition(RuleKind::Assert(Expression::Is(rule.condition.clone()))),
            finding: Finding {
                kind: FindingKind::PriceRuleWithoutEffect,
                field: format!("/price_rules/{index}"),
                message: "no valid configuration meets its condition".to_owned(),
            },
        }))
    }
}
