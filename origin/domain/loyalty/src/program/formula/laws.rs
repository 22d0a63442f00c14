//! Properties of every expression: it means what CEL says, never panics, never costs more than its
//! bound at publication, and has the same value every time.

use std::cell::Cell;

use cel::{Context, ExecutionError, Value};
use domain_core::money::Money;
use domain_core::time::Time;
use domain_shopify::ORDER_LINES_MAX;
use proptest::prelude::*;
use serde_json::json;

use super::evaluate::Scope;
use super::subject::Subject;
use super::{Failure, View, condition, formula};
use crate::ledger::facts::TEXTS_MAX;
use crate::ledger::paid::{Paid, PaidLine};
use crate::points::Points;
use crate::program::figures::Figures;

fn some<T: std::fmt::Debug + Clone + 'static>(of: &'static [T]) -> BoxedStrategy<T> {
    prop::sample::select(of).boxed()
}

fn joined(
    parts: impl Strategy<Value = (String, &'static str, String)> + 'static,
) -> BoxedStrategy<String> {
    parts.prop_map(|(left, operator, right)| format!("({left} {operator} {right})")).boxed()
}

fn text(variable: &'static str) -> BoxedStrategy<String> {
    let literal = some(&["''", "'a'", "'ab'", "'HELMET-1'", "'vip'", "'é'", "'pos'"]);
    let field = some(&["order.source", "order.date", "order.month", "customer.tier"]);
    let of_line =
        some(&["sku", "vendor", "id"]).prop_map(move |field| format!("{variable}.{field}"));
    let leaf = prop_oneof![literal.prop_map(String::from), field.prop_map(String::from), of_line];
    let leaf = leaf.boxed();
    prop_oneof![4 => leaf.clone(), 1 => joined((leaf.clone(), Just("+"), leaf))].boxed()
}

fn leaf(variable: &'static str) -> BoxedStrategy<String> {
    let literal = prop_oneof![0..4_i64, Just(i64::MAX), 0..2_000_i64].prop_map(|n| n.to_string());
    let field = some(&[
        "order.amount",
        "order.quantity",
        "order.weekday",
        "customer.points",
        "customer.spend",
    ]);
    let size = some(&["customer.tags", "order.discount_codes", "order.lines"]);
    prop_oneof![
        literal,
        field.prop_map(String::from),
        some(&["amount", "quantity"]).prop_map(move |field| format!("{variable}.{field}")),
        size.prop_map(|list| format!("{list}.size()")),
        text(variable).prop_map(|text| format!("size({text})")),
    ]
    .boxed()
}

/// Numbers and truths of `line` or a loop's variable, nested `depth` deep.
fn number(variable: &'static str, depth: u32) -> BoxedStrategy<String> {
    if depth == 0 {
        return leaf(variable);
    }
    let less = || number(variable, depth - 1);
    let operator = some(&["+", "-", "*", "/", "%"]);
    prop_oneof![
        2 => leaf(variable),
        4 => joined((less(), operator, less())),
        1 => less().prop_map(|number| format!("(-{number})")),
        1 => (truth(variable, depth - 1), less(), less())
            .prop_map(|(when, yes, no)| format!("({when} ? {yes} : {no})")),
        1 => truth("l", 0).prop_map(|filter| format!("order.lines.filter(l, {filter}).size()")),
    ]
    .boxed()
}

fn truth(variable: &'static str, depth: u32) -> BoxedStrategy<String> {
    let compare = || some(&["==", "!=", "<", "<=", ">", ">="]);
    let number = |depth: u32| number(variable, depth.saturating_sub(1));
    let simple = prop_oneof![
        some(&["true", "false"]).prop_map(String::from),
        Just(format!("{variable}.gift_card")),
        joined((number(depth), compare(), number(depth))),
        joined((text(variable), compare(), text(variable))),
        (text(variable), some(&["startsWith", "endsWith", "contains"]), text(variable))
            .prop_map(|(text, method, part)| format!("{text}.{method}({part})")),
        text(variable).prop_map(|text| format!("({text} in customer.tags)")),
        text(variable).prop_map(|text| format!("({text} in ['a', order.source])")),
        number(depth)
            .prop_map(|number| format!("({number} in [1, order.weekday, 100 / customer.points])")),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let less = || truth(variable, depth - 1);
    let over = some(&["all", "exists", "exists_one"]);
    prop_oneof![
        4 => simple,
        3 => joined((less(), some(&["&&", "||", "==", "!="]), less())),
        1 => less().prop_map(|truth| format!("!{truth}")),
        2 => (over.clone(), truth("l", 0)).prop_map(|(over, each)| format!("order.lines.{over}(l, {each})")),
        1 => (over, text(variable)).prop_map(|(over, text)| {
            format!("customer.tags.{over}(t, t + 'a' == {text})")
        }),
    ]
    .boxed()
}

fn order() -> impl Strategy<Value = (Paid, Figures)> {
    let line = (0..3_000_i64, 0..4_u32, any::<bool>(), some(&["a", "HELMET-1", "", "é"]));
    let lines = prop::collection::vec(line, 1..4);
    let tags = prop::collection::vec(some(&["a", "vip", "birthday-11"]), 0..3);
    (lines, tags, 0..3_i64, 0..2_000_u64).prop_map(|(lines, tags, points, day)| {
        let lines =
            lines.into_iter().enumerate().map(|(index, (amount, quantity, is_gift_card, sku))| {
                PaidLine {
                    id: index.to_string(),
                    quantity,
                    amount: Money(amount),
                    is_gift_card,
                    sku: Some(sku.to_owned()),
                    ..PaidLine::default()
                }
            });
        let paid = Paid {
            at: Time(1_700_000_000_000 + day * 10_000_000),
            currency: "EUR".into(),
            lines: lines.collect(),
            source: Some("pos".into()),
            customer_tags: tags.into_iter().map(String::from).collect(),
            ..Paid::default()
        };
        (paid, Figures { points: Points(points), spend: Money(points * 700), orders: points })
    })
}

fn subject<'a>(paid: &'a Paid, figures: Figures) -> Subject<'a> {
    Subject::of(paid, paid.lines.iter().collect(), "gold", figures)
}

