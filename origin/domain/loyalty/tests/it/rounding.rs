//! Rounding: what a customer keeps decides the points, not which lines came back nor in how many
//! refunds.

use domain_core::money::Money;
use domain_loyalty::{
    Figures, OrderEarning, OrderFacts, OrderItem, Paid, PaidLine, Program, Refund, order_entries,
};
use proptest::prelude::*;
use serde_json::json;

use super::world::{earning, time};

/// Per line: quantity, price of one, discount on the line, items that come back first and later.
type Line = (u32, i64, i64, u32, u32);

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (1..7_u32, 0..5_000_i64, 0..300_i64, 0..4_u32, 0..4_u32);
    proptest::collection::vec(line, 1..12)
}

fn amount((quantity, price, discount, ..): Line) -> i64 {
    (price * i64::from(quantity) - discount).max(0)
}

fn program() -> Program {
    earning(
        "/rules",
        json!([
            {"id": "line", "title": "L", "each": "line", "points": "line.amount", "per": 300},
            {"id": "order", "title": "O", "each": "order", "points": "order.amount", "per": 700},
        ]),
    )
}

/// The points after these refunds: the items that come back, by line.
fn points(program: &Program, bought: &[Line], refunds: &[Vec<u32>]) -> Vec<i64> {
    let line = |(index, line): (usize, &Line)| PaidLine {
        id: (index + 1).to_string(),
        quantity: line.0,
        amount: Money(amount(*line)),
        ..PaidLine::default()
    };
    let at = time("2026-11-20T17:04:09Z");
    let paid = Paid {
        at,
        currency: "EUR".into(),
        lines: bought.iter().enumerate().map(line).collect(),
        ..Paid::default()
    };
    let earned = program.earned(&paid, &Figures::default()).unwrap();
    let earning = OrderEarning { program_version: 1, terms: program.terms(at), earned };
    let refund = |(number, counts): (usize, &Vec<u32>)| {
        let lines = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let lines = lines.map(|(index, count)| ((index + 1).to_string(), *count)).collect();
        let at = at.plus_ms(1 + number as u64);
        ((71 + number).to_string(), Refund { at, lines, goodwill: None, goods: None })
    };
    let facts = OrderFacts {
        customer: Some("1001".into()),
        paid: Some(paid),
        refunds: refunds.iter().enumerate().map(refund).collect(),
        ..OrderItem::of("41").facts
    };
    order_entries(&facts, &earning).iter().map(|entry| entry.points.0).collect()
}

/// The points of the goods that were not returned, from their definition: a fraction, rounded down once for
/// each rule.
fn exact(bought: &[Line], returned: impl Fn(&Line) -> u32) -> i64 {
    // A multiple of every quantity.
    const PARTS: i64 = 60;
    let remaining = bought.iter().map(|line| {
        let remaining = i64::from(line.0.saturating_sub(returned(line)));
        amount(*line) * remaining * PARTS / i64::from(line.0)
    });
    let remaining: i64 = remaining.sum();
    remaining / (300 * PARTS) + remaining / (700 * PARTS)
}

proptest! {
    #[test]
    fn the_remaining_goods_decide_and_not_which_lines_or_refunds_brought_the_others_back(
        bought in lines(),
    ) {
        let program = program();
        let first: Vec<u32> = bought.iter().map(|line| line.3).collect();
        let later: Vec<u32> = bought.iter().map(|line| line.4).collect();
        let both: Vec<u32> = first.iter().zip(&later).map(|(one, two)| one + two).collect();
        let expected = exact(&bought, |line| line.3 + line.4);
        let apart = points(&program, &bought, &[first, later]);
        prop_assert_eq!(apart.iter().sum::<i64>(), expected);
        prop_assert_eq!(points(&program, &bought, &[both]).iter().sum::<i64>(), expected);
        prop_assert!(apart.iter().skip(1).all(|points| *points <= 0));
        prop_assert_eq!(points(&program, &bought, &[]).iter().sum::<i64>(), exact(&bought, |_| 0));
    }

    #[test]
    fn everything_returned_line_by_line_in_any_sequence_leaves_nothing(
        (bought, sequence) in lines().prop_flat_map(|bought| {
            let sequence: Vec<usize> = (0..bought.len()).collect();
            (Just(bought), Just(sequence).prop_shuffle())
        }),
    ) {
        let whole = |at: &usize| {
            let mut counts = vec![0; bought.len()];
            counts[*at] = bought[*at].0;
            counts
        };
        let refunds: Vec<Vec<u32>> = sequence.iter().map(whole).collect();
        let entries = points(&program(), &bought, &refunds);
        prop_assert_eq!(entries.iter().sum::<i64>(), 0);
        prop_assert!(entries.iter().skip(1).all(|points| *points <= 0));
    }
}
