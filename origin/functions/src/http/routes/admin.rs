//! `PUT`, `GET` and `DELETE /v1/admin/configurators/{product}`: publishing and withdrawing. An invalid product is rejected with
//! every mistake listed; `If-Match` detects a lost race.

use std::io::Read as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain_catalog::{NewVersion, Publication, Withdrawal};
use domain_configurator::{Finding, FindingKind, Product};
use domain_core::authoring::Mistake;
use domain_core::time::SECOND_MS;
use edge_wire::problem::Code;
use flate2::read::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::configurator::product_unknown;
use crate::http::body::{DeclaredJson, PRODUCT_BYTES_MAX, PRODUCT_UNPACKED_BYTES_MAX, read};
use crate::http::http_problem::HttpProblem;
use crate::http::if_match::{IfMatch, etag};
use crate::http::permitted::{Permitted, act};
use crate::http::publishing;
use crate::http::publishing::{Compiled, Expected};
use crate::runtime::clock::Clock;
use crate::runtime::shop::Shop;

/// How long compiling may take by the clock; its work is bounded more tightly. With the report on
/// the product (two seconds at most) and storage this stays below the 30 s after which API Gateway
/// and the edge abandon the request.
const COMPILE_MS_MAX: u64 = 25 * SECOND_MS;

/// A publication.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedBody {
    product: String,
    /// The version now served.
    version: String,
    /// Probable mistakes of the author. The product is published all the same.
    warnings: Vec<WarningBody>,
}

/// A probable mistake.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningBody {
    /// `unusable_value`, `rule_without_effect`, `price_rule_without_effect`, `unreachable_variant`,
    /// `negative_price` or `rules_not_examined`.
    #[schema(value_type = String)]
    kind: FindingKind,
    /// A JSON Pointer into the document.
    field: String,
    message: String,
}

/// The document of a product as it was sent, decompressed.
pub(crate) struct SentProduct(Bytes);

impl<S: Sync> FromRequest<S> for SentProduct {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        let (parts, body) = request.into_parts();
        let sent = read(&parts.headers, body, PRODUCT_BYTES_MAX).await?;
        let mut encodings = parts.headers.get_all(CONTENT_ENCODING).iter();
        let encoding = encodings.next().map(HeaderValue::as_bytes);
        match encodings.next() {
            None => decompress(encoding, sent).map(Self),
            Some(_) => Err(encoding_unsupported()),
        }
    }
}

/// The document of the active version, as published.
#[utoipa::path(get, path = "/v1/admin/configurators/{product}", tag = "admin",
    params(("product" = String, Path)), responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewProducts>,
    Path(product): Path<String>,
) -> Result<Response, HttpProblem> {
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
    staff: Permitted<act::PublishProducts>,
    Path(id): Path<String>,
    (DeclaredJson, IfMatch(expected)): (DeclaredJson, IfMatch),
    SentProduct(document): SentProduct,
) -> Result<Response, HttpProblem> {
    let (compiled, warnings) = compile(&shop, &id, document.clone()).await?;
    let new = NewVersion {
        product: &id,
        document: &document,
        artefact: &compiled.artefact,
        variant_ids: &compiled.variant_ids(),
        expected,
        at: shop.clock.now(),
    };
    let version = announce(&shop, &id, shop.catalog.publish(&new, staff.act(&shop)).await?).await?;
    let warnings = warnings.into_iter().map(WarningBody::from).collect();
    let body = PublishedBody { product: id, version: version.to_string(), warnings };
    Ok((StatusCode::OK, [(ETAG, etag(version))], Json(body)).into_response())
}

/// Withdraws a product: it is not served any more, lines of carts with it have the problem
/// `product-gone`, and its variants are free for other products. Its versions stay.
#[utoipa::path(delete, path = "/v1/admin/configurators/{product}", tag = "admin",
    params(("product" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204)))]
