//! The points that an order earns.

use domain_core::money::Money;
use domain_loyalty::{
    Cause, EarnedLine, EarningError, EntryKind, Failure, Figures, LedgerEntry, OrderEarning,
    OrderFacts, OrderItem, Paid, PaidLine, Points, Program, RuleFailure, RulePoints, order_entries,
};
use serde_json::json;

use super::world::{changed, earning, program, program_document, time};

const NOTHING: Figures = Figures { points: Points(0), spend: Money(0), orders: 0 };

fn bought(cents: &[i64]) -> OrderFacts {
    let line = |(index, cents): (usize, &i64)| PaidLine {
        id: (index + 1).to_string(),
        quantity: 1,
        amount: Money(*cents),
        ..PaidLine::default()
    };
    OrderFacts {
        customer: Some("1001".into()),
        paid: Some(Paid {
            at: time("2026-11-20T17:04:09Z"),
            currency: "EUR".into(),
            lines: cents.iter().enumerate().map(line).collect(),
            ..Paid::default()
        }),
        ..OrderItem::of("820982911946154508").facts
    }
}

fn entries_of(facts: &OrderFacts, program: Program) -> Result<Vec<LedgerEntry>, EarningError> {
    let Some(paid) = &facts.paid else { return Ok(vec![]) };
    let earned = program.earned(paid, &NOTHING)?;
    let earning = OrderEarning { program_version: 3, terms: program.terms(paid.at), earned };
    Ok(order_entries(facts, &earning))
}

fn points(facts: &OrderFacts, program: Program) -> i64 {
    entries_of(facts, program).unwrap().iter().map(|entry| entry.points.0).sum()
}

#[test]
fn an_order_earns_one_complete_entry() {
    let entries = entries_of(&bought(&[84_433, 116_910]), program()).unwrap();
    let [entry] = &entries[..] else { panic!("one entry, not {entries:?}") };
    assert_eq!(entry.points, Points(2_013));
    assert_eq!(entry.kind, EntryKind::Earn);
    assert_eq!(entry.id, "earn/order/820982911946154508");
    assert_eq!(entry.cause, Cause::order("820982911946154508"));
    assert_eq!(entry.program_version, 3);
    assert_eq!(entry.at, time("2026-11-20T17:04:09Z"));
    assert_eq!(entry.available_at(), time("2026-12-05T00:00:00Z"));
    assert_eq!(entry.expires_at(), Some(time("2027-12-05T00:00:00Z")));
    assert_eq!(entry.failures, []);
}

#[test]
fn an_order_is_rounded_down_once_not_line_by_line() {
    assert_eq!(points(&bought(&[150, 150]), program()), 3);
    assert_eq!(points(&bought(&[99]), program()), 0);
    assert_eq!(points(&bought(&[100]), program()), 1);
}

#[test]
fn any_ratio_of_whole_numbers_earns_exactly() {
    let three_for_two = || {
        let rule = json!([{"id": "r", "title": "R", "each": "line", "points": "line.amount * 3",
            "per": 200}]);
        earning("/rules", rule)
    };
    assert_eq!(points(&bought(&[66]), three_for_two()), 0);
    assert_eq!(points(&bought(&[67]), three_for_two()), 1);
    assert_eq!(points(&bought(&[1_000]), three_for_two()), 15);
}

#[test]
fn gift_cards_and_test_orders_earn_only_if_the_program_says_so() {
    let mut facts = bought(&[5_000, 1_000]);
    facts.paid.as_mut().unwrap().lines[0].is_gift_card = true;
    let paying = |gift_cards: bool, test_orders: bool| {
        let document = changed(&program_document(), "/earning/gift_cards", json!(gift_cards));
        let document = changed(&document, "/earning/test_orders", json!(test_orders));
        Program::parse(&document.to_string()).unwrap()
    };
    assert_eq!(points(&facts, paying(false, false)), 10);
    assert_eq!(points(&facts, paying(true, false)), 60);
    facts.paid.as_mut().unwrap().is_test = true;
    assert_eq!(points(&facts, paying(true, false)), 0);
    assert_eq!(points(&facts, paying(true, true)), 60);
}

#[test]
fn an_order_of_gift_cards_alone_gets_no_bonus_either() {
    let bonus = json!([{"id": "hi", "title": "Hello", "each": "order", "points": "100"}]);
    let mut facts = bought(&[5_000]);
    assert_eq!(points(&facts, earning("/rules", bonus.clone())), 100);
    facts.paid.as_mut().unwrap().lines[0].is_gift_card = true;
    assert_eq!(points(&facts, earning("/rules", bonus)), 0);
}

#[test]
fn guests_and_orders_not_known_to_be_paid_earn_nothing() {
    let mut guest = bought(&[5_000]);
    guest.customer = None;
    assert_eq!(entries_of(&guest, program()), Ok(vec![]));
    let mut unpaid = bought(&[5_000]);
    unpaid.paid = None;
    assert_eq!(entries_of(&unpaid, program()), Ok(vec![]));
}

#[test]
fn an_order_worth_nothing_has_no_entry() {
    assert_eq!(entries_of(&bought(&[]), program()), Ok(vec![]));
    assert_eq!(entries_of(&bought(&[0]), program()), Ok(vec![]));
}

