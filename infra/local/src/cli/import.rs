//! `forecourt import`: sends a merchant's CSV file in parts, and prints what it adds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain_loyalty::{Chunk, chunks};
use serde_json::{Value, json};

use super::args::{ImportArgs, ImportKind};
use super::http::send;
use super::publish::read;
use super::{CliError, cli_error};
use crate::profile::Profile;

const PATH: &str = "/v1/admin/imports";

pub(super) fn run(args: &ImportArgs, profile: &Profile) -> Result<(), CliError> {
    let file = String::from_utf8(read(&args.file)?)
        .map_err(|_| CliError(format!("{}: the file is not UTF-8", args.file)))?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => stem(&args.file)?,
    };
    let kind = match args.kind {
        ImportKind::Balances => "balances",
        ImportKind::Orders => "orders",
    };
    let url = format!("{}{PATH}", profile.url());
    let token = args.staff_token.clone().map_or_else(|| profile.staff_token(), Ok);
    let bearer = format!("Bearer {}", token.map_err(cli_error)?);
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let parts = chunks(&file).map_err(|error| CliError(format!("{}: {error}", args.file)))?;
    // Mistakes of any part are found before the first row is written.
    let passes: &[bool] = if args.dry_run { &[true] } else { &[true, false] };
    let mut answers: Vec<Value> = Vec::new();
    for is_dry_run in passes {
        answers.clear();
        for part in &parts {
            let body = json!({"kind": kind, "name": name, "csv": part.csv,
                "first_row": part.first_row, "dry_run": is_dry_run});
            let reply = send("POST", &url, &headers, body.to_string().as_bytes())?;
            answers.push(serde_json::from_str(&reply.expect_success()?).map_err(cli_error)?);
        }
        if *is_dry_run {
            each_in_one_part(args.kind, &parts, &answers)?;
        }
    }
    print(&answers, args.dry_run);
    Ok(())
}

/// A customer or an order counts once for each import: the server finds a second row in the same part,
/// and this one in another part.
fn each_in_one_part(kind: ImportKind, parts: &[Chunk], answers: &[Value]) -> Result<(), CliError> {
    let mut first = BTreeMap::new();
    for (part, answer) in parts.iter().zip(answers) {
        for id in ids(kind, answer) {
            if let Some(before) = first.insert(id.clone(), part.first_row) {
                let what = match kind {
                    ImportKind::Balances => "customer",
                    ImportKind::Orders => "order",
                };
                return Err(CliError(format!(
                    "{what} {id} has a row in the part from row {before} on and another one in the \
                     part from row {} on: join the two, nothing was written",
                    part.first_row
                )));
            }
        }
    }
    Ok(())
}

/// The customers or the orders of all rows of a part.
fn ids(kind: ImportKind, answer: &Value) -> BTreeSet<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (customers, known) = (list(&answer["customers"]), list(&answer["known_ids"]));
    let of_rows: Vec<Value> = match kind {
        ImportKind::Balances => {
            customers.iter().map(|customer| customer["customer_id"].clone()).collect()
        }
        ImportKind::Orders => {
            let orders = customers.iter().flat_map(|customer| list(&customer["orders"]));
            let orders = orders.chain(list(&answer["rejected"]));
            orders.map(|order| order["order_id"].clone()).collect()
        }
    };
    of_rows.into_iter().chain(known).filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// The name of a file without its folder and ending.
fn stem(file: &str) -> Result<String, CliError> {
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str());
    let stem = stem.filter(|_| file != "-").map(str::to_owned);
    stem.ok_or_else(|| CliError("name the import with --name".to_owned()))
}

fn print(answers: &[Value], is_dry_run: bool) {
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let list = |list: &str| -> Vec<Value> {
        let of = |answer: &Value| answer[list].as_array().cloned().unwrap_or_default();
        answers.iter().flat_map(of).collect()
    };
    let (customers, rejected) = (list("customers"), list("rejected"));
    println!("{:>20} {:>12} {:>12} {:>12}", "customer", "before", "after", "more");
    for customer in &customers {
        let (before, after) =
            (number(&customer["points_before"]), number(&customer["points_after"]));
        let id = customer["customer_id"].as_str().unwrap_or_default();
        println!("{id:>20} {before:>12} {after:>12} {:>+12}", after - before);
    }
    let known: i64 = answers.iter().map(|answer| number(&answer["known"])).sum();
    let what = if is_dry_run { "nothing was written" } else { "imported" };
    println!("{} customers change, {known} rows had counted before; {what}", customers.len());
    for order in &rejected {
        let text = |name: &str| order[name].as_str().unwrap_or_default();
        eprintln!("warning: order {} can't be absorbed: {}", text("order_id"), text("reason"));
    }
}
