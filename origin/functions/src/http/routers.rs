//! Which routes each Lambda serves. Each function has one router, all with the same layers, so that
//! the binary on AWS and the process on a laptop give the same answers.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use edge_wire::function::HttpFunction;
use http::header::CONTENT_TYPE;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::documentation::openapi;
use crate::http::require_edge::require_edge;
use crate::http::response_policy::response_policy;
use crate::http::routes::{
    adjustments, admin, admin_health, admin_page, admin_products, admin_program, admin_versions,
    audit, cart, cart_lines, cart_merge, checkout, completion, configurator, customers,
    dead_letters, explanation, health, imports, installation, loyalty, privacy, problems,
    reconciliation, redemptions, revocations, selections, session, staff, webhook,
};
use crate::http::valid_tokens::require_valid_tokens;
use crate::runtime::shop::Shop;

/// Smallest answer worth compressing: a smaller one fits one packet uncompressed.
const COMPRESSED_BYTES_MIN: u64 = 1_024;

/// A function's router.
pub fn router(function: HttpFunction, shop: Arc<Shop>) -> Router {
    let (router, _) = routes(function).split_for_parts();
    let router = match function {
        HttpFunction::ConfiguratorRead => {
            let document: Arc<str> = openapi().to_string().into();
            let serve = move || {
                let document = document.to_string();
                async move { ([(CONTENT_TYPE, "application/json")], document) }
            };
            router.route("/v1/openapi.json", get(serve))
        }
        _ => router,
    };
    // Only these have callers whose tokens can be revoked.
    let router = match function {
        HttpFunction::CartRead | HttpFunction::LoyaltyRead | HttpFunction::Commands => {
            router.layer(from_fn_with_state(Arc::clone(&shop), require_valid_tokens))
        }
        HttpFunction::ConfiguratorRead | HttpFunction::Webhooks | HttpFunction::Admin => router,
    };
    let compression = CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN));
    let router = match shop.config.origin.clone() {
        Some(secrets) if function.is_behind_api() => {
            router.layer(from_fn_with_state(secrets, require_edge))
        }
        _ => router,
    };
    router.layer(from_fn(response_policy)).layer(compression).with_state(shop)
}

pub(crate) fn routes(function: HttpFunction) -> OpenApiRouter<Arc<Shop>> {
    let router = OpenApiRouter::new();
    match function {
        HttpFunction::ConfiguratorRead => router
            .routes(routes!(configurator::show))
            .routes(routes!(configurator::resolution))
            .routes(routes!(explanation::explanation))
            .routes(routes!(completion::completion))
            .routes(routes!(selections::show))
            .routes(routes!(admin_page::show))
            .routes(routes!(admin_page::file))
            .routes(routes!(problems::show))
            .routes(routes!(health::ready)),
        HttpFunction::LoyaltyRead => router
            .routes(routes!(loyalty::show))
            .routes(routes!(loyalty::entries))
            .routes(routes!(loyalty::program))
            .routes(routes!(redemptions::show)),
        HttpFunction::CartRead => router.routes(routes!(cart::show)),
        HttpFunction::Commands => router
            .routes(routes!(cart::create))
            .routes(routes!(cart_lines::add, cart_lines::clear))
            .routes(routes!(cart_lines::set, cart_lines::remove))
            .routes(routes!(cart_lines::attributes))
            .routes(routes!(selections::save))
            .routes(routes!(checkout::show))
            .routes(routes!(cart_merge::merge))
            .routes(routes!(redemptions::create))
            .routes(routes!(session::create, session::end)),
        HttpFunction::Webhooks => router.routes(routes!(webhook::receive)),
        HttpFunction::Admin => router
            .routes(routes!(admin::show, admin::publish, admin::withdraw))
            .routes(routes!(admin_versions::list))
            .routes(routes!(admin_versions::activate))
            .routes(routes!(installation::show, installation::create))
            .routes(routes!(staff::list))
            .routes(routes!(staff::assign))
            .routes(routes!(audit::list))
            .routes(routes!(privacy::list))
            .routes(routes!(privacy::file))
            .routes(routes!(imports::create))
            .routes(routes!(reconciliation::show, reconciliation::create))
            .routes(routes!(adjustments::create))
            .routes(routes!(admin_health::show))
            .routes(routes!(dead_letters::list))
            .routes(routes!(dead_letters::redrive))
            .routes(routes!(admin_products::list))
            .routes(routes!(admin_products::report))
            .routes(routes!(customers::find))
            .routes(routes!(customers::show))
            .routes(routes!(customers::cart))
            .routes(routes!(revocations::customer))
            .routes(routes!(revocations::cart))
            .routes(routes!(admin_program::show, admin_program::publish))
            .routes(routes!(admin_program::versions))
            .routes(routes!(admin_program::activate)),
    }
}
