//! Which problems a route answers with.

use edge_wire::identity::Kind;
use edge_wire::problem::Code;
use edge_wire::routes::{Caller, Exposure, Route};

/// What a route's requests have, from its documentation.
#[derive(Debug, Clone, Copy)]
pub struct Takes {
    /// A body.
    pub body: bool,
    /// `If-Match`.
    pub if_match: bool,
}

/// The codes of a route: those of its kind, then its own.
#[must_use]
pub fn codes_of(route: &Route, takes: Takes) -> Vec<Code> {
    let mut codes = vec![Code::ParameterInvalid];
    let is_read = route.method == "GET";
    let mut add = |when: bool, more: &[Code]| codes.extend(more.iter().filter(|_| when));
    add(route.path.contains('{'), &[Code::PathInvalid, Code::RouteUnknown]);
    add(is_read, &[Code::BodyNotAllowed]);
    add(
        takes.body || route.needs_key,
        &[Code::Malformed, Code::BodyTooLarge, Code::ContentTypeUnsupported],
    );
    add(takes.if_match, &[Code::Malformed, Code::VersionMismatch]);
    add(
        route.needs_key,
        &[
            Code::IdempotencyKeyMissing,
            Code::IdempotencyKeyInvalid,
            Code::IdempotencyConflict,
            Code::IdempotencyKeyExpired,
        ],
    );
    let is_cart = holds(route, Kind::Cart);
    add(is_cart, &[Code::CartMerged]);
    let limits = [Code::CartFull, Code::QuantityOutOfRange, Code::TooManyCommands];
    add(is_cart && route.needs_key, &limits);
    add(has_bookmarks(route), &[Code::BookmarkInvalid, Code::TooManyPending]);
    let must = route.callers.iter().any(|caller| matches!(caller, Caller::Must(_)));
    // A customer's own cart needs that customer's token.
    add(must || is_cart, &[Code::TokenMissing]);
    add(!route.callers.is_empty(), &[Code::TokenInvalid]);
    add(holds(route, Kind::Customer) || is_cart, &[Code::TokenExpired]);
    add(
        holds(route, Kind::Staff),
        &[Code::TokenExpired, Code::NotStaff, Code::RoleInsufficient, Code::ShopForeign],
    );
    add(route.exposure != Exposure::Direct, &[Code::SignatureInvalid, Code::ShopForeign]);
    add(route.exposure == Exposure::Proxy, &[Code::ProxyOnly]);
    add(
        route.function.is_some_and(edge_wire::function::HttpFunction::is_behind_api),
        &[Code::EdgeBypassed],
    );
    add(route.function.is_some(), &[Code::Internal, Code::Unavailable]);
    codes.extend(own(route.method, route.path));
    let mut unique = Vec::with_capacity(codes.len());
    for code in codes {
        if !unique.contains(&code) {
            unique.push(code);
        }
    }
    unique
}

/// Whether requests send bookmarks of the resource that the route is about.
pub(crate) fn has_bookmarks(route: &Route) -> bool {
    // A session is a token, not a resource.
    let has_resource = holds(route, Kind::Cart) || holds(route, Kind::Customer);
    has_resource && route.path != "/v1/session"
}

fn holds(route: &Route, kind: Kind) -> bool {
    route.callers.iter().any(|caller| {
        let (Caller::Must(held) | Caller::May(held)) = *caller;
        held == kind
    })
}

/// The codes that only this route has.
fn own(method: &str, path: &str) -> &'static [Code] {
    match (method, path) {
        ("GET", "/problems/{code}") => &[Code::RouteUnknown],
        ("GET", "/v1/configurator/{product}") => &[Code::ProductUnknown],
        ("GET", "/v1/configurator/{product}/completion") => {
            &[Code::ProductUnknown, Code::ChoiceUnknown, Code::SelectionImpossible]
        }
        (
            "GET",
            "/v1/configurator/{product}/resolution" | "/v1/configurator/{product}/explanation",
        )
        | ("POST", "/v1/configurator/{product}/selections") => {
            &[Code::ProductUnknown, Code::ChoiceUnknown]
        }
        ("GET", "/v1/selections/{id}") => &[Code::SelectionUnknown, Code::ProductUnknown],
        ("GET", "/v1/loyalty/redemptions/{id}") => &[Code::RedemptionUnknown],
        ("POST", "/v1/loyalty/redemptions") => &[
            Code::RewardUnknown,
            Code::PointsMismatch,
            Code::PointsInsufficient,
            Code::TooManyRedemptions,
        ],
        ("POST", "/v1/cart/lines") => &[
            Code::ProductUnknown,
            Code::VariantUnknown,
            Code::ChoiceUnknown,
            Code::SelectionImpossible,
            Code::NameReserved,
        ],
        ("PATCH" | "DELETE", "/v1/cart/lines/{line}") => &[Code::LineUnknown],
        ("PATCH", "/v1/cart/attributes") => &[Code::NameReserved],
        ("POST", "/v1/cart/merge") => &[Code::MergeImpossible],
        ("POST", "/webhooks/shopify") => &[Code::SignatureInvalid, Code::ShopForeign],
        _ => own_of_admin(method, path),
    }
}

fn own_of_admin(method: &str, path: &str) -> &'static [Code] {
    match (method, path) {
        (
            "GET",
            "/v1/admin/configurators/{product}" | "/v1/admin/configurators/{product}/versions",
        ) => &[Code::ProductUnknown],
        ("PUT", "/v1/admin/configurators/{product}") => &[Code::ConfiguratorInvalid],
        ("DELETE", "/v1/admin/configurators/{product}")
        | ("GET", "/v1/admin/configurators/{product}/report") => &[Code::ProductUnknown],
        ("POST", "/v1/admin/imports") => &[Code::ImportInvalid, Code::ShopifyAccessDenied],
        ("POST", "/v1/admin/reconciliation") => &[Code::ShopifyAccessDenied],
        ("GET", "/v1/admin/dead-letters") | ("POST", "/v1/admin/dead-letters/redrive") => {
            &[Code::LookUpUnavailable]
        }
        ("POST", "/v1/admin/customers/find") => {
            &[Code::LookUpUnavailable, Code::CustomerUnknown, Code::ShopifyAccessDenied]
        }
        ("GET", "/v1/admin/customers/{customer}" | "/v1/admin/carts/{id}") => {
            &[Code::Malformed, Code::CustomerUnknown]
        }
        ("POST", "/v1/admin/customers/{customer}/revoke") => &[Code::Malformed],
        ("POST", "/v1/admin/configurators/{product}/versions/{version}/activate") => {
            &[Code::VersionUnknown, Code::ProductUnknown, Code::ConfiguratorInvalid]
        }
        ("GET", "/v1/admin/loyalty/program")
        | ("POST", "/v1/admin/loyalty/program/versions/{version}/activate") => {
            &[Code::VersionUnknown]
        }
        ("PUT", "/v1/admin/loyalty/program") => &[Code::ProgramInvalid],
        ("GET", "/v1/admin/privacy/demands/{id}") => &[Code::DemandUnknown],
        ("PUT", "/v1/admin/staff/{person}") => &[Code::Malformed, Code::LastOwner, Code::StaffFull],
        ("POST", "/v1/admin/loyalty/customers/{customer}/adjustments") => {
            &[Code::Malformed, Code::PointsOutOfRange]
        }
        _ => &[],
    }
}
