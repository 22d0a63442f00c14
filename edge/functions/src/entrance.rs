//! How a request came in, and which route that makes it.

use edge_wire::problem::{Code, Problem};
use edge_wire::routes::{self, Door, PROXY_PREFIX, Route, Target, Unrouted};

use crate::refusal::{Refusal, refuse};

/// How a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// From the viewer.
    Direct,
    /// Through Shopify's App Proxy, or so it says.
    Proxied,
}

// === impl Entrance ===

impl Entrance {
    /// The entrance a path names, and the path behind it.
    pub(crate) fn of(uri: &str) -> (Self, &str) {
        match uri.strip_prefix(PROXY_PREFIX) {
            Some(path) if path.starts_with('/') => (Self::Proxied, path),
            _ => (Self::Direct, uri),
        }
    }

    /// The route of this method and path.
    pub(crate) fn route(self, method: &str, path: &str) -> Result<&'static Route, Refusal> {
        match routes::find(method, path) {
            Ok(route) if self.leads_to(route) => Ok(route),
            Ok(_) if self == Self::Direct => Err(refuse(
                Code::ProxyOnly,
                "Call this route under the shop's own domain, through the App Proxy.",
            )),
            Ok(_) => Err(unknown()),
            Err(_) => Err(self.no_method(path)),
        }
    }

    /// The refusal for a path that does not take the method asked.
    pub(crate) fn no_method(self, path: &str) -> Refusal {
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
        // No route has this method, so the answer is always what the path takes instead.
        let Err(Unrouted::Method { mut allow }) = routes::find("OPTIONS", path) else {
            return Vec::new();
        };
        if self == Self::Proxied {
            allow.retain(|method| routes::find(method, path).is_ok_and(|it| self.leads_to(it)));
        }
        allow
    }

    fn leads_to(self, route: &Route) -> bool {
        match route.door {
            Door::Both => true,
            Door::Direct => self == Self::Direct,
            Door::Proxy => self == Self::Proxied,
        }
    }
}

fn unknown() -> Refusal {
    refuse(Code::RouteUnknown, "See /v1/openapi.json for the routes there are.")
}

/// Whether scripts of any web origin may read what this path answers. Admin and webhooks are not
/// for browsers, and the App Proxy answers in the shop's own origin.
pub(crate) fn is_shared_across_origins(uri: &str) -> bool {
    ![PROXY_PREFIX, "/v1/admin", "/webhooks"].iter().any(|closed| {
        uri.strip_prefix(closed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether a browser may ask before it calls `route` from another origin.
pub(crate) fn has_preflight(route: &Route) -> bool {
    route.door != Door::Proxy && !matches!(route.target, Target::Admin | Target::Webhooks)
}
