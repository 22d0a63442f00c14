//! Properties of any program. The fuzz target calls this check, and a test of `domain-loyalty` calls
//! it with every file of `corpus/program`.

use domain_core::money::Money;
use domain_core::time::Time;
use domain_loyalty::{Figures, Paid, PaidLine, Points, Program};

/// A program is rejected with mistakes, or it evaluates any order within its bounds: the same
/// points each time, and every point on a line.
pub(crate) fn program(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Program::parse(text) {
        Ok(program) => {
            assert_eq!(
                Program::stored(text).as_ref(),
                Some(&program),
                "a stored program is read back"
            );
            evaluates(&program);
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a rejection has mistakes");
            // A program of an earlier release may fail on an order, but in no other way.
            Program::stored(text).iter().for_each(evaluates);
        }
    }
}

fn evaluates(program: &Program) {
    for (lines, amount) in [(0, 0), (1, 0), (3, 1_999), (40, i64::MAX / 40), (1_000, 1)] {
        let line = |index: usize| PaidLine {
            id: index.to_string(),
            quantity: u32::try_from(index % 3).expect("a small number"),
            amount: Money(amount),
            is_gift_card: index % 7 == 6,
            sku: Some(format!("HELMET-{index}")),
            ..PaidLine::default()
        };
        let paid = Paid {
            at: Time(1_795_251_600_000),
            currency: program.currency.clone(),
            lines: (0..lines).map(line).collect(),
            customer_tags: vec!["vip".to_owned(), "birthday-11".to_owned()],
            ..Paid::default()
        };
        for points in [0, 499, 1_000_000] {
            let figures =
                Figures { points: Points(points), spend: Money(points * 100), orders: points / 10 };
            let earned = program.earned(&paid, &figures);
            assert_eq!(program.earned(&paid, &figures), earned, "the same each time");
            let Ok(earned) = earned else { continue };
            let total: Points = earned.rules.iter().map(|rule| rule.points).sum();
            assert_eq!(earned.points(), total, "every point belongs to a line");
            assert!(earned.lines.iter().all(|line| line.points > Points::ZERO));
        }
    }
}