/// The value by the crate's own interpreter.
fn interpreted(source: &str, subject: &Subject<'_>) -> Result<Value, ExecutionError> {
    let line = |line: &PaidLine| {
        json!({
            "id": line.id, "amount": line.amount.0, "quantity": i64::from(line.quantity),
            "sku": line.sku.clone().unwrap_or_default(), "vendor": "", "gift_card": line.is_gift_card,
        })
    };
    let lines: Vec<_> = subject.lines.iter().map(|one| line(one)).collect();
    let order = json!({
        "amount": subject.amount, "quantity": subject.quantity, "weekday": subject.weekday,
        "lines": lines, "source": subject.source, "discount_codes": subject.discount_codes,
        "date": subject.date, "month": subject.month(),
    });
    let customer = json!({
        "points": subject.figures.points.0, "spend": subject.figures.spend.0,
        "orders": subject.figures.orders,
        "tags": subject.tags, "tier": subject.tier,
    });
    let mut context = Context::default();
    for (name, value) in
        [("order", order), ("customer", customer), ("line", line(subject.lines[0]))]
    {
        context.add_variable_from_value(name, signed(value));
    }
    cel::Program::compile(source).unwrap().execute(&context)
}

/// JSON's numbers as CEL's signed ones.
fn signed(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Number(number) => Value::Int(number.as_i64().unwrap()),
        serde_json::Value::Array(items) => {
            items.into_iter().map(signed).collect::<Vec<Value>>().into()
        }
        serde_json::Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, signed(value)))
            .collect::<std::collections::HashMap<String, Value>>()
            .into(),
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Null => Value::Null,
    }
}

fn failure(error: &ExecutionError) -> Option<Failure> {
    match error {
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            Some(Failure::DivisionByZero)
        }
        ExecutionError::Overflow(..) => Some(Failure::Overflow),
        _ => None,
    }
}

/// Minus zero is read as zero, too.
fn divides_by_literal_zero(source: &str) -> bool {
    let source = source.replace("(-0)", "0");
    source.contains("/ 0") || source.contains("% 0")
}

/// Of two operands that both fail, `&&` and `||` name one, and not always the same one as theirs.
fn is_failure(ours: Option<Failure>, theirs: &ExecutionError, source: &str) -> bool {
    let is_either = source.contains("&&") || source.contains("||");
    ours == failure(theirs) || (is_either && ours.is_some())
}

