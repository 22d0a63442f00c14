//! `forecourt publish` of a loyalty program. It is checked here first; a dry run queries the shop
//! for what past orders would have earned instead.

use std::collections::BTreeMap;

use domain_loyalty::Program;
use serde_json::Value;

use super::args::PublishArgs;
use super::publish::invalid;
use super::staff::Staff;
use super::{CliError, cli_error};
use crate::profile::Profile;

/// Where programs are published.
const PATH: &str = "/v1/admin/loyalty/program";
/// The encoding of a document that is sent as it is (RFC 9110 section 12.5.3).
const PLAIN: &str = "identity";
/// Most pages of one dry run: at 200 orders each, a hundred thousand orders.
const PAGES_MAX: usize = 500;

/// What a customer earned, and would have earned instead.
#[derive(Default)]
struct Sum {
    orders: i64,
    points: i64,
    instead: i64,
    failures: i64,
}

/// Whether a document is a program rather than a product.
pub(super) fn is_program(document: &Value) -> bool {
    document.get("earning").is_some() && document.get("tiers").is_some()
}

pub(super) fn run(args: &PublishArgs, profile: &Profile, document: &[u8]) -> Result<(), CliError> {
    let text = std::str::from_utf8(document).map_err(cli_error)?;
    let program = Program::parse(text).map_err(|mistakes| invalid(&args.file, &mistakes))?;
    eprintln!(
        "{}: {} rules, {} multipliers, {} tiers, {} rewards",
        program.title,
        program.earning.rules.len(),
        program.earning.multipliers.len(),
        program.tiers().count(),
        program.rewards.len()
    );
    let staff = Staff { profile, token: args.staff_token.as_deref() };
    if args.dry_run {
        return dry_run(staff, document);
    }
    println!("{}", staff.put(PATH, document, PLAIN)?.expect_success()?);
    Ok(())
}

fn dry_run(staff: Staff<'_>, document: &[u8]) -> Result<(), CliError> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut path = format!("{PATH}?dry_run=true");
    for _ in 0..PAGES_MAX {
        let page = staff.put(&path, document, PLAIN)?.expect_success()?;
        let page: Value = serde_json::from_str(&page).map_err(cli_error)?;
        for customer in page["customers"].as_array().into_iter().flatten() {
            let id = customer["customer_id"].as_str().unwrap_or_default().to_owned();
            sums.entry(id).or_default().add(customer);
        }
        let Some(next) = page["next"].as_str() else {
            print(&sums);
            return Ok(());
        };
        path = format!("{PATH}?dry_run=true&cursor={next}");
    }
    print(&sums);
    Err(cli_error(format!("the sums are of {PAGES_MAX} pages; older orders were not evaluated")))
}

fn print(sums: &BTreeMap<String, Sum>) {
    println!(
        "{:>20} {:>8} {:>12} {:>12} {:>12}",
        "customer", "orders", "points", "instead", "more"
    );
    for (customer, Sum { orders, points, instead, failures }) in sums {
        let more = instead - points;
        println!("{customer:>20} {orders:>8} {points:>12} {instead:>12} {more:>+12}");
        if *failures > 0 {
            eprintln!("warning: a rule fails on {failures} orders of customer {customer}");
        }
    }
    let all = |of: fn(&Sum) -> i64| sums.values().map(of).sum::<i64>();
    let (points, instead) = (all(|sum| sum.points), all(|sum| sum.instead));
    let (orders, more) = (all(|sum| sum.orders), instead - points);
    println!("{:>20} {orders:>8} {points:>12} {instead:>12} {more:>+12}", "all");
}

// === impl Sum ===

impl Sum {
    fn add(&mut self, customer: &Value) {
        let number = |key: &str| customer[key].as_i64().unwrap_or_default();
        self.orders += number("orders");
        self.points += number("points");
        self.instead += number("instead");
        self.failures += number("failures");
    }
}
