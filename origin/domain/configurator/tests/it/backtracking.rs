//! Mid-sized random products, compared with plain backtracking: too large to try every combination,
//! small enough to list every valid one.

use serde_json::{Map, Value, json};

use super::brute_force::{BruteForce, Chosen};
use super::laws::{check, compiled};
use super::rng::Rng;

/// Models compared. Their seeds are `1..=MODELS`; a failure names its own.
const MODELS: u64 = 100;

/// Most valid configurations of a model that is compared.
const VALID_MAX: usize = 2_000;

/// Tables that each allow a hidden configuration and about half of the other rows, and a few rules
/// of the other kinds, which the hidden configuration satisfies too.
fn product(rng: &mut Rng) -> Value {
    let domains: Vec<usize> = (0..9 + rng.below(4)).map(|_| 2 + rng.below(3)).collect();
    let hidden: Vec<usize> = domains.iter().map(|count| rng.below(*count)).collect();
    let mut rules = Vec::new();
    for number in 0..domains.len() * 3 / 2 {
        let arity = 2 + rng.below(2);
        let columns = rng.sample(arity, domains.len());
        let body = json!({
            "options": columns.iter().map(|o| format!("o{o}")).collect::<Vec<_>>(),
            "tuples": rows(rng, &columns, &domains, &hidden),
        });
        rules.push(json!({ "id": format!("table{number}"), "allowed": body }));
    }
    for number in 0..4 {
        let options = rng.sample(3, domains.len());
        let mut is = |at: usize| {
            let other = rng.below(domains[options[at]]);
            condition(options[at], &[hidden[options[at]], other])
        };
        let (one, two, three) = (is(0), is(1), is(2));
        let body = match number {
            0 => ("requires", json!({ "if": one, "then": two })),
            1 => ("excludes", json!([{ "o0": [] }, one])),
            2 => ("assert", json!({ "any": [{ "not": one }, { "all": [two, three] }] })),
            _ => ("assert", json!({ "not": { "all": [one, { "not": two }] } })),
        };
        let mut rule = Map::from_iter([("id".to_owned(), json!(format!("other{number}")))]);
        rule.insert(body.0.to_owned(), body.1);
        rules.push(Value::Object(rule));
    }
    let price_rule = |_| {
        let options = rng.sample(2, domains.len());
        let mut when = condition(options[0], &[0]);
        when[format!("o{}", options[1])] = json!(["v0", "v1"]);
        json!({ "if": when, "add": rng.below(9_000) as i64 - 3_000 })
    };
    let price_rules: Vec<Value> = (0..3).map(price_rule).collect();
    let options = domains.iter().enumerate().map(|(o, count)| {
        let value = |v| json!({ "id": format!("v{v}"), "price": rng.below(5_000) });
        json!({ "id": format!("o{o}"), "values": (0..*count).map(value).collect::<Vec<_>>() })
    });
    let options: Vec<Value> = options.collect();
    json!({
        "product": "mid", "currency": "EUR", "base_price": 1_000, "options": options,
        "rules": rules, "price_rules": price_rules,
    })
}

fn condition(option: usize, values: &[usize]) -> Value {
    let values: Vec<String> = values.iter().map(|value| format!("v{value}")).collect();
    Value::Object(Map::from_iter([(format!("o{option}"), json!(values))]))
}

fn rows(rng: &mut Rng, columns: &[usize], domains: &[usize], hidden: &[usize]) -> Vec<Value> {
    let mut rows = vec![Vec::new()];
    for column in columns {
        rows = rows
            .iter()
            .flat_map(|row: &Vec<usize>| (0..domains[*column]).map(|v| [&row[..], &[v]].concat()))
            .collect();
    }
    let own: Vec<usize> = columns.iter().map(|column| hidden[*column]).collect();
    rows.retain(|row| *row == own || rng.below(2) == 0);
    rows.iter().map(|row| row.iter().map(|v| format!("v{v}")).collect()).collect()
}

#[test]
fn answers_equal_plain_backtracking() {
    let mut compared = 0;
    for seed in 1..=MODELS {
        let mut rng = Rng(seed);
        let document = product(&mut rng);
        let Some(plain) = BruteForce::by_backtracking(&document, VALID_MAX) else { continue };
        let configurator = compiled(&document).expect("the hidden configuration is valid");
        for _ in 0..12 {
            let one_in = 1 + rng.below(4);
            let chosen: Chosen = plain
                .options
                .iter()
                .map(|(_, values)| (rng.below(one_in) == 0).then(|| rng.below(values.len())))
                .collect();
            if let Err(error) = check(&plain, &chosen, &configurator) {
                panic!("seed {seed}, selection {chosen:?}: {error}");
            }
        }
        compared += 1;
    }
    println!("{compared} of {MODELS} models compared");
    assert!(compared > MODELS / 2, "only {compared} models were small enough");
}
