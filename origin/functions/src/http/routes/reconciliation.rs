//! `/v1/admin/reconciliation`: the ledger compared with the store's orders, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain_core::time::{DAY_MS, SECOND_MS, Time};
use domain_loyalty::{Missing, ReconciliationStore as _};
use domain_staff::AuditLog as _;
use edge_wire::problem::Code;
use origin_shopify::TokenStore as _;
use origin_shopify::admin_api::AdminError;
use origin_shopify::orders::ORDERS_DAYS_MAX;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::reconciliation::{ReconcileError, Reconciler};
use crate::runtime::shop::Shop;

/// How long one page may take: less than the function's 30 seconds.
const PAGE_MS_MAX: u64 = 25 * SECOND_MS;
/// Longest cursor; Shopify's have less than 200 bytes.
const CURSOR_BYTES_MAX: usize = 1_024;
/// The scope without which Shopify has only the orders of [`ORDERS_DAYS_MAX`] days.
const ALL_ORDERS: &str = "read_all_orders";

/// Which orders are compared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reconcile {
    /// RFC 3339: orders that changed since then.
    since: String,
    /// `next` of the page before.
    after: Option<String>,
    /// `false` publishes what is missing, and the ledger has it seconds later. `true` only says what
    /// that is.
    dry_run: bool,
}

/// One page of orders, compared.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReconciledBody {
    /// How many orders were compared.
    orders: usize,
    /// By customer, what the ledger lacks.
    customers: Vec<CustomerDifferenceBody>,
    /// Orders of guests of which facts are missing; they move no points.
    guests: Vec<String>,
    /// Orders that can't be absorbed.
    rejected: Vec<RejectedOrderBody>,
    /// Send it as `after` for the next page; null at the end.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerDifferenceBody {
    customer_id: String,
    /// Their orders of which facts are missing.
    orders: Vec<OrderDifferenceBody>,
    /// Their points now, those included that are not available yet.
    points_before: i64,
    /// The same with what is missing.
    points_after: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderDifferenceBody {
    order_id: String,
    /// The points that the missing facts move.
    points: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectedOrderBody {
    order_id: String,
    reason: String,
}

/// Where the nightly reconciliation stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReconciliationBody {
    /// RFC 3339: changes of orders before that are in the ledger; null before the first run.
    complete_until: Option<String>,
    /// RFC 3339: when the latest run finished.
    finished_at: Option<String>,
    /// How many facts it found missing, each a webhook that was lost.
    missing: u64,
    /// Whether a run is under way.
    running: bool,
    /// RFC 3339: since when Shopify denies the app the customers of orders. Until access to protected
    /// customer data is approved in the Partner Dashboard, orders earn no points.
    customers_denied_since: Option<String>,
}

