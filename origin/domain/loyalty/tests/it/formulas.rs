//! Conditions and formulas that an author may write, and the mistakes reported for others.

use domain_core::money::Money;
use domain_loyalty::{
    EXPRESSION_BYTES_MAX, Failure, Figures, Paid, PaidLine, Points, Program, RuleFailure,
};
use serde_json::{Value, json};

use super::world::{changed, program_document, time};

fn parsed(rule: &Value) -> Result<Program, Vec<(String, String)>> {
    let document = changed(&program_document(), "/earning/rules", json!([rule]));
    Program::parse(&document.to_string()).map_err(|mistakes| {
        mistakes.into_iter().map(|mistake| (mistake.field, mistake.message)).collect()
    })
}

fn of(each: &str, points: &str) -> Value {
    json!({"id": "r", "title": "R", "each": each, "points": points})
}

/// A Saturday's order of a helmet, two bells and a gift card by a tagged customer with a code.
fn order() -> (Paid, Figures) {
    let line = |id: &str, sku: &str, quantity, cents| PaidLine {
        id: id.into(),
        quantity,
        amount: Money(cents),
        product: Some("788032119674292922".into()),
        variant: Some("44".into()),
        sku: Some(sku.into()),
        vendor: Some("Bellwether".into()),
        ..PaidLine::default()
    };
    let mut lines = vec![line("1", "HELMET-M", 1, 5_995), line("2", "BELL", 2, 2_990)];
    lines.push(PaidLine {
        id: "3".into(),
        quantity: 1,
        amount: Money(5_000),
        ..PaidLine::default()
    });
    lines[2].is_gift_card = true;
    let paid = Paid {
        at: time("2026-11-21T09:00:00Z"),
        currency: "EUR".into(),
        source: Some("web".into()),
        discount_codes: vec!["WELCOME".into()],
        customer_tags: vec!["vip".into(), "birthday-11".into()],
        lines,
        ..Paid::default()
    };
    (paid, Figures { points: Points(640), spend: Money(64_000), orders: 4 })
}

fn points(rule: &Value) -> i64 {
    let (paid, figures) = order();
    parsed(rule).unwrap().earned(&paid, &figures).unwrap().points().0
}

#[test]
fn every_name_can_be_used_in_a_formula() {
    for (formula, value) in [
        ("order.amount", 8_985),
        ("order.quantity", 3),
        ("order.lines.size()", 2),
        ("size(order.lines)", 2),
        ("order.source == 'web' ? 1 : 2", 1),
        ("'WELCOME' in order.discount_codes ? 1 : 2", 1),
        ("order.date >= '2026-11-20' && order.date < '2026-11-22' ? 1 : 2", 1),
        ("order.month == '11' ? 1 : 2", 1),
        ("order.weekday", 6),
        ("customer.points", 640),
        ("customer.spend", 64_000),
        ("customer.orders", 4),
        ("customer.tags.size()", 2),
        ("customer.tier == 'silver' ? 1 : 2", 1),
        ("customer.tags.exists(t, t.startsWith('birthday-')) ? 1 : 2", 1),
        ("customer.tags.all(t, size(t) > 3) ? 1 : 2", 2),
        ("order.lines.exists_one(l, l.quantity == 2) ? 1 : 2", 1),
        ("order.lines.filter(l, l.sku.contains('ELM')).size()", 1),
        ("order.lines.map(l, l.amount * 2).sum()", 17_970),
        ("order.lines.map(l, l.quantity > 1, l.amount).sum()", 2_990),
        ("order.lines.filter(l, l.sku != 'X').filter(m, m.vendor == 'Bellwether').size()", 2),
        ("order.lines.exists(l, customer.tags.exists(t, t == 'vip' && l.id == '2')) ? 1 : 2", 1),
        ("math.least(order.amount, 500, 700)", 500),
        ("math.greatest(1, -2)", 1),
        ("7 / 2", 3),
        ("7 % 4", 3),
        ("100 + -7 / 2", 97),
        ("size('é')", 1),
        ("1 in [order.weekday - 5, 9] ? 1 : 2", 1),
        ("!(true != false) || false ? 1 : 2", 2),
    ] {
        assert_eq!(points(&of("order", formula)), value, "{formula}");
    }
    for (formula, sum) in [
        ("line.amount", 8_985),
        ("line.quantity", 3),
        ("line.id == '1' ? 10 : 1", 11),
        ("line.product == '788032119674292922' ? 1 : 0", 2),
        ("line.variant == '44' && line.vendor.endsWith('wether') ? 1 : 0", 2),
        ("line.gift_card ? 100 : 1", 2),
    ] {
        assert_eq!(points(&of("line", formula)), sum, "{formula}");
    }
}

#[test]
fn a_deciding_side_hides_the_others_failure_and_nothing_else_does() {
    for (condition, failure) in [
        ("1 / (order.weekday - 6) > 0 || true", None),
        ("1 / (order.weekday - 6) > 0 && false", None),
        ("1 / (order.weekday - 6) > 0 && true", Some(Failure::DivisionByZero)),
        ("order.lines.exists(l, 1 / (l.quantity - 1) == 1)", None),
        ("order.lines.all(l, 1 / (l.quantity - 1) == 1)", Some(Failure::DivisionByZero)),
        ("9223372036854775807 + order.weekday > 0", Some(Failure::Overflow)),
        ("(-9223372036854775807 - 1) / (order.weekday - 7) > 0", Some(Failure::Overflow)),
        ("-(-9223372036854775807 - order.weekday + 5) > 0", Some(Failure::Overflow)),
    ] {
        // Read as a published program: to publish some of these is a mistake today.
        let rule =
            json!({"id": "r", "title": "R", "each": "order", "if": condition, "points": "1"});
        let document = changed(&program_document(), "/earning/rules", json!([rule]));
        let program = Program::stored(&document.to_string()).expect(condition);
        let (paid, figures) = order();
        let failures = program.earned(&paid, &figures).unwrap().failures;
        let expected: Vec<RuleFailure> =
            failure.map(|failure| RuleFailure { rule: "r".into(), failure }).into_iter().collect();
        assert_eq!(failures, expected, "{condition}");
    }
}

