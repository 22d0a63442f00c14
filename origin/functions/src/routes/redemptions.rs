//! `POST /v1/loyalty/redemptions` and `GET /v1/loyalty/redemptions/{id}`: points for a reward.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use edge_wire::headers::BOOKMARK;
use edge_wire::problem::Code;
use edge_wire::resource::Resource;
use http::{HeaderMap, StatusCode};
use origin_domain::bookmark::{Bookmark, Pending};
use origin_domain::id::CommandId;
use origin_domain::idempotency::Fingerprint;
use origin_domain::loyalty::{
    self, Accounts as _, LoyaltyRecord, Points, Program, Reading, Redemption, RewardCode, Standing,
    View, Wanting, view,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cart_lines::idempotency_key;
use super::loyalty::BalanceBody;
use crate::body::{COMMAND_BYTES_MAX, expect_json, parse, read};
use crate::bookmarks::Shown;
use crate::caller::Customer;
use crate::finish::Freshness;
use crate::refused::Refused;
use crate::shop::Shop;

/// The reward wanted, and what the customer was told it costs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeem {
    /// The reward's id in the programme.
    reward: String,
    /// What it costs: nobody pays another price than the one they saw.
    points: i64,
}

/// A redemption, and the account with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RedemptionBody {
    id: String,
    /// `pending`, `confirmed`, `rejected` or `released`.
    status: &'static str,
    reward: String,
    points: i64,
    /// By which the reward is taken; once confirmed.
    code: Option<String>,
    /// RFC 3339.
    requested_at: String,
    balance: BalanceBody,
    /// Send it with the next request.
    bookmark: String,
    /// The bookmark was ahead of the table: start over from this answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
}

/// Holds points for a reward. The answer shows them held; whether they were there is decided on
/// the way.
#[utoipa::path(post, path = "/v1/loyalty/redemptions", tag = "loyalty", request_body = Redeem,
    params(("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)),
    responses((status = 202, body = RedemptionBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    Customer(customer): Customer,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, content) = request.into_parts();
    let key = idempotency_key(&parts.headers)?;
    let about = Resource::Loyalty(customer.clone());
    let shown = Shown::read(&shop.config.keys, &parts.headers, about)?;
    let bytes = read(&parts.headers, Body::new(content), COMMAND_BYTES_MAX).await?;
    expect_json(&parts.headers)?;
    let Redeem { reward, points } = parse(&bytes)?;
    let program = shop.program().await?;
    let asked = loyalty::Request {
        customer,
        key,
        fingerprint: Fingerprint::of(parts.method.as_str(), parts.uri.path(), &bytes),
        bookmark: shown.merged.clone(),
        now: shop.clock.now(),
    };
    let wanting = Wanting { reward, points: Points(points) };
    let accepted = shop.counter.redeem(&asked, &wanting, &program).await?;
    let told = Told { shop: &shop, shown: &shown, program: &program.program };
    let (body, bookmark) = told.body(accepted.view, &accepted.redemption)?;
    Ok((StatusCode::ACCEPTED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// What became of a redemption.
#[utoipa::path(get, path = "/v1/loyalty/redemptions/{id}", tag = "loyalty",
    params(("id" = String, Path), ("Forecourt-Bookmark" = Option<String>, Header)),
    responses((status = 200, body = RedemptionBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Customer(customer): Customer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shown = Shown::read(&shop.config.keys, &headers, Resource::Loyalty(customer.clone()))?;
    let program = shop.program().await?;
    let id = CommandId::from_hex(&id).ok_or_else(unknown)?;
    let pending: Vec<Pending> = shown.merged.pending.iter().copied().collect();
    let read = shop.ledger.read(&customer, shown.merged.floor, &pending).await?;
    let seen = view(&customer, &read, &shown.merged, shop.clock.now());
    let (seen, redemption) = match seen.redemption(id).cloned() {
        Some(redemption) => (seen, redemption),
        None => elsewhere(&shop, &customer, id, &shown.merged).await?.ok_or_else(unknown)?,
    };
    let told = Told { shop: &shop, shown: &shown, program: &program.program };
    let (body, bookmark) = told.body(seen, &redemption)?;
    Ok((Freshness::of(body.reset), [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// A redemption the account no longer holds, or that another device has just asked for.
async fn elsewhere(
    shop: &Shop,
    customer: &str,
    id: CommandId,
    bookmark: &Bookmark,
) -> Result<Option<(View, Redemption)>, Refused> {
    let pending: Vec<Pending> = bookmark.pending.iter().copied().collect();
    let (item, read) = shop.ledger.redemption(customer, id, &pending).await?;
    let seen = view(customer, &read, bookmark, shop.clock.now());
    let decided = item.filter(|item| item.customer == customer).map(|item| item.redemption);
    let is_asked = |record: &&LoyaltyRecord| record.command.id == id && record.customer == customer;
    let asked = read.records.iter().find(is_asked);
    let asked = asked.and_then(|record| record.command.redemption());
    let found = seen.redemption(id).cloned().or(decided).or(asked);
    Ok(found.map(|redemption| (seen, redemption)))
}

fn unknown() -> Refused {
    Refused::new(Code::RedemptionUnknown, "This customer has no redemption of this id.")
}

/// What an answer is told from.
struct Told<'a> {
    shop: &'a Shop,
    shown: &'a Shown,
    program: &'a Program,
}

// === impl Told ===

impl Told<'_> {
    /// The body of an answer, and the bookmark it repeats in a header.
    fn body(
        &self,
        view: View,
        redemption: &Redemption,
    ) -> Result<(RedemptionBody, String), Refused> {
        let reading = Reading { clock: self.shop.clock.now(), seen: self.shown.merged.moment };
        let standing = Standing::of(&view.account, self.program, reading);
        let bookmark = Bookmark { moment: standing.moment, ..view.bookmark };
        let bookmark = self.shown.reply(&self.shop.config.keys, &bookmark)?;
        let is_pending = view.pending.iter().any(|pending| pending.id == redemption.id);
        let status = if is_pending { "pending" } else { status(redemption) };
        let code = (status == "confirmed").then(|| RewardCode::of(redemption.id).to_string());
        let body = RedemptionBody {
            id: redemption.id.to_hex(),
            status,
            reward: redemption.reward.clone(),
            points: redemption.points.0,
            code,
            requested_at: redemption.time.to_rfc3339(),
            balance: standing.balance.into(),
            bookmark: bookmark.clone(),
            reset: view.reset,
        };
        Ok((body, bookmark))
    }
}

/// What a customer calls it: `held` is over in a moment and means no more to them than `pending`.
fn status(redemption: &Redemption) -> &'static str {
    use loyalty::State;
    match redemption.state {
        State::Requested | State::Held => "pending",
        State::Rejected => "rejected",
        State::Settled { .. } => "confirmed",
        State::Released { .. } | State::TimedOut { .. } => "released",
    }
}
