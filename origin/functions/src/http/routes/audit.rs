//! `GET /v1/admin/audit`: what staff did.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use domain_staff::{AUDIT_PAGE_MAX, AuditCursor, AuditEntry, AuditLog as _};
use edge_wire::problem::Code;
use edge_wire::query::parse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// One page of the audit log, which holds 400 days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditBody {
    /// Newest first.
    entries: Vec<AuditEntryBody>,
    /// Send it as `cursor` for older ones; null at the end.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AuditEntryBody {
    /// RFC 3339.
    at: String,
    /// Shopify's id of the person; null for the holder of the staff token.
    person: Option<String>,
    /// The person's role at that time.
    role: Option<String>,
    /// For example `publish_products`.
    act: String,
    /// What was changed, as a path of ids.
    subject: String,
    /// What changed about it; may be empty.
    detail: String,
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/v1/admin/audit", tag = "admin",
    params(("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = AuditBody)))]
pub(crate) async fn list(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewAudit>,
    RawQuery(query): RawQuery,
) -> Result<Json<AuditBody>, HttpProblem> {
    let before = cursor(query.as_deref().unwrap_or_default())?;
    let entries = shop.staff.entries(before.as_ref(), shop.clock.now()).await?;
    let last = entries.last().filter(|_| entries.len() == AUDIT_PAGE_MAX);
    let next = last.map(|last| last.cursor().to_string());
    Ok(Json(AuditBody { next, entries: entries.into_iter().map(body).collect() }))
}

fn body(entry: AuditEntry) -> AuditEntryBody {
    let AuditEntry { at, person, role, act, subject, detail } = entry;
    AuditEntryBody { at: at.to_rfc3339(), person, role, act, subject, detail }
}

fn cursor(query: &str) -> Result<Option<AuditCursor>, HttpProblem> {
    let malformed = || {
        HttpProblem::new(Code::ParameterInvalid, "Send `next` of the previous page.")
            .at("query:cursor", "is not a cursor of this list")
    };
    let pairs = parse(query).map_err(|_| malformed())?;
    let sent = pairs.iter().find(|(name, _)| name == "cursor");
    sent.map(|(_, value)| AuditCursor::parse(value).ok_or_else(malformed)).transpose()
}
