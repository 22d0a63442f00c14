//! Evaluation: CEL's semantics, over whole numbers. `&&`, `||`, `all` and `exists` are true or
//! false whenever one side alone decides, even if the other fails; nothing else hides a failure.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::subject::Subject;
use super::tree::{
    Arithmetic, Comparison, Condition, Formula, LineNumber, LineText, Lines, Match, Number,
    NumberField, Quantifier, SLOTS_MAX, Slot, Text, TextField, Texts, TextsField, Truth,
};
use crate::ledger::paid::PaidLine;

/// How the evaluation of a checked expression can fail.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Something was divided by zero.
    #[error("divides by zero")]
    DivisionByZero,
    /// A number passed 64 bits.
    #[error("passes the range of 64-bit numbers")]
    Overflow,
}

/// The values in scope: the subject, and the line or text of each loop.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, S> {
    subject: &'a Subject<'a>,
    lines: [Option<&'a PaidLine>; SLOTS_MAX],
    texts: [&'a str; SLOTS_MAX],
    /// Called before each node of the tree is evaluated, so that the steps can be counted.
    on_step: S,
}

// === impl Condition ===

impl Condition {
    /// Whether it is true of an order, or of one line of it.
    pub(crate) fn holds(
        &self,
        subject: &Subject<'_>,
        line: Option<&PaidLine>,
    ) -> Result<bool, Failure> {
        Scope::of(subject, line, || ()).truth(&self.tree)
    }
}

// === impl Formula ===

impl Formula {
    /// The number it gives for an order, or for one line of it.
    pub(crate) fn value(
        &self,
        subject: &Subject<'_>,
        line: Option<&PaidLine>,
    ) -> Result<i64, Failure> {
        Scope::of(subject, line, || ()).number(&self.tree)
    }
}

// === impl Scope ===

impl<'a, S: Fn() + Copy> Scope<'a, S> {
    pub(super) fn of(subject: &'a Subject<'a>, line: Option<&'a PaidLine>, on_step: S) -> Self {
        let mut lines = [None; SLOTS_MAX];
        lines[0] = line;
        Self { subject, lines, texts: [""; SLOTS_MAX], on_step }
    }

    fn with_line(mut self, slot: Slot, line: &'a PaidLine) -> Self {
        self.lines[slot] = Some(line);
        self
    }

    fn line(&self, slot: Slot) -> &'a PaidLine {
        self.lines[slot].expect("checking lets a line be named only where there is one")
    }

    fn number(&self, tree: &Number) -> Result<i64, Failure> {
        (self.on_step)();
        match tree {
            Number::Literal(number) => Ok(*number),
            Number::Field(field) => Ok(self.number_field(*field)),
            Number::OfLine(slot, LineNumber::Amount) => Ok(self.line(*slot).amount.0),
            Number::OfLine(slot, LineNumber::Quantity) => Ok(self.line(*slot).quantity.into()),
            Number::Negative(number) => self.number(number)?.checked_neg().ok_or(Failure::Overflow),
            Number::Arithmetic(kind, left, right) => {
                kind.apply(self.number(left)?, self.number(right)?)
            }
            Number::If(condition, yes, no) => {
                self.number(if self.truth(condition)? { yes } else { no })
            }
            Number::Least(numbers) => self.fold(numbers, i64::min),
            Number::Greatest(numbers) => self.fold(numbers, i64::max),
            Number::Length(text) => Ok(length(self.text(text)?.chars().count())),
            Number::HowMany(Texts::Field(field)) => Ok(length(self.texts_field(*field).len())),
            Number::HowMany(Texts::Literal(texts)) => {
                texts.iter().try_for_each(|text| self.text(text).map(|_| ()))?;
                Ok(length(texts.len()))
            }
            Number::Count(lines) => self.sum(lines, |_| Ok(1)),
            Number::Sum(lines, slot, term) => {
                self.sum(lines, |line| self.with_line(*slot, line).number(term))
            }
        }
    }

    fn fold(&self, numbers: &[Number], pick: fn(i64, i64) -> i64) -> Result<i64, Failure> {
        let mut numbers = numbers.iter().map(|number| self.number(number));
        let first = numbers.next().unwrap_or(Ok(0))?;
        numbers.try_fold(first, |best, number| Ok(pick(best, number?)))
    }

    fn sum(
        &self,
        lines: &Lines,
        term: impl Fn(&'a PaidLine) -> Result<i64, Failure>,
    ) -> Result<i64, Failure> {
        let mut sum = 0_i64;
        for line in &self.subject.lines {
            if self.passes(lines, line)? {
                sum = sum.checked_add(term(line)?).ok_or(Failure::Overflow)?;
            }
        }
        Ok(sum)
    }

    fn passes(&self, lines: &Lines, line: &'a PaidLine) -> Result<bool, Failure> {
        for (slot, filter) in &lines.filters {
            if !self.with_line(*slot, line).truth(filter)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn number_field(&self, field: NumberField) -> i64 {
        let Subject { amount, quantity, weekday, figures, .. } = self.subject;
        match field {
            NumberField::OrderAmount => *amount,
            NumberField::OrderQuantity => *quantity,
            NumberField::OrderWeekday => *weekday,
            NumberField::CustomerPoints => figures.points.0,
            NumberField::CustomerSpend => figures.spend.0,
            NumberField::CustomerOrders => figures.orders,
        }
    }

    pub(super) fn truth(&self, tree: &Truth) -> Result<bool, Failure> {
        (self.on_step)();
        match tree {
            Truth::Literal(truth) => Ok(*truth),
            Truth::IsGiftCard(slot) => Ok(self.line(*slot).is_gift_card),
            Truth::Not(truth) => Ok(!self.truth(truth)?),
            Truth::And(left, right) => self.either(false, [left, right]),
            Truth::Or(left, right) => self.either(true, [left, right]),
            Truth::If(condition, yes, no) => {
                self.truth(if self.truth(condition)? { yes } else { no })
            }
            Truth::Same(left, right) => Ok(self.truth(left)? == self.truth(right)?),
            Truth::Numbers(how, left, right) => {
                Ok(how.holds(self.number(left)?.cmp(&self.number(right)?)))
            }
            Truth::Texts(how, left, right) => {
                Ok(how.holds(self.text(left)?.cmp(&self.text(right)?)))
            }
            Truth::Match(how, text, part) => Ok(how.holds(&self.text(text)?, &self.text(part)?)),
            Truth::NumberIn(number, list) => {
                let number = self.number(number)?;
                let list: Vec<i64> =
                    list.iter().map(|item| self.number(item)).collect::<Result<_, _>>()?;
                Ok(list.contains(&number))
            }
            Truth::TextIn(text, texts) => {
                let text = self.text(text)?;
                Ok(self.texts(texts)?.contains(&text))
            }
            Truth::OverLines(how, lines, slot, condition) => {
                self.over_lines(*how, lines, |line| self.with_line(*slot, line).truth(condition))
            }
            Truth::OverTexts(how, texts, slot, condition) => {
                let texts = self.texts(texts)?;
                how.over(texts.iter().map(|text| {
                    let mut inner: Scope<'_, S> = *self;
                    inner.texts[*slot] = text;
                    inner.truth(condition)
                }))
            }
        }
    }

    fn either(&self, deciding: bool, sides: [&Truth; 2]) -> Result<bool, Failure> {
        decided(deciding, sides.into_iter().map(|side| self.truth(side)))
    }

    /// The list is built before the condition is evaluated, as in CEL: a failing filter fails it.
    fn over_lines(
        &self,
        how: Quantifier,
        lines: &Lines,
        condition: impl Fn(&'a PaidLine) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let mut filtered = Vec::new();
        for line in &self.subject.lines {
            if self.passes(lines, line)? {
                filtered.push(*line);
            }
        }
        how.over(filtered.into_iter().map(condition))
    }

    fn text<'t>(&self, tree: &'t Text) -> Result<Cow<'t, str>, Failure>
    where
        'a: 't,
    {
        (self.on_step)();
        Ok(match tree {
            Text::Literal(text) => Cow::Borrowed(text),
            Text::Field(field) => Cow::Borrowed(self.text_field(*field)),
            Text::OfLine(slot, field) => Cow::Borrowed(line_text(self.line(*slot), *field)),
            Text::Each(slot) => Cow::Borrowed(self.texts[*slot]),
            Text::Joined(left, right) => self.text(left)? + self.text(right)?,
            Text::If(condition, yes, no) => {
                self.text(if self.truth(condition)? { yes } else { no })?
            }
        })
    }

    fn text_field(&self, field: TextField) -> &'a str {
        match field {
            TextField::OrderSource => self.subject.source,
            TextField::OrderDate => &self.subject.date,
            TextField::OrderMonth => self.subject.month(),
            TextField::CustomerTier => self.subject.tier,
        }
    }

    fn texts<'t>(&self, tree: &'t Texts) -> Result<Vec<Cow<'t, str>>, Failure>
    where
        'a: 't,
    {
        match tree {
            Texts::Field(field) => {
                Ok(self.texts_field(*field).iter().map(|text| Cow::Borrowed(&**text)).collect())
            }
            Texts::Literal(texts) => texts.iter().map(|text| self.text(text)).collect(),
        }
    }

    fn texts_field(&self, field: TextsField) -> &'a [String] {
        match field {
            TextsField::OrderDiscountCodes => self.subject.discount_codes,
            TextsField::CustomerTags => self.subject.tags,
        }
    }
}

