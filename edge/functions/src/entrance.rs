//! How a request arrived, and its route.

use edge_wire::function::HttpFunction;
use edge_wire::problem::{Code, Problem};
use edge_wire::routes::{self, Exposure, PROXY_PREFIX, Route, Unrouted};

use crate::rejection::{Rejection, reject};

/// How a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// From the viewer.
    Direct,
    /// Through Shopify's App Proxy, by its path; the signature is not verified yet.
    Proxied,
}

// === impl Entrance ===

impl Entrance {
    /// The entrance of a path, and the path without its prefix.
    pub(crate) fn of(uri: &str) -> (Self, &str) {
        match uri.strip_prefix(PROXY_PREFIX) {
            Some(path) if path.starts_with('/') => (Self::Proxied, path),
            _ => (Self::Direct, uri),
        }
    }

    /// The route of this method and path.
    pub(crate) fn route(self, method: &str, path: &str) -> Result<&'static Route, Rejection> {
        match routes::find(method, path) {
            Ok(route) if self.leads_to(route) => Ok(route),
            Ok(_) if self == Self::Direct => Err(reject(
                Code::ProxyOnly,
                "Call this route under the shop's own domain, through the App Proxy.",
            )),
            Ok(_) => Err(unknown()),
            Err(_) => Err(self.no_method(path)),
        }
    }

    /// The rejection for a path that does not take the method of the request.
    pub(crate) fn no_method(self, path: &str) -> Rejection {
        let allow = self.methods(path);
        if allow.is_empty() {
            return unknown();
        }
        let allow = allow.join(", ");
        let mut problem = Problem::new(Code::MethodNotAllowed, format!("This path takes {allow}."));
        problem.allow = Some(allow);
        Box::new(problem)
    }

    /// The methods a path takes from here, sorted; none if there is no such path.
    pub(crate) fn methods(self, path: &str) -> Vec<&'static str> {
        // No route has this method, so the result is always the methods of the path.
        let Err(Unrouted::Method { mut allow }) = routes::find("OPTIONS", path) else {
            return Vec::new();
        };
        if self == Self::Proxied {
            allow.retain(|method| routes::find(method, path).is_ok_and(|it| self.leads_to(it)));
        }
        allow
    }

    fn leads_to(self, route: &Route) -> bool {
        match route.exposure {
            Exposure::Both => true,
            Exposure::Direct => self == Self::Direct,
            Exposure::Proxy => self == Self::Proxied,
        }
    }
}

fn unknown() -> Rejection {
    reject(Code::RouteUnknown, "See /v1/openapi.json for the routes there are.")
}

/// Whether scripts of any web origin may read what this path answers. Admin and webhooks are not
/// for browsers, and the App Proxy answers in the shop's own origin.
pub(crate) fn is_shared_across_origins(uri: &str) -> bool {
    ![PROXY_PREFIX, "/v1/admin", "/webhooks"].iter().any(|closed| {
        uri.strip_prefix(closed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether a browser may send a preflight before it calls `route` from another origin.
pub(crate) fn has_preflight(route: &Route) -> bool {
    route.exposure != Exposure::Proxy
        && !matches!(route.function, Some(HttpFunction::Admin | HttpFunction::Webhooks))
}
