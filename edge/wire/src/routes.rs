//! The route table: an allow-list. A request for any other route is rejected at the edge, before
//! any cache or origin.

use crate::function::HttpFunction;
use crate::identity::Kind;

/// How a route is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same for everyone; purged by tag.
    Public,
    /// One identity's; identity and bookmarks are in the cache key.
    Personal,
    /// Never cached: commands, session, webhooks, admin.
    Uncached,
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Must prove an identity of this kind; otherwise 401.
    Must(Kind),
    /// May prove one; a token that is sent must verify.
    May(Kind),
}

/// Which query parameters a route has, before those of the App Proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters {
    /// These names, each at most once.
    Names(&'static [&'static str]),
    /// `{option}={value}` pairs in the form of ids, at most [`SELECTION_PARAMETERS_MAX`], beside
    /// these of ours, which begin with `_`.
    Selection(&'static [&'static str]),
    /// Any, of which none is forwarded: a page that others link to with parameters for its scripts.
    /// Shopify's admin opens ours with some, and may add more.
    Ignored,
}

/// How a route is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Directly only.
    Direct,
    /// Directly, and under `/proxy` through Shopify's App Proxy.
    Both,
    /// Under `/proxy` only.
    Proxy,
}

/// One method of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method. `HEAD` is served wherever `GET` is.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment in the form of an id.
    pub path: &'static str,
    /// How it is cached.
    pub class: Class,
    /// Who may call it.
    pub callers: &'static [Caller],
    /// Its query parameters.
    pub parameters: Parameters,
    /// How it is reached.
    pub exposure: Exposure,
    /// Who answers; `None`: the edge function itself.
    pub function: Option<HttpFunction>,
    /// Whether its requests must carry an `Idempotency-Key`. The edge function drops the header on
    /// all other routes.
    pub needs_key: bool,
}

/// Most `{option}={value}` pairs on one request.
pub const SELECTION_PARAMETERS_MAX: usize = 400;
/// The prefix under which the App Proxy's requests arrive.
pub const PROXY_PREFIX: &str = "/proxy";
/// Tracking parameters are dropped, not rejected: links carry them.
const TRACKING: &[&str] = &["gclid", "fbclid"];
/// The prefix of tracking parameters.
const TRACKING_PREFIX: &str = "utm_";

use Caller::{May, Must};
use HttpFunction::{Admin, CartRead, Commands, ConfiguratorRead, LoyaltyRead, Webhooks};
use Kind::{Cart, Customer, Staff};
use Parameters::{Ignored, Names, Selection};

const NONE: Parameters = Names(&[]);

/// All routes.
pub const ROUTES: &[Route] = &[
    public("/health", None, NONE).uncached(),
    public("/health/ready", Some(ConfiguratorRead), NONE).uncached(),
    public("/v1/openapi.json", Some(ConfiguratorRead), NONE),
    public("/problems/{code}", Some(ConfiguratorRead), NONE),
    public("/v1/configurator/{product}", Some(ConfiguratorRead), NONE),
    public(
        "/v1/configurator/{product}/resolution",
        Some(ConfiguratorRead),
        Selection(&["_in_stock", "_only"]),
    ),
    public(
        "/v1/configurator/{product}/explanation",
        Some(ConfiguratorRead),
        Selection(&["_in_stock", "_why"]),
    ),
    public(
        "/v1/configurator/{product}/completion",
        Some(ConfiguratorRead),
        Selection(&["_by", "_in_stock"]),
    ),
    Route {
        callers: &[],
        exposure: Exposure::Direct,
        ..command("POST", "/v1/configurator/{product}/selections").without_key()
    },
    public("/v1/selections/{id}", Some(ConfiguratorRead), NONE),
    public("/v1/loyalty/program", Some(LoyaltyRead), NONE).on_both_paths(),
    personal("/v1/loyalty", Some(LoyaltyRead), &[Must(Customer)], NONE),
    personal(
        "/v1/loyalty/entries",
        Some(LoyaltyRead),
        &[Must(Customer)],
        Names(&["cursor", "limit"]),
    ),
    personal("/v1/loyalty/redemptions/{id}", Some(LoyaltyRead), &[Must(Customer)], NONE),
    Route { callers: &[Must(Customer)], ..command("POST", "/v1/loyalty/redemptions") },
    personal("/v1/cart", Some(CartRead), &[Must(Cart)], NONE),
    command("POST", "/v1/cart/lines"),
    command("DELETE", "/v1/cart/lines"),
    command("PATCH", "/v1/cart/lines/{line}"),
    command("DELETE", "/v1/cart/lines/{line}"),
    command("PATCH", "/v1/cart/attributes"),
    command("GET", "/v1/cart/checkout").without_key(),
    Route { callers: &[Must(Cart), Must(Customer)], ..command("POST", "/v1/cart/merge") },
    Route { callers: &[May(Customer), May(Cart)], ..command("POST", "/v1/carts").without_key() },
    Route {
        callers: &[Must(Customer)],
        exposure: Exposure::Proxy,
        ..command("POST", "/v1/session").without_key()
    },
    Route { callers: &[Must(Customer)], ..command("DELETE", "/v1/session").without_key() },
    Route {
        callers: &[],
        exposure: Exposure::Direct,
        function: Some(Webhooks),
        ..command("POST", "/webhooks/shopify").without_key()
    },
    Route { parameters: Ignored, ..public("/admin", Some(ConfiguratorRead), NONE) }.uncached(),
    public("/admin/{release}/{file}", Some(ConfiguratorRead), NONE),
    Route { parameters: Names(&["cursor"]), ..admin("GET", "/v1/admin/products") },
    admin("GET", "/v1/admin/configurators/{product}"),
    admin("PUT", "/v1/admin/configurators/{product}"),
    admin("DELETE", "/v1/admin/configurators/{product}"),
    admin("GET", "/v1/admin/configurators/{product}/report"),
    admin("GET", "/v1/admin/configurators/{product}/versions"),
    admin("POST", "/v1/admin/configurators/{product}/versions/{version}/activate"),
    admin("GET", "/v1/admin/installation"),
    admin("POST", "/v1/admin/installation"),
    admin("GET", "/v1/admin/staff"),
    admin("PUT", "/v1/admin/staff/{person}"),
    Route { parameters: Names(&["cursor"]), ..admin("GET", "/v1/admin/audit") },
    admin("POST", "/v1/admin/imports"),
    admin("GET", "/v1/admin/reconciliation"),
    admin("POST", "/v1/admin/reconciliation"),
    admin("GET", "/v1/admin/health"),
    admin("GET", "/v1/admin/dead-letters"),
    admin("POST", "/v1/admin/dead-letters/redrive"),
    admin("POST", "/v1/admin/customers/find"),
    Route {
        parameters: Names(&["cursor", "limit"]),
        ..admin("GET", "/v1/admin/customers/{customer}")
    },
    admin("POST", "/v1/admin/customers/{customer}/revoke"),
    admin("GET", "/v1/admin/carts/{id}"),
    admin("POST", "/v1/admin/carts/{id}/revoke"),
    admin("GET", "/v1/admin/privacy/demands"),
    admin("GET", "/v1/admin/privacy/demands/{id}"),
    Route {
        needs_key: true,
        ..admin("POST", "/v1/admin/loyalty/customers/{customer}/adjustments")
    },
    admin("GET", "/v1/admin/loyalty/program"),
    Route {
        parameters: Names(&["cursor", "dry_run"]),
        ..admin("PUT", "/v1/admin/loyalty/program")
    },
    Route { parameters: Names(&["cursor"]), ..admin("GET", "/v1/admin/loyalty/program/versions") },
    admin("POST", "/v1/admin/loyalty/program/versions/{version}/activate"),
];

