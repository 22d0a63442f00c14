//! `PUT`/`GET /v1/admin/configurators/{product}`: publishing. Refused with every mistake listed;
//! `If-Match` guards a lost race.

use std::io::Read as _;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use edge_wire::problem::Code;
use flate2::read::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_MATCH};
use http::{HeaderMap, StatusCode};
use origin_adapters::NewVersion;
use origin_domain::catalog::{Publication, PublishedEvent};
use origin_domain::configurator::{Configurator, Limits, Mistake, Product};
use origin_domain::event::Events as _;
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::configurator::product_unknown;
use crate::body::{PRODUCT_BYTES_MAX, PRODUCT_UNPACKED_BYTES_MAX, expect_json, read};
use crate::caller::Staff;
use crate::refused::Refused;
use crate::shop::Shop;

/// A publication.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedBody {
    product: String,
    /// Counts publications of this product.
    version: String,
}

/// The document of the active version, as it was published.
#[utoipa::path(get, path = "/v1/admin/configurators/{product}", tag = "admin",
    params(("product" = String, Path)), responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    _: Staff,
    Path(product): Path<String>,
) -> Result<Response, Refused> {
    let stored = shop.catalog.document(&product).await?;
    let stored = stored.ok_or_else(|| product_unknown(&product))?;
    let headers = [(ETAG, etag(stored.version)), (CONTENT_TYPE, "application/json".to_owned())];
    Ok((headers, stored.document).into_response())
}

/// Publishes a product and activates it.
#[utoipa::path(put, path = "/v1/admin/configurators/{product}", tag = "admin",
    params(("product" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = serde_json::Value, responses((status = 200, body = PublishedBody)))]
pub(crate) async fn publish(
    State(shop): State<Arc<Shop>>,
    _: Staff,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, content) = request.into_parts();
    expect_json(&parts.headers)?;
    let expected = expected(&parts.headers)?;
    let sent = read(&parts.headers, Body::new(content), PRODUCT_BYTES_MAX).await?;
    let document = unpacked(&parts.headers, sent)?;
    let (named, currency) = (id.clone(), shop.config.currency.clone());
    let read = document.clone();
    // Compiling may take seconds of work; other requests go on meanwhile.
    let variants = spawn_blocking(move || checked(&named, &currency, &read)).await;
    let variants = variants.map_err(|_| Refused::new(Code::Internal, "Compiling failed."))??;
    let new = NewVersion { product: &id, document: &document, variant_ids: &variants, expected };
    match shop.catalog.publish(&new).await? {
        Publication::Published { version } => {
            let event = PublishedEvent { product: id.clone(), version }.to_event();
            shop.desk.events.publish(&[event]).await?;
            let body = PublishedBody { product: id, version: version.to_string() };
            Ok((StatusCode::OK, [(ETAG, etag(version))], Json(body)).into_response())
        }
        Publication::Conflict => {
            let detail = "Somebody published since. Read the product, then publish again.";
            let refused = Refused::new(Code::VersionMismatch, detail);
            Err(refused.at("header:if-match", "is not the newest version"))
        }
        Publication::VariantsTaken(taken) => Err(taken.iter().fold(
            Refused::new(Code::ConfiguratorInvalid, "Variants belong to one product."),
            |refused, taken| {
                let message = format!("{} is sold by `{}`", taken.variant_id, taken.product);
                refused.at("/variants", message)
            },
        )),
    }
}

/// The variant ids of a document that compiles.
fn checked(id: &str, currency: &str, document: &[u8]) -> Result<Vec<String>, Refused> {
    let product = Product::parse(document).map_err(|mistakes| refused(&mistakes))?;
    let mut wrong = Vec::new();
    if product.id() != id {
        let message = format!("is `{}`, the path says `{id}`", product.id());
        wrong.push(Mistake { field: "/product".to_owned(), message });
    }
    if product.currency() != currency {
        let message = format!("the shop's currency is {currency}");
        wrong.push(Mistake { field: "/currency".to_owned(), message });
    }
    if !wrong.is_empty() {
        return Err(refused(&wrong));
    }
    let ids = product.variants().iter().map(|variant| variant.variant_id.clone()).collect();
    Configurator::compile(product, &Limits::default()).map_err(|mistakes| refused(&mistakes))?;
    Ok(ids)
}

fn refused(mistakes: &[Mistake]) -> Refused {
    let refused = Refused::new(Code::ConfiguratorInvalid, "Mend what is listed and publish again.");
    mistakes.iter().fold(refused, |refused, mistake| refused.at(&mistake.field, &mistake.message))
}

/// The CLI sends gzip. Unpacking stops at its bound, whatever the document would become.
fn unpacked(headers: &HeaderMap, sent: Bytes) -> Result<Bytes, Refused> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Ok(sent),
        Some(b"gzip") => {
            let mut document = Vec::new();
            let bound = PRODUCT_UNPACKED_BYTES_MAX as u64;
            let mut reader = GzDecoder::new(sent.as_ref()).take(bound + 1);
            reader
                .read_to_end(&mut document)
                .map_err(|_| Refused::new(Code::Malformed, "The body is not gzip."))?;
            if document.len() > PRODUCT_UNPACKED_BYTES_MAX {
                let detail = format!("A product takes at most {bound} bytes unpacked.");
                return Err(Refused::new(Code::BodyTooLarge, detail));
            }
            Ok(document.into())
        }
        Some(_) => {
            let detail = "Send the document plain or with Content-Encoding: gzip.";
            Err(Refused::new(Code::ContentTypeUnsupported, detail)
                .at("header:content-encoding", "is not gzip"))
        }
    }
}

fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The version `If-Match` names; `"0"` for a product that must not be there yet.
fn expected(headers: &HeaderMap) -> Result<Option<u64>, Refused> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let version = inner.and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| {
        Refused::new(Code::Malformed, "Send the ETag of the version you have seen.")
            .at("header:if-match", "is not a version")
    })
}