proptest! {
    #[test]
    fn a_formula_means_what_cel_says(source in number("line", 3), (paid, figures) in order()) {
        let subject = subject(&paid, figures);
        // A division by a literal zero is rejected before evaluation.
        if let Ok(formula) = formula(&source, View::Line) {
            let ours = formula.value(&subject, Some(&paid.lines[0]));
            match interpreted(&source, &subject) {
                Ok(theirs) => prop_assert_eq!(ours.map(Value::Int), Ok(theirs), "{}", source),
                Err(error) => prop_assert!(is_failure(ours.err(), &error, &source), "{}", source),
            }
            prop_assert_eq!(formula.value(&subject, Some(&paid.lines[0])), ours);
        } else {
            prop_assert!(divides_by_literal_zero(&source), "{}", source);
        }
    }

    #[test]
    fn a_condition_means_what_cel_says(source in truth("line", 3), (paid, figures) in order()) {
        let subject = subject(&paid, figures);
        if let Ok(condition) = condition(&source, View::Line) {
            let ours = condition.holds(&subject, Some(&paid.lines[0]));
            match interpreted(&source, &subject) {
                Ok(theirs) => prop_assert_eq!(ours.map(Value::Bool), Ok(theirs), "{}", source),
                Err(error) => prop_assert!(is_failure(ours.err(), &error, &source), "{}", source),
            }
        } else {
            prop_assert!(divides_by_literal_zero(&source), "{}", source);
        }
    }

    #[test]
    fn no_text_makes_checking_panic(source in ".{0,60}", view in 0..3) {
        let view = [View::Figures, View::Order, View::Line][view as usize];
        let _ = formula(&source, view);
        let _ = condition(&source, view);
    }

    #[test]
    fn no_list_of_tokens_makes_checking_or_evaluating_panic(
        tokens in prop::collection::vec(some(&[
            "order", "customer", "line", ".", "lines", "amount", "tags", "(", ")", "[", "]", "{", "}", ",", "?",
            ":", "+", "-", "*", "/", "%", "!", "==", "<", "&&", "||", "in", "'a'", "1", "0", "1.5", "2u", "null",
            "true", "exists", "filter", "map", "sum", "size", "math", "least", "has", "x", "b'a'", "\"", "\\",
            "9223372036854775807", "-9223372036854775808", "99999999999999999999", " ", "`", "\n", "//", "0x1F",
        ]), 0..24),
        (paid, figures) in order(),
    ) {
        let (source, subject) = (tokens.concat(), subject(&paid, figures));
        let line = Some(&paid.lines[0]);
        if let Ok(formula) = formula(&source, View::Line) {
            let _ = formula.value(&subject, line);
        }
        if let Ok(condition) = condition(&source, View::Line) {
            let _ = condition.holds(&subject, line);
        }
    }
}

proptest! {
    // The largest order takes its time, unoptimised.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_condition_costs_more_than_its_bound(source in truth("line", 2)) {
        let line = |index: usize| PaidLine { id: index.to_string(), ..PaidLine::default() };
        let paid = Paid {
            lines: (0..ORDER_LINES_MAX).map(line).collect(),
            customer_tags: vec!["tag".into(); TEXTS_MAX],
            ..Paid::default()
        };
        let subject = subject(&paid, Figures::default());
        if let Ok(condition) = condition(&source, View::Line) {
            let steps = Cell::new(0);
            let count = || steps.set(steps.get() + 1);
            let _ = Scope::of(&subject, Some(&paid.lines[0]), &count).truth(&condition.tree);
            prop_assert!(steps.get() <= condition.steps_max(), "{} {}", source, steps.get());
        }
    }
}

#[test]
fn nesting_ends_before_the_stack_overflows() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("-", "1", ""),
        ("!", "true", ""),
        ("[", "1", "]"),
        ("true ? 1 : ", "1", ""),
    ] {
        for depth in [30, 80, 300, 900] {
            let source = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            let _ = formula(&source, View::Line);
            let _ = condition(&source, View::Line);
        }
    }
    let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    assert!(formula(&deep, View::Line).is_err());
    let shallow = format!("{}1{}", "(".repeat(10), ")".repeat(10));
    assert!(formula(&shallow, View::Line).is_ok());
}
