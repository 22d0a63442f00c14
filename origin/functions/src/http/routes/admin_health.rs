//! `GET /v1/admin/health`: what a merchant has to know about the running of the app.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain_loyalty::{DRY_RUN_DAYS_MAX, OrderHistory as _, PastOrder};
use serde::Serialize;
use utoipa::ToSchema;

use super::installation::{InstallationBody, current};
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// Fewest orders that say something about access to customer data: a shop has some guests.
const ORDERS_MIN: usize = 5;

/// What a merchant has to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminHealthBody {
    installation: InstallationBody,
    /// Null: nothing is published, and no customer earns points.
    program: Option<ProgramInEffectBody>,
    orders: OrdersBody,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProgramInEffectBody {
    title: String,
    version: String,
}

/// The newest paid orders of the last 31 days, at most 200.
#[derive(Debug, Serialize, ToSchema)]
struct OrdersBody {
    /// How many there are.
    examined: usize,
    /// RFC 3339: when the newest of them was placed.
    newest_at: Option<String>,
    /// How many name no customer: guests', or all if Shopify withholds customers.
    without_customer: usize,
    /// None of at least five orders names a customer: the app probably has no access to protected
    /// customer data, and no customer earns points.
    customers_withheld: bool,
}

/// Installation, program, and the newest orders.
#[utoipa::path(get, path = "/v1/admin/health", tag = "admin",
    responses((status = 200, body = AdminHealthBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewHealth>,
) -> Result<Json<AdminHealthBody>, HttpProblem> {
    let installation = current(&shop).await?;
    let program = shop.program_in_effect.in_effect().await?;
    let program = program.map(|active| ProgramInEffectBody {
        title: active.program.title.clone(),
        version: active.version.to_string(),
    });
    let now = PastOrder { at: shop.clock.now().plus_ms(1), order: String::new() };
    let past = shop.order_history.past_orders(&now).await?.orders;
    let orders = orders(past.iter().map(|(order, _)| &order.facts));
    Ok(Json(AdminHealthBody { installation, program, orders }))
}

fn orders<'a>(newest_first: impl Iterator<Item = &'a domain_loyalty::OrderFacts>) -> OrdersBody {
    let (mut examined, mut without_customer, mut newest_at) = (0, 0, None);
    for facts in newest_first {
        examined += 1;
        without_customer += usize::from(facts.account().is_none());
        newest_at = newest_at.max(facts.paid.as_ref().map(|paid| paid.at));
    }
    OrdersBody {
        examined,
        newest_at: newest_at.map(domain_core::time::Time::to_rfc3339),
        without_customer,
        customers_withheld: examined >= ORDERS_MIN && without_customer == examined,
    }
}

const _: () = assert!(DRY_RUN_DAYS_MAX == 31, "the documentation of OrdersBody says so");
