//! Benchmarks of a loyalty program: parsing it once per version, and evaluating it once per order.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use domain_core::money::Money;
use domain_core::time::Time;
use domain_loyalty::{Figures, Paid, PaidLine, Points, Program};
use serde_json::json;

const RULES: usize = 20;
const LINES: usize = 50;

/// Twenty typical rules and five multipliers.
fn document() -> String {
    let rule = |nth: usize| match nth % 4 {
        0 => json!({"id": format!("r{nth}"), "title": "R", "each": "line", "points": "line.amount",
            "per": 100}),
        1 => json!({"id": format!("r{nth}"), "title": "R", "each": "line",
            "if": "customer.tier == 'gold' && line.amount > 1000", "points": "line.amount / 2",
            "per": 100}),
        2 => json!({"id": format!("r{nth}"), "title": "R", "each": "order",
            "if": "('birthday-' + order.month) in customer.tags", "points": "100"}),
        _ => json!({"id": format!("r{nth}"), "title": "R", "each": "order",
            "points": "order.lines.exists(l, l.sku.startsWith('BIKE-')) ? \
                math.least(order.amount / 10000 * 50, 250) : 0"}),
    };
    let multiplier = |nth: usize| {
        json!({"id": format!("m{nth}"), "title": "M", "percent": 200,
            "if": format!("line.sku.startsWith('CATEGORY-{nth}-')")})
    };
    json!({
        "title": "Bench", "currency": "EUR", "pending_days": 14, "window_days": 365,
        "earning": {
            "description": "D",
            "multipliers": (0..5).map(multiplier).collect::<Vec<_>>(),
            "rules": (0..RULES).map(rule).collect::<Vec<_>>(),
        },
        "tiers": [{"id": "base", "title": "Base", "threshold": 0},
            {"id": "gold", "title": "Gold", "threshold": 1_000}],
        "rewards": [],
    })
    .to_string()
}

fn order() -> Paid {
    let line = |index: usize| PaidLine {
        id: index.to_string(),
        quantity: 1,
        amount: Money(1_995),
        sku: Some(format!("CATEGORY-{}-{index}", index % 10)),
        vendor: Some("Bellwether".into()),
        ..PaidLine::default()
    };
    Paid {
        at: Time(1_795_251_600_000),
        currency: "EUR".into(),
        customer_tags: vec!["vip".into(), "birthday-11".into()],
        lines: (0..LINES).map(line).collect(),
        ..Paid::default()
    }
}

fn programs(criterion: &mut Criterion) {
    let (document, order) = (document(), order());
    let program = Program::parse(&document).expect("a program without mistakes");
    let figures = Figures { points: Points(5_000), spend: Money(500_000), orders: 9 };
    criterion.bench_function("program/compile 20 rules", |bench| {
        bench.iter(|| Program::stored(black_box(&document)));
    });
    criterion.bench_function("program/20 rules, 50 lines", |bench| {
        bench.iter(|| program.earned(black_box(&order), &figures));
    });
}

criterion_group!(benches, programs);
criterion_main!(benches);
