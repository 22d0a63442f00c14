//! Checking: from the tree that `cel` parsed to one whose nodes know their kinds. Every mistake is
//! reported in the terms of the expression.

use cel::Env;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use super::names::{
    CUSTOMER, Field, LINE, LINE_FIELDS, LineField, ORDER, ORDER_FIELDS, View, field_of,
};
use super::tree::{Condition, Formula, Lines, Number, SLOTS_MAX, Slot, Text, Texts, Truth};

/// Longest expression in bytes. Half of it is hard to read already.
pub const EXPRESSION_BYTES_MAX: usize = 1_000;
/// Deepest nesting of an expression: parser, checks and evaluation recurse over it.
pub const NESTING_MAX: u16 = 24;
/// Most mistakes reported for one expression.
const MISTAKES_MAX: usize = 10;

/// A checked expression, or its mistakes.
pub(crate) type Checked<T> = Result<T, Vec<String>>;

/// A part of an expression, by its kind.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Number(Number),
    Truth(Truth),
    Text(Text),
    Numbers(Vec<Number>),
    Texts(Texts),
    Lines(Lines),
    /// A number for each of these lines.
    PerLine(Lines, Slot, Number),
    Order,
    Customer,
    Line(Slot),
}

/// The kind of a loop's variable.
#[derive(Debug, Clone, Copy)]
pub(super) enum Each {
    Line,
    Text,
}

/// Checks one expression.
pub(super) struct Checker {
    view: View,
    /// The variables of the loops around, innermost last; the first loop has slot 1.
    loops: Vec<(String, Each)>,
    names_line: bool,
    mistakes: Vec<String>,
}

/// Checks a condition.
///
/// # Errors
/// All its mistakes.
pub(crate) fn condition(source: &str, view: View) -> Checked<Condition> {
    let (checker, part) = check(source, view)?;
    match part {
        Part::Truth(tree) => Ok(Condition { tree, names_line: checker.names_line }),
        other => Err(vec![format!("must be true or false, and is {}", other.kind())]),
    }
}

/// Checks a formula.
///
/// # Errors
/// All its mistakes.
pub(crate) fn formula(source: &str, view: View) -> Checked<Formula> {
    let (_, part) = check(source, view)?;
    match part {
        Part::Number(tree) => Ok(Formula { tree }),
        other => Err(vec![format!("must be a whole number, and is {}", other.kind())]),
    }
}

fn check(source: &str, view: View) -> Checked<(Checker, Part)> {
    if source.len() > EXPRESSION_BYTES_MAX {
        return Err(vec![format!("is longer than {EXPRESSION_BYTES_MAX} bytes")]);
    }
    let parser = Env::default()
        .parser()
        .enable_optional_syntax(false)
        .max_recursion_depth(NESTING_MAX)
        .error_recovery_limit(1);
    let parsed = parser.parse(source).map_err(|errors| {
        let message = errors.errors.first().map_or("nothing can be read", |error| &*error.msg);
        vec![format!("is not CEL: {message}")]
    })?;
    let mut checker = Checker { view, loops: Vec::new(), names_line: false, mistakes: Vec::new() };
    match checker.part(&parsed) {
        Some(part) if checker.mistakes.is_empty() => Ok((checker, part)),
        _ => {
            checker.mistakes.truncate(MISTAKES_MAX);
            Err(checker.mistakes)
        }
    }
}

// === impl Part ===

impl Part {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a whole number",
            Self::Truth(_) => "true or false",
            Self::Text(_) => "a text",
            Self::Numbers(_) => "a list of numbers",
            Self::Texts(_) => "a list of texts",
            Self::Lines(_) => "a list of lines",
            Self::PerLine(..) => "a list of numbers, one for each line: add `.sum()`",
            Self::Order => "the order",
            Self::Customer => "the customer",
            Self::Line(_) => "a line",
        }
    }
}

// === impl Checker ===

impl Checker {
    pub(super) fn report<T>(&mut self, message: impl Into<String>) -> Option<T> {
        self.mistakes.push(message.into());
        None
    }

