//! `PUT /v1/admin/loyalty/program?dry_run=true`: what a programme would have given for past orders,
//! customer by customer. Nothing is written.

use edge_wire::problem::Code;
use edge_wire::query::parse;
use origin_domain::loyalty::{
    DRY_RUN_HORIZON_DAYS, Difference, OrderHistory as _, PastOrder, Program,
};
use origin_domain::time::{DAY_MS, Time};
use serde::Serialize;
use utoipa::ToSchema;

use crate::refused::Refused;
use crate::shop::Shop;

/// A trial that was asked for.
pub(super) struct TrialAsked {
    before: PastOrder,
    now: Time,
}

/// What a programme would have given for some past orders.
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
    /// The orders looked at.
    orders: u64,
    /// What they are worth to the customer now, refunds taken back.
    points: i64,
    /// What they would be worth.
    instead: i64,
    /// By how much that is more.
    difference: i64,
    /// Of these orders, those on which a rule fails.
    failures: u64,
}

// === impl TrialAsked ===

impl TrialAsked {
    /// Reads what was asked; `None` without `dry_run=true`.
    pub(super) fn read(query: &str, now: Time) -> Result<Option<Self>, Refused> {
        let malformed = |name: &str, message: &str| {
            Refused::new(Code::ParameterInvalid, "Send `dry_run=true`, and `next` as `cursor`.")
                .at(format!("query:{name}"), message)
        };
        let pairs = parse(query).map_err(|_| malformed("dry_run", "can't be read"))?;
        let find = |wanted: &str| {
            pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_ref())
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
            None | Some("false") => Err(malformed("cursor", "belongs to a dry run")),
            Some(_) => Err(malformed("dry_run", "is neither true nor false")),
        }
    }
}

/// Answers a trial.
pub(super) async fn tried(
    shop: &Shop,
    program: &Program,
    asked: &TrialAsked,
) -> Result<TrialBody, Refused> {
    let past = shop.order_history.past_orders(&asked.before).await?;
    let differences = program.instead(&past.orders).map_err(|error| {
        Refused::new(Code::ProgramInvalid, "It can't be applied to a past order.")
            .at("/earning", error.to_string())
    })?;
    let horizon = asked.now.minus_ms(u64::from(DRY_RUN_HORIZON_DAYS) * DAY_MS);
    Ok(TrialBody {
        customers: differences.into_iter().map(TrialCustomerBody::of).collect(),
        next: (past.next.at > horizon).then(|| written(&past.next)),
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

/// A position as a cursor: milliseconds and order id.
fn written(position: &PastOrder) -> String {
    format!("{}-{}", position.at.0, position.order)
}

fn position(cursor: &str) -> Option<PastOrder> {
    let (at, order) = cursor.split_once('-')?;
    let is_id = order.bytes().all(|byte| byte.is_ascii_digit());
    let at = at.parse().ok().map(Time)?;
    is_id.then(|| PastOrder { at, order: order.to_owned() })
}
