//! Checking operators.

use cel::common::ast::{IdedExpr, operators};

use super::check::{Checker, Part};
use super::tree::{Arithmetic, Comparison, Number, Text, Truth};

// === impl Checker ===

impl Checker {
    pub(super) fn unary(&mut self, name: &str, argument: &IdedExpr) -> Option<Part> {
        match name {
            operators::LOGICAL_NOT => {
                Some(Part::Truth(Truth::Not(Box::new(self.truth(argument)?))))
            }
            operators::NEGATE => {
                Some(Part::Number(Number::Negative(Box::new(self.number(argument)?))))
            }
            "size" => {
                let list = self.part(argument)?;
                self.size(list)
            }
            "has" => self.report("`has` is not needed: everything named is there"),
            _ => self.unknown_function(name),
        }
    }

    pub(super) fn binary(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Option<Part> {
        let (left, right) = (self.part(left), self.part(right));
        let (left, right) = (left?, right?);
        if let Some(kind) = arithmetic(name) {
            return self.arithmetic(kind, left, right);
        }
        if let Some(how) = comparison(name) {
            return self.comparison(how, left, right);
        }
        match (name, left, right) {
            (operators::LOGICAL_AND, Part::Truth(left), Part::Truth(right)) => {
                Some(Part::Truth(Truth::And(Box::new(left), Box::new(right))))
            }
            (operators::LOGICAL_OR, Part::Truth(left), Part::Truth(right)) => {
                Some(Part::Truth(Truth::Or(Box::new(left), Box::new(right))))
            }
            (operators::IN, left, right) => self.membership(left, right),
            (operators::LOGICAL_AND | operators::LOGICAL_OR, left, right) => {
                let (left, right) = (left.kind(), right.kind());
                self.report(format!(
                    "`&&` and `||` stand between conditions, not {left} and {right}"
                ))
            }
            (operators::INDEX, ..) => self.report("`[…]` is unknown: use `exists` or `in`"),
            _ => self.unknown_function(name),
        }
    }

    fn arithmetic(&mut self, kind: Arithmetic, left: Part, right: Part) -> Option<Part> {
        let divides = matches!(kind, Arithmetic::Divide | Arithmetic::Remainder);
        match (left, right) {
            (Part::Number(_), Part::Number(Number::Literal(0))) if divides => {
                self.report("divides by zero, always")
            }
            (Part::Number(left), Part::Number(right)) => {
                Some(Part::Number(Number::Arithmetic(kind, Box::new(left), Box::new(right))))
            }
            (Part::Text(left), Part::Text(right)) if kind == Arithmetic::Add => {
                Some(Part::Text(Text::Joined(Box::new(left), Box::new(right))))
            }
            (left, right) => {
                let (left, right) = (left.kind(), right.kind());
                self.report(format!("can't calculate with {left} and {right}"))
            }
        }
    }

    fn comparison(&mut self, how: Comparison, left: Part, right: Part) -> Option<Part> {
        let truth = match (left, right) {
            (Part::Number(left), Part::Number(right)) => Truth::Numbers(how, left, right),
            (Part::Text(left), Part::Text(right)) => Truth::Texts(how, left, right),
            (Part::Truth(left), Part::Truth(right)) if how == Comparison::Equal => {
                Truth::Same(Box::new(left), Box::new(right))
            }
            (Part::Truth(left), Part::Truth(right)) if how == Comparison::NotEqual => {
                Truth::Not(Box::new(Truth::Same(Box::new(left), Box::new(right))))
            }
            (left, right) => {
                let (left, right) = (left.kind(), right.kind());
                return self.report(format!("can't compare {left} with {right}"));
            }
        };
        Some(Part::Truth(truth))
    }

    fn membership(&mut self, item: Part, list: Part) -> Option<Part> {
        match (item, list) {
            (Part::Number(number), Part::Numbers(list)) => {
                Some(Part::Truth(Truth::NumberIn(number, list)))
            }
            (Part::Text(text), Part::Texts(texts)) => Some(Part::Truth(Truth::TextIn(text, texts))),
            (item, list) => {
                let (item, list) = (item.kind(), list.kind());
                self.report(format!(
                    "`in` looks for a number among numbers or a text among texts, not for {item} \
                     in {list}"
                ))
            }
        }
    }

    pub(super) fn choice(
        &mut self,
        condition: &IdedExpr,
        yes: &IdedExpr,
        no: &IdedExpr,
    ) -> Option<Part> {
        let condition = self.truth(condition).map(Box::new);
        let (yes, no) = (self.part(yes), self.part(no));
        let condition = condition?;
        match (yes?, no?) {
            (Part::Number(yes), Part::Number(no)) => {
                Some(Part::Number(Number::If(condition, Box::new(yes), Box::new(no))))
            }
            (Part::Truth(yes), Part::Truth(no)) => {
                Some(Part::Truth(Truth::If(condition, Box::new(yes), Box::new(no))))
            }
            (Part::Text(yes), Part::Text(no)) => {
                Some(Part::Text(Text::If(condition, Box::new(yes), Box::new(no))))
            }
            (yes, no) => {
                let (yes, no) = (yes.kind(), no.kind());
                self.report(format!("`? :` has {yes} on one side and {no} on the other"))
            }
        }
    }
}

fn arithmetic(name: &str) -> Option<Arithmetic> {
    Some(match name {
        operators::ADD => Arithmetic::Add,
        operators::SUBSTRACT => Arithmetic::Subtract,
        operators::MULTIPLY => Arithmetic::Multiply,
        operators::DIVIDE => Arithmetic::Divide,
        operators::MODULO => Arithmetic::Remainder,
        _ => return None,
    })
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
