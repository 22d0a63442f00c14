//! `PUT`/`GET /v1/admin/loyalty/program`, its versions, and going back to one: publishing what
//! customers are promised. Refused with every mistake listed; `If-Match` guards a lost race.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::{IntoResponse, Response};
use edge_wire::problem::Code;
use edge_wire::query::parse;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName};
use origin_domain::configurator::Mistake;
use origin_domain::event::Events as _;
use origin_domain::loyalty::{
    self, Activation, Asked, DOCUMENT_BYTES_MAX, HISTORY_MAX, Program, ProgramEvent,
    ProgramPublication, ProgramShelf as _,
};
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::admin::{etag, expected};
use super::program_trial::{TrialAsked, TrialBody, tried};
use crate::body::{expect_json, read};
use crate::caller::Staff;
use crate::refused::Refused;
use crate::shop::Shop;

/// A version of the programme that applies, or soon will.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramPublishedBody {
    version: String,
    /// RFC 3339: orders placed from then on count under it.
    active_from: String,
}

/// What became of a programme that was sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ProgramSentBody {
    /// It was published.
    Published(ProgramPublishedBody),
    /// It was tried.
    Tried(TrialBody),
}

/// What applied when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramVersionsBody {
    /// Newest first: each publication and each return to an earlier version.
    versions: Vec<ProgramActivationBody>,
    /// Send it as `cursor` for what is older; null at the end.
    next: Option<String>,
}

/// One version, from a moment on.
#[derive(Debug, Serialize, ToSchema)]
struct ProgramActivationBody {
    version: String,
    /// RFC 3339.
    active_from: String,
    /// Whether orders placed now count under it.
    active: bool,
}

/// The newest document, as it was published.
#[utoipa::path(get, path = "/v1/admin/loyalty/program", tag = "admin",
    responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn show(State(shop): State<Arc<Shop>>, _: Staff) -> Result<Response, Refused> {
    let newest = loyalty::newest(&shop.programs).await?.ok_or_else(nothing_published)?;
    let document = shop.programs.document(newest.version).await?.ok_or_else(nothing_published)?;
    let headers = [(ETAG, etag(newest.number)), (CONTENT_TYPE, "application/json".to_owned())];
    Ok((headers, document).into_response())
}

/// Publishes a programme, or tells what it would have given for past orders.
#[utoipa::path(put, path = "/v1/admin/loyalty/program", tag = "admin",
    params(("dry_run" = Option<bool>, Query, description = "change nothing: tell the difference"),
        ("cursor" = Option<String>, Query, description = "`next` of the dry run before"),
        ("If-Match" = Option<String>, Header)),
    request_body = serde_json::Value, responses((status = 200, body = ProgramSentBody)))]
pub(crate) async fn publish(
    State(shop): State<Arc<Shop>>,
    _: Staff,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, content) = request.into_parts();
    expect_json(&parts.headers)?;
    let expected = expected(&parts.headers)?;
    let trial = TrialAsked::read(query.as_deref().unwrap_or_default(), shop.clock.now())?;
    let sent = read(&parts.headers, Body::new(content), DOCUMENT_BYTES_MAX).await?;
    let document = String::from_utf8(sent.into())
        .map_err(|_| Refused::new(Code::Malformed, "The body is not UTF-8."))?;
    let program = checked(&shop, &document).await?;
    if let Some(trial) = trial {
        let tried = tried(&shop, &program, &trial).await?;
        return Ok(Json(ProgramSentBody::Tried(tried)).into_response());
    }
    let asked = Asked { expected, now: shop.clock.now() };
    let publication = loyalty::publish(&shop.programs, &document, asked).await?;
    let (tag, body) = published(&shop, publication).await?;
    Ok((tag, Json(ProgramSentBody::Published(body))).into_response())
}