const fn public(
    path: &'static str,
    function: Option<HttpFunction>,
    parameters: Parameters,
) -> Route {
    Route {
        method: "GET",
        path,
        class: Class::Public,
        callers: &[],
        parameters,
        exposure: Exposure::Direct,
        function,
        needs_key: false,
    }
}

const fn personal(
    path: &'static str,
    function: Option<HttpFunction>,
    callers: &'static [Caller],
    parameters: Parameters,
) -> Route {
    Route { class: Class::Personal, callers, ..public(path, function, parameters) }.on_both_paths()
}

const fn command(method: &'static str, path: &'static str) -> Route {
    Route {
        method,
        class: Class::Uncached,
        callers: &[Must(Cart)],
        needs_key: true,
        ..public(path, Some(Commands), NONE)
    }
    .on_both_paths()
}

const fn admin(method: &'static str, path: &'static str) -> Route {
    Route { method, callers: &[Must(Staff)], ..public(path, Some(Admin), NONE).uncached() }
}

// === impl Route ===

impl Route {
    const fn uncached(self) -> Self {
        Self { class: Class::Uncached, ..self }
    }

    const fn on_both_paths(self) -> Self {
        Self { exposure: Exposure::Both, ..self }
    }

    const fn without_key(self) -> Self {
        Self { needs_key: false, ..self }
    }

    /// The names of its own parameters.
    #[must_use]
    pub const fn names(&self) -> &'static [&'static str] {
        match self.parameters {
            Names(names) | Selection(names) => names,
            Ignored => &[],
        }
    }

    /// Whether `path` (canonical, without `/proxy`) is this route's.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let (mut pattern, mut rest) = (self.path, path);
        while let Some((literal, named)) = pattern.split_once('{') {
            let Some(tail) = rest.strip_prefix(literal) else { return false };
            let (segment, tail) = tail.split_at(tail.find('/').unwrap_or(tail.len()));
            if !crate::grammar::is_id(segment) {
                return false;
            }
            rest = tail;
            pattern = named.split_once('}').map_or("", |(_, after)| after);
        }
        rest == pattern
    }
}

/// Whether a link may carry this parameter for a third party's statistics.
#[must_use]
pub fn is_tracking(parameter: &str) -> bool {
    TRACKING.contains(&parameter) || parameter.starts_with(TRACKING_PREFIX)
}

/// The route of this method and path, or what the path would take instead.
///
/// # Errors
/// [`Unrouted`]: a 404 or a 405.
pub fn find(method: &str, path: &str) -> Result<&'static Route, Unrouted> {
    let method_of_route = if method == "HEAD" { "GET" } else { method };
    if let Some(route) =
        ROUTES.iter().find(|route| route.method == method_of_route && route.is_at(path))
    {
        return Ok(route);
    }
    let at_path = ROUTES.iter().filter(|route| route.is_at(path));
    let mut allow: Vec<&'static str> = at_path.map(|route| route.method).collect();
    if allow.is_empty() {
        return Err(Unrouted::Path);
    }
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    allow.sort_unstable();
    Err(Unrouted::Method { allow })
}

/// Why there is no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrouted {
    /// No route has this path.
    Path,
    /// The path takes these methods only.
    Method {
        /// For `Allow`, sorted.
        allow: Vec<&'static str>,
    },
}
