//! Checking lists and method calls.

use cel::common::ast::{Expr, IdedExpr};

use super::check::{Checker, Each, Part};
use super::tree::{Lines, Match, Number, Quantifier, Texts, Truth};

// === impl Checker ===

impl Checker {
    pub(super) fn list(&mut self, items: &[IdedExpr]) -> Option<Part> {
        let parts: Vec<Option<Part>> = items.iter().map(|item| self.part(item)).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        let mut numbers = Vec::new();
        let mut texts = Vec::new();
        for part in parts {
            match part {
                Part::Number(number) => numbers.push(number),
                Part::Text(text) => texts.push(text),
                other => {
                    let kind = other.kind();
                    return self.report(format!("a list holds numbers or texts, not {kind}"));
                }
            }
        }
        match (numbers.is_empty(), texts.is_empty()) {
            (false, true) => Some(Part::Numbers(numbers)),
            (true, false) => Some(Part::Texts(Texts::Literal(texts))),
            (true, true) => self.report("a list that is empty holds nothing to find"),
            (false, false) => self.report("a list holds numbers or texts, not both"),
        }
    }

    pub(super) fn method(
        &mut self,
        target: &IdedExpr,
        name: &str,
        arguments: &[IdedExpr],
    ) -> Option<Part> {
        if matches!(&target.expr, Expr::Ident(module) if module == "math") {
            return self.extreme(name, arguments);
        }
        let target = self.part(target)?;
        match (name, arguments) {
            ("size", []) => self.size(target),
            ("sum", []) => match target {
                Part::PerLine(lines, slot, term) => {
                    Some(Part::Number(Number::Sum(lines, slot, Box::new(term))))
                }
                other => {
                    let kind = other.kind();
                    self.report(format!("`sum` adds up `order.lines.map(…)`, not {kind}"))
                }
            },
            ("startsWith", [part]) => self.matching(Match::StartsWith, target, part),
            ("endsWith", [part]) => self.matching(Match::EndsWith, target, part),
            ("contains", [part]) => self.matching(Match::Contains, target, part),
            ("all", [variable, condition]) => {
                self.quantified(Quantifier::All, target, variable, condition)
            }
            ("exists", [variable, condition]) => {
                self.quantified(Quantifier::Exists, target, variable, condition)
            }
            ("exists_one", [variable, condition]) => {
                self.quantified(Quantifier::ExistsOne, target, variable, condition)
            }
            ("filter", [variable, condition]) => {
                self.filtered(target, variable, condition).map(Part::Lines)
            }
            ("map", [variable, term]) => {
                let lines = self.lines(target)?;
                self.mapped(lines, variable, term)
            }
            ("map", [variable, condition, term]) => {
                let lines = self.filtered(target, variable, condition)?;
                self.mapped(lines, variable, term)
            }
            _ => self.unknown_function(name),
        }
    }

    pub(super) fn size(&mut self, of: Part) -> Option<Part> {
        match of {
            Part::Text(text) => Some(Part::Number(Number::Length(text))),
            Part::Texts(texts) => Some(Part::Number(Number::HowMany(texts))),
            Part::Lines(lines) => Some(Part::Number(Number::Count(lines))),
            other => {
                let kind = other.kind();
                self.report(format!("`size` is of a text or a list, not of {kind}"))
            }
        }
    }

    fn extreme(&mut self, name: &str, arguments: &[IdedExpr]) -> Option<Part> {
        let numbers: Vec<_> = arguments.iter().map(|argument| self.number(argument)).collect();
        let numbers = numbers.into_iter().collect::<Option<Vec<_>>>()?;
        match name {
            "least" if !numbers.is_empty() => Some(Part::Number(Number::Least(numbers))),
            "greatest" if !numbers.is_empty() => Some(Part::Number(Number::Greatest(numbers))),
            _ => self.unknown_function(&format!("math.{name}")),
        }
    }

    fn matching(&mut self, how: Match, target: Part, part: &IdedExpr) -> Option<Part> {
        let part = self.text(part);
        match target {
            Part::Text(text) => Some(Part::Truth(Truth::Match(how, text, part?))),
            other => {
                let kind = other.kind();
                self.report(format!("only a text starts, ends or contains; this is {kind}"))
            }
        }
    }

    fn quantified(
        &mut self,
        how: Quantifier,
        list: Part,
        variable: &IdedExpr,
        condition: &IdedExpr,
    ) -> Option<Part> {
        let truth = match list {
            Part::Lines(lines) => self.within(variable, Each::Line, |checker, slot| {
                let condition = checker.truth(condition)?;
                Some(Truth::OverLines(how, lines, slot, Box::new(condition)))
            }),
            Part::Texts(texts) => self.within(variable, Each::Text, |checker, slot| {
                let condition = checker.truth(condition)?;
                Some(Truth::OverTexts(how, texts, slot, Box::new(condition)))
            }),
            other => {
                let kind = other.kind();
                self.report(format!("`exists` and `all` go over lines or texts, not over {kind}"))
            }
        };
        truth.map(Part::Truth)
    }

    fn filtered(&mut self, list: Part, variable: &IdedExpr, condition: &IdedExpr) -> Option<Lines> {
        let mut lines = self.lines(list)?;
        let filter = self.within(variable, Each::Line, |checker, slot| {
            Some((slot, checker.truth(condition)?))
        })?;
        lines.filters.push(filter);
        Some(lines)
    }

    fn mapped(&mut self, lines: Lines, variable: &IdedExpr, term: &IdedExpr) -> Option<Part> {
        self.within(variable, Each::Line, |checker, slot| {
            let term = checker.number(term)?;
            Some(Part::PerLine(lines, slot, term))
        })
    }

    fn lines(&mut self, list: Part) -> Option<Lines> {
        match list {
            Part::Lines(lines) => Some(lines),
            other => {
                let kind = other.kind();
                self.report(format!("`filter` and `map` go over `order.lines`, not over {kind}"))
            }
        }
    }
}
