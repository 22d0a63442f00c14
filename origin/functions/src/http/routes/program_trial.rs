//! `PUT /v1/admin/loyalty/program?dry_run=true`: the points a program would have given for past
//! orders, per customer. Nothing is written.

use std::sync::Arc;

use axum::extract::OptionalFromRequestParts;
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{DRY_RUN_HORIZON_DAYS, Difference, OrderHistory as _, PastOrder, Program};
use edge_wire::grammar::is_shopify_id;
use edge_wire::problem::Code;
use edge_wire::query::parse;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// A request for a dry run.
pub(crate) struct TrialRequest {
    before: PastOrder,
    now: Time,
}

/// The points a program would have given for some past orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialBody {
    /// By customer; guests have none.
    customers: Vec<TrialCustomerBody>,
    /// Send it as `cursor` for older orders; null at the end, a year back.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TrialCustomerBody {
    customer_id: String,
    /// The number of orders.
    orders: u64,
    /// The points they give now, without refunded ones.
    points: i64,
    /// The points they would give.
    instead: i64,
    /// `instead` minus `points`.
    difference: i64,
    /// The number of these orders on which a rule fails.
    failures: u64,
}

/// Only a query with `dry_run=true` asks for a dry run.
impl OptionalFromRequestParts<Arc<Shop>> for TrialRequest {
    type Rejection = HttpProblem;

    async fn from_request_parts(
        parts: &mut Parts,
        shop: &Arc<Shop>,
    ) -> Result<Option<Self>, HttpProblem> {
        Self::read(parts.uri.query().unwrap_or_default(), shop.clock.now())
    }
}

// === impl TrialRequest ===

impl TrialRequest {
    fn read(query: &str, now: Time) -> Result<Option<Self>, HttpProblem> {
        let malformed = |name: &str, message: &str| {
            HttpProblem::new(Code::ParameterInvalid, "Send `dry_run=true`, and `next` as `cursor`.")
                .at(format!("query:{name}"), message)
        };
        let pairs = parse(query).map_err(|_| malformed("dry_run", "is not form data"))?;
        let find = |parameter: &str| {
            pairs.iter().find(|(name, _)| name == parameter).map(|(_, value)| value.as_ref())
        };
        let (dry_run, cursor) = (find("dry_run"), find("cursor"));
        let before = match cursor {
            None => PastOrder { at: now.plus_ms(1), order: String::new() },
            Some(cursor) => position(cursor)
                .ok_or_else(|| malformed("cursor", "is not a cursor of a dry run"))?,
        };
        match dry_run {
            Some("true") => Ok(Some(Self { before, now })),
            None | Some("false") if cursor.is_none() => Ok(None),
            None | Some("false") => Err(malformed("cursor", "needs `dry_run=true`")),
            Some(_) => Err(malformed("dry_run", "must be true or false")),
        }
    }
}

/// Runs a trial.
pub(super) async fn run_trial(
    shop: &Shop,
    program: &Program,
    trial: &TrialRequest,
) -> Result<TrialBody, HttpProblem> {
    let past = shop.order_history.past_orders(&trial.before).await?;
    let differences = program.instead(&past.orders).map_err(|error| {
        HttpProblem::new(Code::ProgramInvalid, "The program can't be applied to a past order.")
            .at("/earning", error.to_string())
    })?;
    let horizon = trial.now.minus_ms(u64::from(DRY_RUN_HORIZON_DAYS) * DAY_MS);
    Ok(TrialBody {
        customers: differences.into_iter().map(TrialCustomerBody::of).collect(),
        next: (past.next.at > horizon).then(|| cursor(&past.next)),
    })
}

// === impl TrialCustomerBody ===

impl TrialCustomerBody {
    fn of((customer_id, difference): (String, Difference)) -> Self {
        let Difference { orders, given, instead, failures } = difference;
        Self {
            customer_id,
            orders,
            points: given.0,
            instead: instead.0,
            difference: instead.minus(given).0,
            failures,
        }
    }
}

/// Encodes a position as a cursor: milliseconds and order id.
fn cursor(position: &PastOrder) -> String {
    format!("{}-{}", position.at.0, position.order)
}

fn position(cursor: &str) -> Option<PastOrder> {
    let (at, order) = cursor.split_once('-')?;
    // Before the first order of a day there is no id.
    let is_id = order.is_empty() || is_shopify_id(order);
    let at = at.parse().ok().map(Time)?;
    is_id.then(|| PastOrder { at, order: order.to_owned() })
}