fn line_text(line: &PaidLine, field: LineText) -> &str {
    let text = match field {
        LineText::Id => return &line.id,
        LineText::Product => &line.product,
        LineText::Variant => &line.variant,
        LineText::Sku => &line.sku,
        LineText::Vendor => &line.vendor,
    };
    text.as_deref().unwrap_or_default()
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// `deciding` if any side is that; else the first failure; else the opposite.
fn decided(
    deciding: bool,
    sides: impl IntoIterator<Item = Result<bool, Failure>>,
) -> Result<bool, Failure> {
    let mut failure = None;
    for side in sides {
        match side {
            Ok(truth) if truth == deciding => return Ok(deciding),
            Ok(_) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(!deciding), Err)
}

// === impl Arithmetic ===

impl Arithmetic {
    fn apply(self, left: i64, right: i64) -> Result<i64, Failure> {
        let result = match self {
            Self::Divide | Self::Remainder if right == 0 => return Err(Failure::DivisionByZero),
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide => left.checked_div(right),
            Self::Remainder => left.checked_rem(right),
        };
        result.ok_or(Failure::Overflow)
    }
}

// === impl Comparison ===

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

// === impl Match ===

impl Match {
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::StartsWith => text.starts_with(part),
            Self::EndsWith => text.ends_with(part),
            Self::Contains => text.contains(part),
        }
    }
}

// === impl Quantifier ===

impl Quantifier {
    fn over(
        self,
        mut answers: impl Iterator<Item = Result<bool, Failure>>,
    ) -> Result<bool, Failure> {
        match self {
            Self::All => decided(false, answers),
            Self::Exists => decided(true, answers),
            Self::ExistsOne => {
                let true_ones = answers.try_fold(0_usize, |count, answer| {
                    Ok::<_, Failure>(count + usize::from(answer?))
                })?;
                Ok(true_ones == 1)
            }
        }
    }
}
