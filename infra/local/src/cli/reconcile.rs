//! `forecourt reconcile`: compares the ledger with the store's orders, page by page, and prints the
//! difference per customer.

use std::collections::BTreeMap;

use domain_core::time::{DAY_MS, Time};
use serde_json::{Value, json};

use super::args::ReconcileArgs;
use super::http::send;
use super::{CliError, cli_error};
use crate::profile::Profile;

const PATH: &str = "/v1/admin/reconciliation";
/// Where a reconciliation begins without `--since`: the nightly reconciliation covers older orders.
const DAYS_DEFAULT: u64 = 7;
/// Most pages of one command: at ten orders each, a hundred thousand orders.
const PAGES_MAX: usize = 10_000;

/// What the ledger lacks, of all pages.
#[derive(Debug, Default)]
struct Difference {
    orders: u64,
    customers: BTreeMap<String, Customer>,
    guests: u64,
    rejected: Vec<(String, String)>,
}

/// What it lacks of one customer.
#[derive(Debug)]
struct Customer {
    orders: BTreeMap<String, i64>,
    points_before: i64,
}

pub(super) fn run(args: &ReconcileArgs, profile: &Profile, now: Time) -> Result<(), CliError> {
    let since = match &args.since {
        Some(text) => moment(text)?,
        None => now.minus_ms(DAYS_DEFAULT * DAY_MS),
    };
    let url = format!("{}{PATH}", profile.url());
    let token = args.staff_token.clone().map_or_else(|| profile.staff_token(), Ok);
    let bearer = format!("Bearer {}", token.map_err(cli_error)?);
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let mut difference = Difference::default();
    let mut after = Value::Null;
    for _ in 0..PAGES_MAX {
        let body = json!({"since": since.to_rfc3339(), "after": after, "dry_run": args.dry_run});
        let answer = send("POST", &url, &headers, body.to_string().as_bytes())?.expect_success()?;
        let page: Value = serde_json::from_str(&answer).map_err(cli_error)?;
        difference.add(&page);
        after = page["next"].clone();
        if after.is_null() {
            difference.print(args.dry_run);
            return Ok(());
        }
    }
    difference.print(args.dry_run);
    Err(CliError("there are more orders: begin again with a later --since".to_owned()))
}

/// A day or a moment.
fn moment(text: &str) -> Result<Time, CliError> {
    let day = format!("{text}T00:00:00Z");
    Time::from_rfc3339(text).or_else(|| Time::from_rfc3339(&day)).ok_or_else(|| {
        CliError(format!("--since {text}: give a day or a moment such as 2026-11-01T08:00:00Z"))
    })
}

// === impl Difference ===

impl Difference {
    fn add(&mut self, page: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let number = |value: &Value| value.as_i64().unwrap_or_default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        self.orders += page["orders"].as_u64().unwrap_or_default();
        self.guests += list(&page["guests"]).len() as u64;
        for customer in list(&page["customers"]) {
            let points_before = number(&customer["points_before"]);
            let entry = self.customers.entry(text(&customer["customer_id"]));
            let entry = entry.or_insert(Customer { orders: BTreeMap::new(), points_before });
            for order in list(&customer["orders"]) {
                *entry.orders.entry(text(&order["order_id"])).or_default() +=
                    number(&order["points"]);
            }
        }
        let rejected = list(&page["rejected"]).into_iter();
        self.rejected
            .extend(rejected.map(|order| (text(&order["order_id"]), text(&order["reason"]))));
    }

    fn print(&self, is_dry_run: bool) {
        println!(
            "{:>20} {:>8} {:>12} {:>12} {:>12}",
            "customer", "orders", "before", "after", "more"
        );
        for (customer, Customer { orders, points_before }) in &self.customers {
            let more: i64 = orders.values().sum();
            let (count, after) = (orders.len(), points_before + more);
            println!("{customer:>20} {count:>8} {points_before:>12} {after:>12} {more:>+12}");
            for (order, points) in orders {
                println!("{:>20} {order} {points:+}", "");
            }
        }
        let missing: usize = self.customers.values().map(|customer| customer.orders.len()).sum();
        let what = if is_dry_run { "nothing was written" } else { "what was missing is absorbed" };
        println!(
            "{} orders compared; the ledger lacks {missing} of customers and {} of guests; {what}",
            self.orders, self.guests
        );
        for (order, reason) in &self.rejected {
            eprintln!("warning: order {order} can't be absorbed: {reason}");
        }
    }
}
