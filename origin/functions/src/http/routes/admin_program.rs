//! `PUT`/`GET /v1/admin/loyalty/program`, its versions, and activating an earlier one. An invalid
//! program is rejected with every mistake listed; `If-Match` detects a lost race.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use domain_core::authoring::Mistake;
use domain_core::event::Events as _;
use domain_loyalty::{
    Activation, DOCUMENT_BYTES_MAX, HISTORY_MAX, Program, ProgramEvent, ProgramPublication,
    ProgramStore as _, PublicationRequest,
};
use edge_wire::problem::Code;
use edge_wire::query::parse;
use http::HeaderName;
use http::header::{CONTENT_TYPE, ETAG};
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::program_trial::{TrialBody, TrialRequest, run_trial};
use crate::http::body::{Bounded, DeclaredJson};
use crate::http::http_problem::HttpProblem;
use crate::http::if_match::{IfMatch, etag};
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// A version of the program that is in effect, or soon will be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramPublishedBody {
    version: String,
    /// RFC 3339: orders placed from then on count under it.
    active_from: String,
}

/// The result of sending a program.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ProgramSentBody {
    /// It was published.
    Published(ProgramPublishedBody),
    /// It was a dry run.
    Tried(TrialBody),
}

/// The history of activations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramVersionsBody {
    /// Newest first: each publication and each return to an earlier version.
    versions: Vec<ProgramActivationBody>,
    /// Send it as `cursor` for older ones; null at the end.
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

/// The newest document, as published.
#[utoipa::path(get, path = "/v1/admin/loyalty/program", tag = "admin",
    responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewProgram>,
) -> Result<Response, HttpProblem> {
    let newest = domain_loyalty::newest(&shop.programs).await?.ok_or_else(nothing_published)?;
    let document = shop.programs.document(newest.version).await?.ok_or_else(nothing_published)?;
    let headers = [(ETAG, etag(newest.number)), (CONTENT_TYPE, "application/json".to_owned())];
    Ok((headers, document).into_response())
}

/// Publishes a program, or reports what it would have given for past orders.
#[utoipa::path(put, path = "/v1/admin/loyalty/program", tag = "admin",
    params(("dry_run" = Option<bool>, Query, description = "change nothing; report the difference"),
        ("cursor" = Option<String>, Query, description = "`next` of the previous dry run"),
        ("If-Match" = Option<String>, Header)),
    request_body = serde_json::Value, responses((status = 200, body = ProgramSentBody)))]
pub(crate) async fn publish(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::TryProgram>,
    (DeclaredJson, IfMatch(expected)): (DeclaredJson, IfMatch),
    trial: Option<TrialRequest>,
    Bounded(sent): Bounded<DOCUMENT_BYTES_MAX>,
) -> Result<Response, HttpProblem> {
    let document = String::from_utf8(sent.into())
        .map_err(|_| HttpProblem::new(Code::Malformed, "The body is not UTF-8."))?;
    let program = check(&shop, &document).await?;
    if let Some(trial) = trial {
        let report = run_trial(&shop, &program, &trial).await?;
        return Ok(Json(ProgramSentBody::Tried(report)).into_response());
    }
    let staff = staff.also::<act::PublishProgram>()?;
    let request = PublicationRequest { expected, now: shop.clock.now() };
    let programs = shop.programs.on_behalf_of(staff.act(&shop));
    let publication = domain_loyalty::publish(&programs, &document, request).await?;
    let (tag, body) = announce(&shop, publication).await?;
    Ok((tag, Json(ProgramSentBody::Published(body))).into_response())
}

/// The history of activations, newest first.
#[utoipa::path(get, path = "/v1/admin/loyalty/program/versions", tag = "admin",
    params(("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = ProgramVersionsBody)))]
pub(crate) async fn versions(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewProgram>,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpProblem> {
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

/// Makes an earlier version take effect again shortly.
#[utoipa::path(post, path = "/v1/admin/loyalty/program/versions/{version}/activate", tag = "admin",
    params(("version" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = ProgramPublishedBody)))]
pub(crate) async fn activate(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::PublishProgram>,
    Path(version): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<Response, HttpProblem> {
    let request = PublicationRequest { expected, now: shop.clock.now() };
    let Ok(version) = version.parse() else { return Err(version_unknown()) };
    let programs = shop.programs.on_behalf_of(staff.act(&shop));
    let publication = domain_loyalty::activate(&programs, version, request).await?;
    let (tag, body) = announce(&shop, publication).await?;
    Ok((tag, Json(body)).into_response())
}

/// Parses and checks a program on a blocking thread: fifty rules take some milliseconds.
async fn check(shop: &Shop, document: &str) -> Result<Program, HttpProblem> {
    let (document, currency) = (document.to_owned(), shop.config.currency.clone());
    let check = spawn_blocking(move || {
        let program = Program::parse(&document)?;
        if program.currency == currency {
            return Ok(program);
        }
        let message = format!("the shop's currency is {currency}");
        Err(vec![Mistake { field: "/currency".to_owned(), message }])
    });
    let checked =
        check.await.map_err(|_| HttpProblem::new(Code::Internal, "Reading the program failed."))?;
    checked.map_err(|mistakes| {
        let problem = HttpProblem::new(
            Code::ProgramInvalid,
            "Fix the errors listed below and publish again.",
        );
        mistakes
            .iter()
            .fold(problem, |problem, mistake| problem.at(&mistake.field, &mistake.message))
    })
}

/// Publishes the event of an activation, or returns why there was none.
async fn announce(
    shop: &Shop,
    publication: ProgramPublication,
) -> Result<([(HeaderName, String); 1], ProgramPublishedBody), HttpProblem> {
    let Activation { number, version, active_from } = match publication {
        ProgramPublication::Done(activation) => activation,
        ProgramPublication::Unknown => return Err(version_unknown()),
        ProgramPublication::Conflict => {
            let detail = "The program was published concurrently. Read it, then retry.";
            let problem = HttpProblem::new(Code::VersionMismatch, detail);
            return Err(problem.at("header:if-match", "is not the newest version"));
        }
    };
    let event = ProgramEvent { version, active_from }.to_event();
    shop.events.publish(&[event]).await?;
    let body = ProgramPublishedBody {
        version: version.to_string(),
        active_from: active_from.to_rfc3339(),
    };
    Ok(([(ETAG, etag(number))], body))
}

fn cursor(query: &str) -> Result<Option<u64>, HttpProblem> {
    let malformed = || {
        HttpProblem::new(Code::ParameterInvalid, "Send `next` of the previous page.")
            .at("query:cursor", "is not a cursor of this list")
    };
    let pairs = parse(query).map_err(|_| malformed())?;
    let sent = pairs.iter().find(|(name, _)| name == "cursor");
    sent.map(|(_, value)| value.parse().map_err(|_| malformed())).transpose()
}

fn nothing_published() -> HttpProblem {
    HttpProblem::new(Code::VersionUnknown, "No program is published.")
}

fn version_unknown() -> HttpProblem {
    let detail = "No such version was published. See /v1/admin/loyalty/program/versions.";
    HttpProblem::new(Code::VersionUnknown, detail)
}