/// What applied when, newest first.
#[utoipa::path(get, path = "/v1/admin/loyalty/program/versions", tag = "admin",
    params(("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = ProgramVersionsBody)))]
pub(crate) async fn versions(
    State(shop): State<Arc<Shop>>,
    _: Staff,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let before = cursor(query.as_deref().unwrap_or_default())?;
    let history = shop.programs.history(before, HISTORY_MAX).await?;
    let now = shop.clock.now();
    let is_first_page = before.is_none();
    let in_effect = history.iter().position(|activation| activation.active_from <= now);
    let active = |index| is_first_page && in_effect == Some(index);
    let versions = history.iter().enumerate().map(|(index, activation)| ProgramActivationBody {
        version: activation.version.to_string(),
        active_from: activation.active_from.to_rfc3339(),
        active: active(index),
    });
    let last = history.last().filter(|_| history.len() == HISTORY_MAX);
    let body = ProgramVersionsBody {
        versions: versions.collect(),
        next: last.map(|last| last.number.to_string()),
    };
    Ok(Json(body).into_response())
}

/// Makes an earlier version apply again, from soon on.
#[utoipa::path(post, path = "/v1/admin/loyalty/program/versions/{version}/activate", tag = "admin",
    params(("version" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = ProgramPublishedBody)))]
pub(crate) async fn activate(
    State(shop): State<Arc<Shop>>,
    _: Staff,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let asked = Asked { expected: expected(&headers)?, now: shop.clock.now() };
    let Ok(version) = version.parse() else { return Err(version_unknown()) };
    let publication = loyalty::activate(&shop.programs, version, asked).await?;
    let (tag, body) = published(&shop, publication).await?;
    Ok((tag, Json(body)).into_response())
}

/// Reads a programme beside other requests: fifty rules take some milliseconds.
async fn checked(shop: &Shop, document: &str) -> Result<Program, Refused> {
    let (document, currency) = (document.to_owned(), shop.config.currency.clone());
    let checked = spawn_blocking(move || {
        let program = Program::parse(&document)?;
        if program.currency == currency {
            return Ok(program);
        }
        let message = format!("the shop's currency is {currency}");
        Err(vec![Mistake { field: "/currency".to_owned(), message }])
    });
    let checked =
        checked.await.map_err(|_| Refused::new(Code::Internal, "Reading the programme failed."))?;
    checked.map_err(|mistakes| {
        let refused = Refused::new(Code::ProgramInvalid, "Mend what is listed and publish again.");
        mistakes
            .iter()
            .fold(refused, |refused, mistake| refused.at(&mistake.field, &mistake.message))
    })
}

/// Tells the edge what applies soon, or the author why it does not.
async fn published(
    shop: &Shop,
    publication: ProgramPublication,
) -> Result<([(HeaderName, String); 1], ProgramPublishedBody), Refused> {
    let Activation { number, version, active_from } = match publication {
        ProgramPublication::Done(activation) => activation,
        ProgramPublication::Unknown => return Err(version_unknown()),
        ProgramPublication::Conflict => {
            let detail = "Somebody published since. Read the programme, then try again.";
            let refused = Refused::new(Code::VersionMismatch, detail);
            return Err(refused.at("header:if-match", "is not the newest version"));
        }
    };
    let event = ProgramEvent { version, active_from }.to_event();
    shop.desk.events.publish(&[event]).await?;
    let body = ProgramPublishedBody {
        version: version.to_string(),
        active_from: active_from.to_rfc3339(),
    };
    Ok(([(ETAG, etag(number))], body))
}

fn cursor(query: &str) -> Result<Option<u64>, Refused> {
    let malformed = || {
        Refused::new(Code::ParameterInvalid, "Send `next` of the page before.")
            .at("query:cursor", "is not a cursor of this list")
    };
    let pairs = parse(query).map_err(|_| malformed())?;
    let sent = pairs.iter().find(|(name, _)| name == "cursor");
    sent.map(|(_, value)| value.parse().map_err(|_| malformed())).transpose()
}

fn nothing_published() -> Refused {
    Refused::new(Code::VersionUnknown, "No programme is published yet.")
}

fn version_unknown() -> Refused {
    let detail = "No such version was published. See /v1/admin/loyalty/program/versions.";
    Refused::new(Code::VersionUnknown, detail)
}
