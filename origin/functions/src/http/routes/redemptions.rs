//! `POST /v1/loyalty/redemptions` and `GET /v1/loyalty/redemptions/{id}`: points for a reward.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_core::bookmark::Bookmark;
use domain_core::id::CommandId;
use domain_core::resource::Answer;
use domain_loyalty::{
    Account, CodePools as _, Points, Program, Reading, Redemption, RewardCode, RewardRequest,
    Standing, read_redemption, redeem,
};
use edge_wire::headers::BOOKMARK;
use edge_wire::problem::Code;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::loyalty::BalanceBody;
use crate::http::body::JsonBody;
use crate::http::bookmarks::{Client, ClientView};
use crate::http::caller::Customer;
use crate::http::command::{Command, Envelope};
use crate::http::http_problem::HttpProblem;
use crate::http::response_policy::Freshness;
use crate::http::sent_id::SentId;
use crate::runtime::shop::Shop;

/// The reward, and the price that the customer saw.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeem {
    /// The reward's id in the program.
    #[schema(value_type = String)]
    reward: SentId,
    /// Its price: a customer never pays another price than the one they saw.
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
    /// The code to use the reward with; once confirmed. It is valid then.
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

/// Holds points for a reward. The answer shows them as held; the consumer decides later whether
/// they are available.
#[utoipa::path(post, path = "/v1/loyalty/redemptions", tag = "loyalty", request_body = Redeem,
    responses((status = 202, body = RedemptionBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    Command { envelope, body, .. }: Command<Customer, JsonBody<Redeem>>,
) -> Result<Response, HttpProblem> {
    let JsonBody(Redeem { reward: SentId(reward), points }) = body;
    let Envelope { request, view: client } = envelope;
    let program = shop.program().await?;
    let reward = RewardRequest { reward, points: Points(points) };
    let accepted = redeem(&shop.loyalty_commands, &request, &reward, &program).await?;
    let reply = RedemptionReply { shop: &shop, client: &client, program: &program.program };
    let (body, bookmark) = reply.body(accepted.answer, &accepted.redemption).await?;
    Ok((StatusCode::ACCEPTED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// The state of a redemption.
#[utoipa::path(get, path = "/v1/loyalty/redemptions/{id}", tag = "loyalty",
    params(("id" = String, Path)),
    responses((status = 200, body = RedemptionBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    Client { holder: Customer(customer), view: client }: Client<Customer>,
) -> Result<Response, HttpProblem> {
    let program = shop.program().await?;
    let id = CommandId::from_hex(&id).ok_or_else(unknown)?;
    let answer = client.answer(&shop.ledger, &customer, &shop.clock).await?;
    let (answer, redemption) = match answer.view.redemption(id).cloned() {
        Some(redemption) => (answer, redemption),
        None => read_decided(&shop, &customer, id, &client.merged).await?.ok_or_else(unknown)?,
    };
    let reply = RedemptionReply { shop: &shop, client: &client, program: &program.program };
    let (body, bookmark) = reply.body(answer, &redemption).await?;
    Ok((Freshness::of(body.reset), [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// A redemption that the account no longer holds, or that another device has just requested.
async fn read_decided(
    shop: &Shop,
    customer: &str,
    id: CommandId,
    bookmark: &Bookmark,
) -> Result<Option<(Answer<Account>, Redemption)>, HttpProblem> {
    let (redemption, read) = read_redemption(&shop.ledger, customer, id, bookmark).await?;
    let answer = read.answer(bookmark, shop.clock.now())?;
    let redemption = answer.view.redemption(id).cloned().or(redemption);
    Ok(redemption.map(|redemption| (answer, redemption)))
}

fn unknown() -> HttpProblem {
    HttpProblem::new(Code::RedemptionUnknown, "This customer has no redemption with this id.")
}

/// The inputs of an answer.
struct RedemptionReply<'a> {
    shop: &'a Shop,
    client: &'a ClientView,
    program: &'a Program,
}

// === impl RedemptionReply ===

impl RedemptionReply<'_> {
    /// The body of an answer, and the bookmark it repeats in a header.
    async fn body(
        &self,
        answer: Answer<Account>,
        redemption: &Redemption,
    ) -> Result<(RedemptionBody, String), HttpProblem> {
        let reading = Reading { clock: self.shop.clock.now(), seen: self.client.merged.moment };
        let standing = Standing::of(&answer.view.account, self.program, reading);
        let bookmark = Bookmark { moment: standing.moment, ..answer.bookmark };
        let bookmark = self.client.reply(&self.shop.config.keys, &bookmark)?;
        let is_pending = answer.view.pending.iter().any(|pending| pending.id == redemption.id);
        let status = if is_pending { "pending" } else { status(redemption) };
        let code = match status {
            "confirmed" => self.code(redemption).await?,
            _ => None,
        };
        let body = RedemptionBody {
            id: redemption.id.to_hex(),
            status,
            reward: redemption.reward.clone(),
            points: redemption.points.0,
            code: code.map(|code| code.to_string()),
            requested_at: redemption.time.to_rfc3339(),
            balance: standing.balance.into(),
            bookmark: bookmark.clone(),
            reset: answer.reset,
        };
        Ok((body, bookmark))
    }

    /// The code of a settled redemption; `None` if the table was restored from before the shop's first
    /// code, since only the seed knows it.
    async fn code(&self, redemption: &Redemption) -> Result<Option<RewardCode>, HttpProblem> {
        match &redemption.slot {
            None => Ok(Some(RewardCode::of(redemption.id))),
            Some(slot) => {
                let seed = self.shop.pools.seed().await?;
                Ok(seed.map(|seed| RewardCode::in_pool(&seed, slot)))
            }
        }
    }
}

/// The status that a customer sees: `held` is brief and means no more to them than `pending`.
pub(super) fn status(redemption: &Redemption) -> &'static str {
    use domain_loyalty::State;
    match redemption.state {
        State::Requested | State::Held => "pending",
        State::Rejected => "rejected",
        State::Settled { .. } => "confirmed",
        State::Released { .. } | State::TimedOut { .. } => "released",
    }
}
