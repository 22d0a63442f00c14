//! `/v1/admin/privacy/demands`: Shopify's demands about people's data, what was done for each, and
//! the files of exports for the merchant.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_privacy::{Demand, DemandRecord, Privacy as _};
use domain_staff::AuditLog as _;
use edge_wire::problem::Code;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// The newest demands, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DemandsBody {
    demands: Vec<DemandBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DemandBody {
    id: String,
    /// `export`, `erase_customer`, `erase_shop` or `uninstalled`.
    kind: &'static str,
    customer_id: Option<String>,
    /// RFC 3339.
    at: String,
    /// What was done, in words.
    done: String,
}

/// Lists the demands and what was done.
#[utoipa::path(get, path = "/v1/admin/privacy/demands", tag = "admin",
    responses((status = 200, body = DemandsBody)))]
pub(crate) async fn list(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewDemands>,
) -> Result<Json<DemandsBody>, HttpProblem> {
    let demands = shop.privacy.list().await?.into_iter().map(body).collect();
    Ok(Json(DemandsBody { demands }))
}

/// The file of an export, for the merchant to forward. It is stored for 25 days.
#[utoipa::path(get, path = "/v1/admin/privacy/demands/{id}", tag = "admin",
    params(("id" = String, Path)), responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn file(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::DownloadExports>,
    Path(id): Path<String>,
) -> Result<Response, HttpProblem> {
    let file = shop.privacy.file(&id).await?.ok_or_else(|| {
        HttpProblem::new(Code::DemandUnknown, "Exports are stored for 25 days. List the demands.")
    })?;
    let entry = staff.act(&shop).entry(&format!("privacy/demands/{id}"), "");
    shop.staff.append(&entry).await?;
    let name = format!("attachment; filename=\"{id}.json\"");
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, file).into_response())
}

fn body(record: DemandRecord) -> DemandBody {
    let (kind, customer_id) = match record.demand {
        Demand::Export { customer, .. } => ("export", Some(customer)),
        Demand::EraseCustomer { customer, .. } => ("erase_customer", Some(customer)),
        Demand::EraseShop => ("erase_shop", None),
        Demand::Uninstalled => ("uninstalled", None),
    };
    DemandBody { id: record.id, kind, customer_id, at: record.at.to_rfc3339(), done: record.done }
}