#[test]
fn without_a_pending_period_points_count_at_once() {
    let mut program = program();
    program.pending_days = 0;
    let entry = entries_of(&bought(&[100]), program.clone()).unwrap().remove(0);
    assert_eq!(entry.available_at(), entry.at);
    assert_eq!(entry.expires_at(), Some(time("2027-11-21T00:00:00Z")));
    program.expiry_days = None;
    let entry = entries_of(&bought(&[100]), program).unwrap().remove(0);
    assert_eq!(entry.expires_at(), None);
}

#[test]
fn an_order_in_another_currency_is_rejected_not_converted() {
    let mut facts = bought(&[100]);
    facts.paid.as_mut().unwrap().currency = "CHF".into();
    let error = EarningError::OtherCurrency { order: "CHF".into(), program: "EUR".into() };
    assert_eq!(entries_of(&facts, program()), Err(error));
}

#[test]
fn more_points_than_an_account_can_add_up_are_rejected() {
    assert_eq!(points(&bought(&[99_999_999_999_999]), program()), 999_999_999_999);
    assert_eq!(points(&bought(&[100_000_000_000_000]), program()), 1_000_000_000_000);
    let error = Err(EarningError::TooManyPoints);
    assert_eq!(entries_of(&bought(&[100_000_000_000_100]), program()), error);
    assert_eq!(entries_of(&bought(&[i64::MAX, i64::MAX]), program()), error);
}

#[test]
fn a_failing_rule_is_named_and_gives_nothing_and_the_others_still_give() {
    let rules = json!([
        {"id": "euro", "title": "E", "each": "line", "points": "line.amount", "per": 100},
        {"id": "share", "title": "S", "each": "order",
         "points": "order.lines.size() == 2 ? (100 / (order.amount - 3000)) * 0 : 7"},
        {"id": "huge", "title": "H", "each": "line",
         "points": "line.amount == 1001 ? line.amount * 9223372036854775807 : 0"},
    ]);
    let program = earning("/rules", rules);
    let fails = |rule: &str, failure| RuleFailure { rule: rule.into(), failure };
    for (cents, points, failures) in [
        (&[3_000][..], 37, vec![]),
        (&[1_000, 2_000], 30, vec![fails("share", Failure::DivisionByZero)]),
        (&[1_001], 17, vec![fails("huge", Failure::Overflow)]),
        (
            &[1_001, 1_999],
            30,
            vec![fails("huge", Failure::Overflow), fails("share", Failure::DivisionByZero)],
        ),
    ] {
        let entry = entries_of(&bought(cents), program.clone()).unwrap().remove(0);
        assert_eq!((entry.points.0, entry.failures), (points, failures), "{cents:?}");
    }
}

#[test]
fn a_rule_never_takes_points() {
    let rules = json!([
        {"id": "above", "title": "A", "each": "line", "points": "line.amount - 5000", "per": 100},
        {"id": "euro", "title": "E", "each": "line", "points": "line.amount", "per": 100},
    ]);
    let program = earning("/rules", rules);
    assert_eq!(points(&bought(&[1_000, 7_000]), program), 20 + 80);
}

#[test]
fn the_first_multiplier_that_matches_a_line_counts_for_rules_of_lines() {
    let document = json!({
        "description": "D",
        "multipliers": [
            {"id": "sale", "title": "S", "if": "line.sku.endsWith('-SALE')", "percent": 0},
            {"id": "helmets", "title": "H", "if": "line.sku.startsWith('HELMET')", "percent": 250},
        ],
        "rules": [
            {"id": "euro", "title": "E", "each": "line", "points": "line.amount", "per": 100},
            {"id": "hello", "title": "B", "each": "order", "points": "5"},
        ],
    });
    let program = earning("", document);
    let mut facts = bought(&[1_010, 1_010, 1_010]);
    let lines = &mut facts.paid.as_mut().unwrap().lines;
    lines[0].sku = Some("HELMET-M".into());
    lines[1].sku = Some("HELMET-M-SALE".into());
    let earned = program.earned(facts.paid.as_ref().unwrap(), &NOTHING).unwrap();
    let of = |rule: &str, points| RulePoints { rule: rule.into(), points: Points(points) };
    // 25.25 for the helmet, nothing for the one on sale, 10.10 for the rest.
    assert_eq!(earned.rules, [of("euro", 35), of("hello", 5)]);
    assert_eq!(earned.points(), Points(40));
}

#[test]
fn every_point_belongs_to_a_line() {
    let rules = json!([
        {"id": "euro", "title": "E", "each": "line", "points": "line.amount", "per": 100},
        {"id": "hello", "title": "H", "each": "order", "points": "10"},
    ]);
    let program = earning("/rules", rules);
    let lines = |cents: &[i64]| {
        let earned = program.earned(bought(cents).paid.as_ref().unwrap(), &NOTHING).unwrap();
        let line = |EarnedLine { line, points }| (line, points.0);
        earned.lines.into_iter().map(line).collect::<Vec<_>>()
    };
    let line = |line: &str, points| (line.to_owned(), points);
    // 1.5 and 1.5 are 3, of which the first line gets 1; of the 10 each gets half.
    assert_eq!(lines(&[150, 150]), [line("1", 1 + 5), line("2", 2 + 5)]);
    // A third each of the 10: 3, 3 and the remaining 4.
    assert_eq!(lines(&[100, 100, 100]), [line("1", 1 + 3), line("2", 1 + 3), line("3", 1 + 4)]);
    // A free line has no share of a bonus, unless all lines are free.
    assert_eq!(lines(&[0, 100]), [line("2", 1 + 10)]);
    assert_eq!(lines(&[0, 0]), [line("1", 10)]);
}