#[test]
fn a_mistake_in_an_expression_says_what_is_wrong_and_how_to_fix_it() {
    let order_has =
        "`order` has amount, quantity, lines, source, discount_codes, date, month, weekday";
    for (each, formula, message) in [
        ("order", "order.total", format!("`order.total` is unknown; {order_has}")),
        ("order", "line.amount", "`line` is unknown here; known are order, customer".into()),
        ("line", "basket", "`basket` is unknown here; known are line, order, customer".into()),
        (
            "line",
            "line.price",
            "a line has no `price`; it has amount, quantity, id, product, variant, sku, vendor, \
             gift_card"
                .into(),
        ),
        (
            "line",
            "line.amount * 1.5",
            "points are counted in whole numbers: for 1.5 times write `* 3 / 2`".into(),
        ),
        ("line", "2u", "write whole numbers without `u`".into()),
        ("line", "line.amount / 0", "divides by zero, always".into()),
        ("line", "line.amount + 'x'", "can't calculate with a whole number and a text".into()),
        ("line", "line.sku == 1 ? 1 : 2", "can't compare a text with a whole number".into()),
        (
            "line",
            "line.amount ? 1 : 2",
            "needs something true or false, and finds a whole number".into(),
        ),
        (
            "line",
            "true ? 1 : 'a'",
            "`? :` has a whole number on one side and a text on the other".into(),
        ),
        ("line", "line.sku", "must be a whole number, and is a text".into()),
        ("order", "order.lines", "must be a whole number, and is a list of lines".into()),
        ("order", "order", "must be a whole number, and is the order".into()),
        (
            "order",
            "order.lines.map(l, l.amount)",
            "must be a whole number, and is a list of numbers, one for each line: add `.sum()`"
                .into(),
        ),
        (
            "order",
            "customer.tags.sum()",
            "`sum` adds up `order.lines.map(…)`, not a list of texts".into(),
        ),
        ("order", "order.lines[0].amount", "`[…]` is unknown: use `exists` or `in`".into()),
        (
            "order",
            "has(order.amount) ? 1 : 0",
            "`has` is not needed: everything named is there".into(),
        ),
        ("order", "{'a': 1}.size()", "`{…}` makes nothing that is needed here".into()),
        ("order", "null == null ? 1 : 0", "nothing is ever `null`: an absent text is ''".into()),
        ("order", "[1, 'a'].size()", "a list holds numbers or texts, not both".into()),
        (
            "order",
            "order.lines.exists(a, order.lines.exists(b, order.lines.exists(c, true))) ? 1 : 0",
            "loops stand at most two deep".into(),
        ),
    ] {
        let mistakes = parsed(&of(each, formula)).unwrap_err();
        assert_eq!(mistakes[0], ("/earning/rules/0/points".into(), message), "{formula}");
    }
}

#[test]
fn an_unsupported_expression_is_a_mistake() {
    let mistakes = parsed(&of("order", "random()")).unwrap_err();
    assert!(
        mistakes[0].1.starts_with("`random` is unknown, or has other arguments; known are size")
    );
    let mistakes = parsed(&of("order", "1 +")).unwrap_err();
    assert!(mistakes[0].1.starts_with("is not CEL: "), "{mistakes:?}");
    let mistakes =
        parsed(&of("order", &format!("1{}", " ".repeat(EXPRESSION_BYTES_MAX)))).unwrap_err();
    assert_eq!(mistakes[0].1, "must be a text of 1 to 1000 bytes");
}

#[test]
fn all_mistakes_of_an_expression_are_reported() {
    let mistakes = parsed(&of("line", "line.prize + order.total * customer.age")).unwrap_err();
    let words: Vec<&str> = mistakes.iter().map(|(_, message)| &message[..12]).collect();
    assert_eq!(words, ["a line has n", "`order.total", "`customer.ag"]);
}

#[test]
fn an_expression_too_slow_for_the_largest_order_is_rejected_when_it_is_published() {
    let bundle = "order.lines.exists(l, l.sku == 'BIKE')";
    let mistakes = parsed(&of("line", &format!("{bundle} ? 1 : 0"))).unwrap_err();
    assert_eq!(mistakes[0].0, "/earning/rules/0/points");
    assert!(
        mistakes[0].1.starts_with("takes up to 7002000 steps on an order of 1000 lines"),
        "{mistakes:?}"
    );
    let mistakes = parsed(&json!({"id": "r", "title": "R", "each": "line", "points": "1",
        "if": format!("{bundle} && line.amount > 0")}));
    assert_eq!(mistakes.unwrap_err()[0].0, "/earning/rules/0/if");
    // Without `line` the condition is evaluated once per order.
    let rule = json!({"id": "r", "title": "R", "each": "line", "points": "1", "if": bundle});
    assert!(parsed(&rule).is_ok());
    let twice = "order.lines.exists(a, order.lines.exists(b, a.sku == b.vendor)) ? 1 : 0";
    assert!(parsed(&of("order", twice)).unwrap_err()[0].1.starts_with("takes up to"));
}
