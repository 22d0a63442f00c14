//! The forwarded request: an allow-listed set of viewer headers, and ours.

use edge_wire::function::HttpFunction;
use edge_wire::headers;
use edge_wire::routes::Route;

use crate::event::Request;
use crate::rejection::set;

/// Headers that an edge function may neither add, change nor remove at viewer-request (CloudFront:
/// "Restrictions on all edge functions").
const READ_ONLY: &[&str] = &["cdn-loop", "content-length", "host", "transfer-encoding", "via"];
/// Headers that every route forwards: CloudFront normalises the first, the response headers
/// policies need the second and the third (`server-timing`), logs the last.
const ALWAYS: &[&str] = &["accept-encoding", "origin", "pragma", "user-agent"];

/// A verified and canonical request, before it replaces what the viewer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForwardedRequest {
    pub(crate) route: &'static Route,
    pub(crate) uri: String,
    pub(crate) querystring: String,
    pub(crate) identity: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) bookmarks: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

// === impl ForwardedRequest ===

impl ForwardedRequest {
    /// The request to forward.
    pub(crate) fn replace(self, mut request: Request) -> Request {
        request.headers.retain(|name, _| is_forwarded(self.route, name));
        let ours = [
            (headers::IDENTITY, self.identity),
            (headers::SESSION, self.session),
            (headers::BOOKMARK, self.bookmarks),
            (headers::IDEMPOTENCY_KEY, self.idempotency_key),
        ];
        for (name, value) in ours {
            if let Some(value) = value {
                set(&mut request.headers, name, value);
            }
        }
        request.uri = self.uri;
        request.querystring = self.querystring;
        request
    }
}

/// Whether a viewer's header is forwarded. Our own headers never are: they are set from verified
/// data.
fn is_forwarded(route: &Route, name: &str) -> bool {
    if READ_ONLY.contains(&name) || ALWAYS.contains(&name) {
        return true;
    }
    let is_read = route.method == "GET";
    match name {
        "if-none-match" => is_read,
        // An origin that did not see the encoding would read the body as if it were plain.
        "content-type" | "content-encoding" => !is_read,
        "if-match" => !is_read && route.function == Some(HttpFunction::Admin),
        _ => {
            let is_shopifys = name.starts_with("x-shopify-") || name.starts_with("shopify-");
            is_shopifys && route.function == Some(HttpFunction::Webhooks)
        }
    }
}
