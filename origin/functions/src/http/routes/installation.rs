//! `/v1/admin/installation`: whether the app may act for its shop at Shopify, and obtaining the
//! tokens for that when a person opens the admin.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain_core::event::Events as _;
use domain_core::time::Time;
use domain_loyalty::CodesRanLow;
use domain_staff::AuditLog as _;
use edge_wire::id_token::ID_TOKEN_BYTES_MAX;
use edge_wire::problem::Code;
use origin_shopify::{LossReason, Lost, Plan, TokenError, TokenStore as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// Whether the app may act for its shop.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct InstallationBody {
    /// `installed`, `not_installed`, or `needs_reinstall`: someone has to open the admin, after
    /// installing the app again if it was uninstalled.
    state: &'static str,
    /// The scopes that were granted.
    scopes: Vec<String>,
    /// RFC 3339: since when the tokens are lost.
    since: Option<String>,
    /// Why they are: `revoked`, `expired` or `uninstalled`.
    #[schema(value_type = Option<String>)]
    reason: Option<LossReason>,
}

/// The proof that Shopify lets the app act.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Install {
    /// A new ID token of App Bridge, at most 2 KB. It is sent to Shopify and stored nowhere.
    id_token: String,
}

/// Whether the app may act for its shop.
#[utoipa::path(get, path = "/v1/admin/installation", tag = "admin",
    responses((status = 200, body = InstallationBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::Install>,
) -> Result<Json<InstallationBody>, HttpProblem> {
    current(&shop).await.map(Json)
}

/// Obtains the shop's tokens, if there are none that work. Repeating it changes nothing.
#[utoipa::path(post, path = "/v1/admin/installation", tag = "admin", request_body = Install,
    responses((status = 200, body = InstallationBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::Install>,
    JsonBody(Install { id_token }): JsonBody<Install>,
) -> Result<Json<InstallationBody>, HttpProblem> {
    if id_token.len() > ID_TOKEN_BYTES_MAX {
        let detail = format!("An ID token has at most {ID_TOKEN_BYTES_MAX} bytes.");
        return Err(HttpProblem::new(Code::Malformed, detail).at("/id_token", "is too long"));
    }
    let shopify = shop.shopify.as_ref().ok_or_else(|| {
        let detail = "This deployment has no Shopify app: its secret has no client id.";
        HttpProblem::new(Code::Unavailable, detail)
    })?;
    let stored = shop.stored_tokens.load().await?.unwrap_or_default();
    if !matches!(stored.plan(shop.clock.now(), None), Plan::Use(_) | Plan::RefreshEarly(_)) {
        // Before the change: a crash between the two must not leave tokens that the log does not
        // explain. So the log also has the attempts that Shopify refused.
        shop.staff.append(&staff.act(&shop).entry("installation", "")).await?;
        // From now on rewards need codes of Shopify's.
        shop.events.publish(&[CodesRanLow::default().to_event()]).await?;
    }
    shopify.tokens.install(&id_token).await?;
    current(&shop).await.map(Json)
}

pub(super) async fn current(shop: &Shop) -> Result<InstallationBody, HttpProblem> {
    let item = shop.stored_tokens.load().await?.unwrap_or_default();
    Ok(match item.plan(shop.clock.now(), None) {
        Plan::Use(pair) | Plan::RefreshEarly(pair) | Plan::Refresh(pair) => {
            let scopes = pair.scope.split(',').filter(|scope| !scope.is_empty());
            let scopes = scopes.map(str::to_owned).collect();
            InstallationBody { state: "installed", scopes, ..InstallationBody::default() }
        }
        Plan::NotInstalled => {
            InstallationBody { state: "not_installed", ..InstallationBody::default() }
        }
        Plan::Expired => lost(None, LossReason::Expired),
        Plan::NeedsReinstall(Lost { at, reason }) => lost(Some(at), reason),
    })
}

fn lost(since: Option<Time>, reason: LossReason) -> InstallationBody {
    let since = since.map(Time::to_rfc3339);
    let state = "needs_reinstall";
    InstallationBody { state, since, reason: Some(reason), ..InstallationBody::default() }
}

impl From<TokenError> for HttpProblem {
    fn from(error: TokenError) -> Self {
        tracing::warn!(%error, "no tokens were obtained");
        match error {
            TokenError::Subject => {
                let detail = "Get a new ID token from App Bridge and send it at once.";
                Self::new(Code::TokenInvalid, detail).at("/id_token", "Shopify does not accept it")
            }
            TokenError::NotInstalled | TokenError::NeedsReinstall(_) => {
                let detail = "Shopify says that the shop does not have the app. Install it again.";
                Self::new(Code::Unavailable, detail)
            }
            TokenError::App(code) => {
                let detail = format!("Shopify refuses the app ({code}): check its client secret.");
                Self::new(Code::Internal, detail)
            }
            TokenError::Unavailable(_) => {
                Self::new(Code::Unavailable, "Shopify did not answer. Send the same again shortly.")
            }
        }
    }
}
