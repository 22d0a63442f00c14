//! The maximum cost of an expression, known before it is published: the size of its tree, with each
//! loop counted for the longest possible list.

use domain_shopify::ORDER_LINES_MAX;

use super::tree::{Condition, Formula, Lines, Number, Text, Texts, Truth};
use crate::ledger::facts::TEXTS_MAX;

/// Most steps of one expression on the largest order: about 20 ms. Fifty rules with two such
/// expressions each end in time for a consumer that has thirty seconds.
pub const STEPS_MAX: u64 = 5_000_000;

/// Steps of an operation on every character of a text.
const TEXT_STEPS: u64 = 4;
/// Steps of making a text.
const JOIN_STEPS: u64 = 16;

// === impl Condition ===

impl Condition {
    /// Most steps it takes on an order, or on one line of it.
    pub(crate) fn steps_max(&self) -> u64 {
        self.tree.steps()
    }
}

// === impl Formula ===

impl Formula {
    /// Most steps it takes on an order, or on one line of it.
    pub(crate) fn steps_max(&self) -> u64 {
        self.tree.steps()
    }
}

// === impl Number ===

impl Number {
    fn steps(&self) -> u64 {
        match self {
            Self::Literal(_) | Self::Field(_) | Self::OfLine(..) => 1,
            Self::Negative(number) => plus(number.steps(), 1),
            Self::Arithmetic(_, left, right) => plus(plus(left.steps(), right.steps()), 1),
            Self::If(condition, yes, no) => plus(condition.steps(), plus(yes.steps(), no.steps())),
            Self::Least(numbers) | Self::Greatest(numbers) => sum(numbers.iter().map(Self::steps)),
            Self::Length(text) => plus(text.steps(), TEXT_STEPS),
            Self::HowMany(texts) => texts.steps(),
            Self::Count(lines) => over_lines(lines, 1),
            Self::Sum(lines, _, term) => over_lines(lines, term.steps()),
        }
    }
}

// === impl Truth ===

impl Truth {
    fn steps(&self) -> u64 {
        match self {
            Self::Literal(_) | Self::IsGiftCard(_) => 1,
            Self::Not(truth) => plus(truth.steps(), 1),
            Self::And(left, right) | Self::Or(left, right) | Self::Same(left, right) => {
                plus(plus(left.steps(), right.steps()), 1)
            }
            Self::If(condition, yes, no) => plus(condition.steps(), plus(yes.steps(), no.steps())),
            Self::Numbers(_, left, right) => plus(plus(left.steps(), right.steps()), 1),
            Self::Texts(_, left, right) | Self::Match(_, left, right) => {
                plus(plus(left.steps(), right.steps()), TEXT_STEPS)
            }
            Self::NumberIn(number, list) => {
                plus(number.steps(), sum(list.iter().map(Number::steps)))
            }
            Self::TextIn(text, texts) => {
                plus(text.steps(), plus(texts.steps(), texts.len_max().saturating_mul(TEXT_STEPS)))
            }
            Self::OverLines(_, lines, _, condition) => over_lines(lines, condition.steps()),
            Self::OverTexts(_, texts, _, condition) => {
                plus(texts.steps(), texts.len_max().saturating_mul(condition.steps()))
            }
        }
    }
}

// === impl Text ===

impl Text {
    fn steps(&self) -> u64 {
        match self {
            Self::Literal(_) | Self::Field(_) | Self::OfLine(..) | Self::Each(_) => 1,
            Self::Joined(left, right) => plus(plus(left.steps(), right.steps()), JOIN_STEPS),
            Self::If(condition, yes, no) => plus(condition.steps(), plus(yes.steps(), no.steps())),
        }
    }
}

// === impl Texts ===

impl Texts {
    fn len_max(&self) -> u64 {
        match self {
            Self::Field(_) => TEXTS_MAX as u64,
            Self::Literal(texts) => texts.len() as u64,
        }
    }

    fn steps(&self) -> u64 {
        match self {
            Self::Field(_) => self.len_max(),
            Self::Literal(texts) => sum(texts.iter().map(Text::steps)),
        }
    }
}

fn over_lines(lines: &Lines, each: u64) -> u64 {
    let filters = sum(lines.filters.iter().map(|(_, filter)| filter.steps()));
    plus(filters, each).saturating_mul(ORDER_LINES_MAX as u64)
}

fn sum(steps: impl Iterator<Item = u64>) -> u64 {
    steps.fold(1, plus)
}

fn plus(left: u64, right: u64) -> u64 {
    left.saturating_add(right)
}
