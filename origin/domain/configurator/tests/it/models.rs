//! Random small products, as authoring JSON.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A product with every kind of rule, and some selections to resolve.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) document: Value,
    pub(crate) selections: Vec<Vec<Option<usize>>>,
}

/// Random numbers, mapped to options and values modulo their counts.
type Picks = Vec<(usize, Vec<usize>)>;

/// The number of values of each option.
struct ValueCounts(Vec<usize>);

impl ValueCounts {
    fn option(&self, pick: usize) -> usize {
        pick % self.0.len()
    }

    fn value(&self, option: usize, pick: usize) -> String {
        format!("v{}", pick % self.0[option])
    }

    fn condition(&self, picks: &Picks) -> Value {
        let mut condition = serde_json::Map::new();
        for (option, values) in picks {
            let option = self.option(*option);
            let values = values.iter().map(|pick| self.value(option, *pick)).collect();
            condition.insert(format!("o{option}"), values);
        }
        Value::Object(condition)
    }

    fn table(&self, options: &[usize], rows: &[Vec<usize>]) -> Value {
        let mut columns: Vec<usize> = options.iter().map(|pick| self.option(*pick)).collect();
        let mut distinct = Vec::new();
        columns.retain(|option| {
            !distinct.contains(option) && {
                distinct.push(*option);
                true
            }
        });
        let row = |row: &Vec<usize>| -> Value {
            columns.iter().zip(row).map(|(option, pick)| self.value(*option, *pick)).collect()
        };
        let names: Vec<String> = columns.iter().map(|option| format!("o{option}")).collect();
        json!({ "options": names, "tuples": rows.iter().map(row).collect::<Vec<_>>() })
    }

    fn expression(&self, draft: &Draft) -> Value {
        match draft {
            Draft::Is(picks) => self.condition(picks),
            Draft::Not(inner) => json!({ "not": self.expression(inner) }),
            Draft::Any(parts) => {
                json!({ "any": parts.iter().map(|part| self.expression(part)).collect::<Vec<_>>() })
            }
            Draft::All(parts) => {
                json!({ "all": parts.iter().map(|part| self.expression(part)).collect::<Vec<_>>() })
            }
        }
    }

    fn rule(&self, id: usize, draft: &DraftRule) -> Value {
        let id = format!("r{id}");
        match draft {
            DraftRule::Requires(when, then) => json!({
                "id": id,
                "requires": { "if": self.condition(when), "then": self.condition(then) },
            }),
            DraftRule::Excludes(all) => {
                let conditions: Vec<Value> = all.iter().map(|one| self.condition(one)).collect();
                json!({ "id": id, "excludes": conditions })
            }
            DraftRule::Allowed(options, rows) => {
                json!({ "id": id, "allowed": self.table(options, rows) })
            }
            DraftRule::Forbidden(options, rows) => {
                json!({ "id": id, "forbidden": self.table(options, rows) })
            }
            DraftRule::Assert(expression) => {
                json!({ "id": id, "assert": self.expression(expression) })
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Draft {
    Is(Picks),
    Not(Box<Draft>),
    Any(Vec<Draft>),
    All(Vec<Draft>),
}

#[derive(Debug, Clone)]
enum DraftRule {
    Requires(Picks, Picks),
    Excludes(Vec<Picks>),
    Allowed(Vec<usize>, Vec<Vec<usize>>),
    Forbidden(Vec<usize>, Vec<Vec<usize>>),
    Assert(Draft),
}

const PICK: std::ops::Range<usize> = 0..60;

fn picks(options: std::ops::Range<usize>) -> impl Strategy<Value = Picks> {
    vec((PICK, vec(PICK, 0..4)), options)
}

fn expression() -> impl Strategy<Value = Draft> {
    picks(0..3).prop_map(Draft::Is).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| Draft::Not(Box::new(one))),
            vec(inner.clone(), 0..4).prop_map(Draft::Any),
            vec(inner, 0..4).prop_map(Draft::All),
        ]
    })
}

fn rule() -> impl Strategy<Value = DraftRule> {
    let table = |rows| (vec(PICK, 1..5), vec(vec(PICK, 5), rows));
    prop_oneof![
        2 => (picks(0..3), picks(0..3)).prop_map(|(when, then)| DraftRule::Requires(when, then)),
        2 => vec(picks(0..3), 1..4).prop_map(DraftRule::Excludes),
        2 => table(4..40).prop_map(|(options, rows)| DraftRule::Allowed(options, rows)),
        2 => table(0..9).prop_map(|(options, rows)| DraftRule::Forbidden(options, rows)),
        2 => expression().prop_map(DraftRule::Assert),
    ]
}

/// Products of at most a few thousand combinations, some without valid ones, each with selections
/// that may be empty, partial, complete or inconsistent.
pub(crate) fn samples() -> impl Strategy<Value = Sample> {
    let price = || -3_000_i64..9_000;
    (
        vec(vec(price(), 1..6), 1..6),
        vec(rule(), 0..7),
        vec((picks(0..3), price()), 0..5),
        vec(vec(proptest::option::weighted(0.55, PICK), 5), 1..6),
    )
        .prop_map(|(options, rules, price_rules, selections)| {
            let counts = ValueCounts(options.iter().map(Vec::len).collect());
            let option = |(at, prices): (usize, &Vec<i64>)| {
                let values = prices.iter().enumerate();
                let values: Vec<Value> = values
                    .map(|(value, price)| json!({ "id": format!("v{value}"), "price": price }))
                    .collect();
                json!({ "id": format!("o{at}"), "values": values })
            };
            let rules = rules.iter().enumerate().map(|(id, draft)| counts.rule(id, draft));
            let price_rules = price_rules
                .iter()
                .map(|(when, add)| json!({ "if": counts.condition(when), "add": add }));
            let selection = |picks: Vec<Option<usize>>| {
                counts.0.iter().zip(picks).map(|(count, pick)| Some(pick? % count)).collect()
            };
            Sample {
                document: json!({
                    "product": "small", "currency": "EUR", "base_price": 10_000,
                    "options": options.iter().enumerate().map(option).collect::<Vec<_>>(),
                    "rules": rules.collect::<Vec<_>>(),
                    "price_rules": price_rules.collect::<Vec<_>>(),
                }),
                selections: selections.into_iter().map(selection).collect(),
            }
        })
}