    pub(super) fn part(&mut self, parsed: &IdedExpr) -> Option<Part> {
        match &parsed.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.list(&list.elements),
            Expr::Map(_) | Expr::Struct(_) => {
                self.report("`{…}` makes nothing that is needed here")
            }
            Expr::Comprehension(_) | Expr::Unspecified => self.report("is not understood"),
        }
    }

    fn literal(&mut self, literal: &LiteralValue) -> Option<Part> {
        match literal {
            LiteralValue::Boolean(truth) => Some(Part::Truth(Truth::Literal(*truth.inner()))),
            LiteralValue::Int(number) => Some(Part::Number(Number::Literal(*number.inner()))),
            LiteralValue::String(text) => Some(Part::Text(Text::Literal(text.inner().to_owned()))),
            LiteralValue::Double(_) => {
                self.report("points are counted in whole numbers: for 1.5 times write `* 3 / 2`")
            }
            LiteralValue::UInt(_) => self.report("write whole numbers without `u`"),
            LiteralValue::Null => self.report("nothing is ever `null`: an absent text is ''"),
            LiteralValue::Bytes(_) => self.report("write texts without `b`"),
        }
    }

    fn name(&mut self, name: &str) -> Option<Part> {
        if let Some(at) = self.loops.iter().rposition(|(variable, _)| variable == name) {
            return Some(match self.loops[at].1 {
                Each::Line => Part::Line(at + 1),
                Each::Text => Part::Text(Text::Each(at + 1)),
            });
        }
        let records = self.view.records();
        match name {
            _ if !records.contains(&name) => {
                let known = records.join(", ");
                self.report(format!("`{name}` is unknown here; known are {known}"))
            }
            ORDER => Some(Part::Order),
            CUSTOMER => Some(Part::Customer),
            LINE => {
                self.names_line = true;
                Some(Part::Line(0))
            }
            _ => self.report(format!("`{name}` is unknown")),
        }
    }

    fn select(&mut self, select: &SelectExpr) -> Option<Part> {
        if select.test {
            return self.report("`has` is not needed: everything named is there");
        }
        let (name, fields) = match self.part(&select.operand)? {
            Part::Line(slot) => return self.line_field(slot, &select.field),
            Part::Order => (ORDER, ORDER_FIELDS),
            Part::Customer => (CUSTOMER, self.view.customer_fields()),
            other => {
                let (kind, field) = (other.kind(), &select.field);
                return self.report(format!("{kind} has no `{field}`"));
            }
        };
        match field_of(fields, &select.field) {
            Ok(Field::Number(field)) => Some(Part::Number(Number::Field(field))),
            Ok(Field::Text(field)) => Some(Part::Text(Text::Field(field))),
            Ok(Field::Texts(field)) => Some(Part::Texts(Texts::Field(field))),
            Ok(Field::Lines) => Some(Part::Lines(Lines::default())),
            Err(known) => {
                let field = &select.field;
                self.report(format!("`{name}.{field}` is unknown; `{name}` has {known}"))
            }
        }
    }

    fn line_field(&mut self, slot: Slot, name: &str) -> Option<Part> {
        match field_of(LINE_FIELDS, name) {
            Ok(LineField::Number(field)) => Some(Part::Number(Number::OfLine(slot, field))),
            Ok(LineField::Text(field)) => Some(Part::Text(Text::OfLine(slot, field))),
            Ok(LineField::IsGiftCard) => Some(Part::Truth(Truth::IsGiftCard(slot))),
            Err(known) => self.report(format!("a line has no `{name}`; it has {known}")),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Option<Part> {
        match (&call.target, &*call.args) {
            (Some(target), arguments) => self.method(target, &call.func_name, arguments),
            (None, [one]) => self.unary(&call.func_name, one),
            (None, [left, right]) => self.binary(&call.func_name, left, right),
            (None, [condition, yes, no]) if call.func_name == operators::CONDITIONAL => {
                self.choice(condition, yes, no)
            }
            (None, _) => self.unknown_function(&call.func_name),
        }
    }

    pub(super) fn unknown_function<T>(&mut self, name: &str) -> Option<T> {
        self.report(format!(
            "`{name}` is unknown, or has other arguments; known are size, startsWith, endsWith, \
             contains, exists, exists_one, all, filter, map, sum, math.least, math.greatest"
        ))
    }

    /// Checks `inner` with one more loop around it.
    pub(super) fn within<T>(
        &mut self,
        variable: &IdedExpr,
        each: Each,
        inner: impl FnOnce(&mut Self, Slot) -> Option<T>,
    ) -> Option<T> {
        let Expr::Ident(name) = &variable.expr else {
            return self.report("the first argument of a loop is the name of its variable");
        };
        let slot = self.loops.len() + 1;
        if slot >= SLOTS_MAX {
            return self.report("loops stand at most two deep");
        }
        self.loops.push((name.clone(), each));
        let checked = inner(self, slot);
        self.loops.pop();
        checked
    }

    /// Checks a condition inside.
    pub(super) fn truth(&mut self, parsed: &IdedExpr) -> Option<Truth> {
        match self.part(parsed)? {
            Part::Truth(truth) => Some(truth),
            other => {
                let kind = other.kind();
                self.report(format!("needs something true or false, and finds {kind}"))
            }
        }
    }

    /// Checks a number inside.
    pub(super) fn number(&mut self, parsed: &IdedExpr) -> Option<Number> {
        match self.part(parsed)? {
            Part::Number(number) => Some(number),
            other => {
                let kind = other.kind();
                self.report(format!("needs a whole number, and finds {kind}"))
            }
        }
    }

    /// Checks a text inside.
    pub(super) fn text(&mut self, parsed: &IdedExpr) -> Option<Text> {
        match self.part(parsed)? {
            Part::Text(text) => Some(text),
            other => {
                let kind = other.kind();
                self.report(format!("needs a text, and finds {kind}"))
            }
        }
    }
}