/// Where the nightly reconciliation stands.
#[utoipa::path(get, path = "/v1/admin/reconciliation", tag = "admin",
    responses((status = 200, body = ReconciliationBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ReconcileOrders>,
) -> Result<Json<ReconciliationBody>, HttpProblem> {
    let item = shop.reconciliation.load().await?;
    Ok(Json(ReconciliationBody {
        complete_until: item.complete_until.map(Time::to_rfc3339),
        finished_at: item.finished_at.map(Time::to_rfc3339),
        missing: item.missing,
        running: item.run.is_some(),
        customers_denied_since: item.denied_since.map(Time::to_rfc3339),
    }))
}

/// Compares a page of the store's orders with the ledger. Repeating it changes nothing.
#[utoipa::path(post, path = "/v1/admin/reconciliation", tag = "admin", request_body = Reconcile,
    responses((status = 200, body = ReconciledBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::ReconcileOrders>,
    JsonBody(request): JsonBody<Reconcile>,
) -> Result<Json<ReconciledBody>, HttpProblem> {
    let since = Time::from_rfc3339(&request.since).ok_or_else(|| {
        let detail = "Send a moment such as 2026-11-01T00:00:00Z.";
        HttpProblem::new(Code::Malformed, detail).at("/since", "is not RFC 3339")
    })?;
    if request.after.as_ref().is_some_and(|after| after.len() > CURSOR_BYTES_MAX) {
        let detail = "Send `next` of the page before.";
        return Err(HttpProblem::new(Code::Malformed, detail).at("/after", "is too long"));
    }
    let reconciler = reconciler(&shop)?;
    check_reach(&shop, since).await?;
    let until = shop.clock.now().plus_ms(PAGE_MS_MAX);
    let reader = reconciler.reader(until).await?;
    let page = reconciler.compare(&reader, (since, request.after), until).await;
    let page = page.map_err(|error| match &error {
        ReconcileError::Shopify(shopify) if shopify.is_invalid_cursor() => {
            let detail = "Send `next` of the page before.";
            HttpProblem::new(Code::Malformed, detail).at("/after", "is no cursor of this list")
        }
        _ => error.into(),
    })?;
    if !request.dry_run {
        // Before the change: a crash between the two must not leave facts that the log does not
        // explain.
        let detail = format!("{} facts of {} orders", page.missing.payloads.len(), page.orders);
        shop.staff.append(&staff.act(&shop).entry("reconciliation", &detail)).await?;
        reconciler.publish(&page.missing).await?;
    }
    let (orders, next) = (page.orders, page.next);
    let (customers, guests, rejected) = bodies(page.missing);
    Ok(Json(ReconciledBody { orders, customers, guests, rejected, next }))
}

fn reconciler(shop: &Shop) -> Result<&Reconciler, HttpProblem> {
    shop.reconciler.as_ref().ok_or_else(|| {
        let detail = "This deployment has no Shopify app: its secret has no client id.";
        HttpProblem::new(Code::Unavailable, detail)
    })
}

/// Shopify leaves out older orders without saying so.
async fn check_reach(shop: &Shop, since: Time) -> Result<(), HttpProblem> {
    if since >= shop.clock.now().minus_ms(ORDERS_DAYS_MAX * DAY_MS) {
        return Ok(());
    }
    let item = shop.stored_tokens.load().await?.unwrap_or_default();
    let scopes = item.pair.map(|pair| pair.scope).unwrap_or_default();
    if scopes.split(',').any(|scope| scope.trim() == ALL_ORDERS) {
        return Ok(());
    }
    let detail = format!(
        "Without the scope {ALL_ORDERS} Shopify has only the orders of the last \
         {ORDERS_DAYS_MAX} days. Request the scope from Shopify, or send a later moment."
    );
    Err(HttpProblem::new(Code::ShopifyAccessDenied, detail)
        .at("/since", format!("is more than {ORDERS_DAYS_MAX} days ago")))
}

/// Customers, guests and rejected orders as answers name them.
pub(super) fn bodies(
    missing: Missing,
) -> (Vec<CustomerDifferenceBody>, Vec<String>, Vec<RejectedOrderBody>) {
    let customers = missing.customers.into_iter().map(|(customer_id, difference)| {
        let orders = difference.orders.into_iter();
        CustomerDifferenceBody {
            customer_id,
            orders: orders
                .map(|(order_id, points)| OrderDifferenceBody { order_id, points: points.0 })
                .collect(),
            points_before: difference.points_before.0,
            points_after: difference.points_after.0,
        }
    });
    let rejected = missing.rejected.into_iter();
    let rejected = rejected.map(|(order_id, reason)| RejectedOrderBody { order_id, reason });
    (customers.collect(), missing.guests, rejected.collect())
}

impl From<ReconcileError> for HttpProblem {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Shopify(error) => error.into(),
            ReconcileError::Port(error) => error.into(),
        }
    }
}

impl From<AdminError> for HttpProblem {
    fn from(error: AdminError) -> Self {
        tracing::warn!(%error, "a call of the Admin API failed");
        match &error {
            AdminError::Uninstalled(_) => {
                let detail = "The shop does not have the app. Open the admin, or install it again.";
                Self::new(Code::ShopifyAccessDenied, detail)
            }
            AdminError::TokenRefused => {
                let detail =
                    "Shopify refuses the app's tokens. Open the admin, which gets new ones.";
                Self::new(Code::ShopifyAccessDenied, detail)
            }
            error if error.is_shop_closed() => {
                let detail = "Shopify does not serve this shop: it is frozen, locked or closed. Its \
                              owner sees why in Shopify's admin.";
                Self::new(Code::ShopifyAccessDenied, detail)
            }
            AdminError::Throttled { wait_ms } => {
                Self::new(Code::Unavailable, "Shopify throttles the app.").retry_after_ms(*wait_ms)
            }
            error if error.is_access_denied() => {
                let detail = "Shopify does not let the app read this: check its scopes, and that \
                              access to protected customer data is approved in the Partner Dashboard.";
                Self::new(Code::ShopifyAccessDenied, detail)
            }
            error if error.is_retryable() => {
                Self::new(Code::Unavailable, "Shopify did not answer. Send the same again shortly.")
            }
            error => Self::new(Code::Internal, error.to_string()),
        }
    }
}
