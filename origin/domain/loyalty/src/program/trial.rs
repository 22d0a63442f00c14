//! Trial of a program on sample orders before it is published, so that its author and not a
//! customer discovers that it divides by zero on a first order.

use domain_core::authoring::Mistake;
use domain_core::money::Money;
use domain_core::time::Time;

use super::definition::Program;
use super::figures::Figures;
use super::formula::Subject;
use crate::ledger::paid::{Paid, PaidLine};
use crate::points::Points;

/// A Saturday in November 2026.
const SATURDAY: Time = Time(1_795_251_600_000);

/// An order on which no program may fail.
struct SampleOrder {
    name: &'static str,
    figures: Figures,
    amounts: &'static [i64],
}

const SAMPLES: [SampleOrder; 3] = [
    SampleOrder {
        name: "a customer's first order",
        figures: Figures { points: Points(0), spend: Money(0), orders: 0 },
        amounts: &[1_000],
    },
    SampleOrder {
        name: "an order that costs nothing",
        figures: Figures { points: Points(10), spend: Money(1_000), orders: 1 },
        amounts: &[0],
    },
    SampleOrder {
        name: "a regular's large order",
        figures: Figures { points: Points(25_000), spend: Money(2_500_000), orders: 50 },
        amounts: &[129_900, 46_907, 1_495],
    },
];

// === impl Program ===

impl Program {
    /// The expressions that fail on a sample order.
    pub(super) fn failures_on_samples(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for sample in &SAMPLES {
            for (field, why) in self.failures_on(sample) {
                if mistakes.iter().all(|known: &Mistake| known.field != field) {
                    let message = format!("{why} on {}: guard it with `… ? … : …`", sample.name);
                    mistakes.push(Mistake { field, message });
                }
            }
        }
        mistakes
    }

    /// Each failing expression as its place in the document and the failure.
    fn failures_on(&self, sample: &SampleOrder) -> Vec<(String, String)> {
        let mut failures = Vec::new();
        let figures = Subject::of_figures(sample.figures);
        if let Err(failure) = self.tiers_by.formula.value(&figures, None) {
            failures.push(("/tiers_by".to_owned(), failure.to_string()));
        }
        match self.earned(&sample.order(&self.currency), &sample.figures) {
            Ok(earned) => failures.extend(
                earned
                    .failures
                    .iter()
                    .map(|rule| (self.pointer_of(&rule.rule), rule.failure.to_string())),
            ),
            Err(error) => failures.push(("/earning/rules".to_owned(), error.to_string())),
        }
        failures
    }

    fn pointer_of(&self, id: &str) -> String {
        let rule = self.earning.rules.iter().position(|rule| rule.id == id);
        let multiplier = self.earning.multipliers.iter().position(|one| one.id == id);
        match (rule, multiplier) {
            (Some(index), _) => format!("/earning/rules/{index}"),
            (None, index) => format!("/earning/multipliers/{}", index.unwrap_or_default()),
        }
    }
}

// === impl SampleOrder ===

impl SampleOrder {
    fn order(&self, currency: &str) -> Paid {
        let lines = self.amounts.iter().enumerate().map(|(index, amount)| PaidLine {
            id: (index + 1).to_string(),
            quantity: 1,
            amount: Money(*amount),
            ..PaidLine::default()
        });
        Paid {
            at: SATURDAY,
            currency: currency.to_owned(),
            lines: lines.collect(),
            ..Paid::default()
        }
    }
}
