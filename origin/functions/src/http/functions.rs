//! Which routes each Lambda serves. Each function has one router, all with the same layers, so that
//! the binary on AWS and the process on a laptop give the same answers.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use strum::VariantArray;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::documentation::openapi;
use crate::http::require_edge::require_edge;
use crate::http::response_policy::response_policy;
use crate::http::routes::{
    adjustments, admin, admin_program, admin_versions, cart, cart_lines, cart_merge, checkout,
    completion, configurator, explanation, health, loyalty, privacy, redemptions, selections,
    session, webhook,
};
use crate::runtime::shop::Shop;

/// The functions that answer HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Function {
    /// Products, queries about them, saved selections, the OpenAPI document, readiness.
    ConfiguratorRead,
    /// Accounts, entries, the program.
    LoyaltyRead,
    /// The cart.
    CartRead,
    /// Carts, cart commands, saving selections, session.
    Commands,
    /// The webhook receiver.
    Webhooks,
    /// Publishing.
    Admin,
}

/// Smallest answer worth compressing: a smaller one fits one packet uncompressed.
const COMPRESSED_BYTES_MIN: u64 = 1_024;

// === impl Function ===

impl Function {
    /// Every function.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its name: of the binary, of the origin in `edge/distribution.json`, of the Lambda.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfiguratorRead => "configurator-read",
            Self::LoyaltyRead => "loyalty-read",
            Self::CartRead => "cart-read",
            Self::Commands => "commands",
            Self::Webhooks => "webhooks",
            Self::Admin => "admin",
        }
    }

    /// The function's router.
    pub fn router(self, shop: Arc<Shop>) -> Router {
        let (router, _) = self.routes().split_for_parts();
        let router = match self {
            Self::ConfiguratorRead => {
                let document: Arc<str> = openapi().to_json().unwrap_or_default().into();
                let serve = move || {
                    let document = document.to_string();
                    async move { ([(CONTENT_TYPE, "application/json")], document) }
                };
                router.route("/v1/openapi.json", get(serve))
            }
            _ => router,
        };
        let compression =
            CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN));
        let router = match shop.config.origin.clone() {
            Some(secrets) if self.is_behind_api() => {
                router.layer(from_fn_with_state(secrets, require_edge))
            }
            _ => router,
        };
        router.layer(from_fn(response_policy)).layer(compression).with_state(shop)
    }

    /// Whether it is behind the HTTP API, which accepts every caller. CloudFront signs its requests
    /// to the other functions (origin access control), and Lambda rejects unsigned requests.
    #[must_use]
    pub fn is_behind_api(self) -> bool {
        match self {
            Self::ConfiguratorRead | Self::LoyaltyRead | Self::CartRead => false,
            Self::Commands | Self::Webhooks | Self::Admin => true,
        }
    }

    pub(crate) fn routes(self) -> OpenApiRouter<Arc<Shop>> {
        let router = OpenApiRouter::new();
        match self {
            Self::ConfiguratorRead => router
                .routes(routes!(configurator::show))
                .routes(routes!(configurator::resolution))
                .routes(routes!(explanation::explanation))
                .routes(routes!(completion::completion))
                .routes(routes!(selections::show))
                .routes(routes!(health::ready)),
            Self::LoyaltyRead => router
                .routes(routes!(loyalty::show))
                .routes(routes!(loyalty::entries))
                .routes(routes!(loyalty::program))
                .routes(routes!(redemptions::show)),
            Self::CartRead => router.routes(routes!(cart::show)),
            Self::Commands => router
                .routes(routes!(cart::create))
                .routes(routes!(cart_lines::add, cart_lines::clear))
                .routes(routes!(cart_lines::set, cart_lines::remove))
                .routes(routes!(cart_lines::attributes))
                .routes(routes!(selections::save))
                .routes(routes!(checkout::show))
                .routes(routes!(cart_merge::merge))
                .routes(routes!(redemptions::create))
                .routes(routes!(session::create)),
            Self::Webhooks => router.routes(routes!(webhook::receive)),
            Self::Admin => router
                .routes(routes!(admin::show, admin::publish))
                .routes(routes!(admin_versions::list))
                .routes(routes!(admin_versions::activate))
                .routes(routes!(privacy::list))
                .routes(routes!(privacy::file))
                .routes(routes!(adjustments::create))
                .routes(routes!(admin_program::show, admin_program::publish))
                .routes(routes!(admin_program::versions))
                .routes(routes!(admin_program::activate)),
        }
    }
}