pub(crate) async fn withdraw(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::PublishProducts>,
    Path(product): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, HttpProblem> {
    let withdrawal = shop.catalog.withdraw(&product, expected, staff.act(&shop)).await?;
    match withdrawal.ok_or_else(|| product_unknown(&product))? {
        Withdrawal::Withdrawn { version } => {
            tell_edge(&shop, &product, version).await?;
            Ok(StatusCode::NO_CONTENT)
        }
        Withdrawal::Conflict => Err(version_mismatch()),
    }
}

impl From<Finding> for WarningBody {
    fn from(Finding { kind, field, message }: Finding) -> Self {
        Self { kind, field, message }
    }
}

/// Publishes the event of a publication, and those of earlier ones that the bus did not take.
async fn tell_edge(shop: &Shop, product: &str, version: u64) -> Result<(), HttpProblem> {
    shop.catalog.announce(&shop.events).await.map_err(|error| {
        tracing::error!(product, version, %error, "the edge does not know of a publication yet");
        let detail = "The change is stored, and served where nothing is cached. Send the same request \
                      again to tell the edge; the next call of an admin route that lists products, \
                      or the next publication, does it, too.";
        HttpProblem::new(Code::Unavailable, detail)
    })
}

/// Tells the edge of publications that it does not know of; a failure waits for the next call.
pub(crate) async fn tell_edge_of_the_rest(shop: &Shop) {
    if let Err(error) = shop.catalog.announce(&shop.events).await {
        tracing::error!(%error, "the edge does not know of all publications yet");
    }
}

/// Publishes the event of a publication, or returns why there was none.
pub(crate) async fn announce(
    shop: &Shop,
    product: &str,
    publication: Publication,
) -> Result<u64, HttpProblem> {
    match publication {
        Publication::Published { version } => {
            tell_edge(shop, product, version).await?;
            Ok(version)
        }
        Publication::Conflict => Err(version_mismatch()),
        Publication::VariantsTaken(taken) => Err(taken.iter().fold(
            HttpProblem::new(Code::ConfiguratorInvalid, "A variant belongs to one product only."),
            |problem, taken| problem.at("/variants", publishing::sold_by(taken)),
        )),
    }
}

fn version_mismatch() -> HttpProblem {
    let detail = "The product was published or withdrawn concurrently. Read it, then retry.";
    let problem = HttpProblem::new(Code::VersionMismatch, detail);
    problem.at("header:if-match", "is not the version that is served")
}

/// Compiles on a blocking thread, one product at a time, and reports probable mistakes.
async fn compile(
    shop: &Shop,
    id: &str,
    document: Bytes,
) -> Result<(Compiled, Vec<Finding>), HttpProblem> {
    let permit = Arc::clone(&shop.compiling).try_acquire_owned().map_err(|_| {
        HttpProblem::new(Code::Unavailable, "Another product is being compiled. Retry shortly.")
            .retry_after_ms(COMPILE_MS_MAX)
    })?;
    let (id, currency, clock) = (id.to_owned(), shop.config.currency.clone(), shop.clock.clone());
    let work = spawn_blocking(move || {
        let _permit = permit;
        let expected = Expected { product: &id, currency: &currency };
        let product = publishing::read(&document, Some(expected))?;
        let compiled = compile_in_time(product, &clock)?;
        let warnings = compiled.configurator.report();
        Ok((compiled, warnings))
    });
    let done = work.await.map_err(|_| HttpProblem::new(Code::Internal, "Compiling failed."))?;
    done.map_err(|mistakes: Vec<Mistake>| invalid(&mistakes))
}

fn compile_in_time(product: Product, clock: &Clock) -> Result<Compiled, Vec<Mistake>> {
    let deadline = clock.now().plus_ms(COMPILE_MS_MAX);
    let mut is_in_time = true;
    let compiled = publishing::compile(product, &mut |_| {
        is_in_time = clock.now() < deadline;
        is_in_time
    });
    if is_in_time {
        return compiled;
    }
    let message = format!("the rules take more than {} s to compile", COMPILE_MS_MAX / SECOND_MS);
    Err(vec![Mistake { field: String::new(), message }])
}

fn invalid(mistakes: &[Mistake]) -> HttpProblem {
    let problem = HttpProblem::new(
        Code::ConfiguratorInvalid,
        "Fix the errors listed below and publish again.",
    );
    mistakes.iter().fold(problem, |problem, mistake| problem.at(&mistake.field, &mistake.message))
}

/// Decompresses the document: the CLI sends gzip. Stops at the bound on the uncompressed size.
fn decompress(encoding: Option<&[u8]>, sent: Bytes) -> Result<Bytes, HttpProblem> {
    match encoding {
        None | Some(b"identity") => Ok(sent),
        Some(b"gzip") => {
            let mut document = Vec::new();
            let bound = PRODUCT_UNPACKED_BYTES_MAX as u64;
            let mut reader = GzDecoder::new(sent.as_ref()).take(bound + 1);
            reader
                .read_to_end(&mut document)
                .map_err(|_| HttpProblem::new(Code::Malformed, "The body is not gzip."))?;
            if document.len() > PRODUCT_UNPACKED_BYTES_MAX {
                let detail = format!("A product takes at most {bound} bytes unpacked.");
                return Err(HttpProblem::new(Code::BodyTooLarge, detail));
            }
            Ok(document.into())
        }
        Some(_) => Err(encoding_unsupported()),
    }
}

fn encoding_unsupported() -> HttpProblem {
    let detail = "Send the document plain or with Content-Encoding: gzip.";
    HttpProblem::new(Code::ContentTypeUnsupported, detail)
        .at("header:content-encoding", "is not gzip")
}
