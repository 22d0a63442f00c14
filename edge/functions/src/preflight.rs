//! CORS preflights, answered here: they never reach a cache or an origin.

use edge_wire::routes;

use crate::entrance::{Entrance, has_preflight};
use crate::event::{Request, Response};
use crate::rejection::{Rejection, respond, set};

/// Headers that a script may send. `*` would not cover `Authorization` (Fetch standard). Browser SDKs
/// of tracing add the last two to every call, which would fail without them; no origin gets them.
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-None-Match, \
                               Forecourt-Cart, Forecourt-Bookmark, baggage, sentry-trace";
/// How long a browser caches the answer, seconds: the maximum of Chromium.
const MAX_AGE_S: &str = "7200";

/// The answer to `OPTIONS`.
pub(crate) fn answer(
    entrance: Entrance,
    path: &str,
    request: &Request,
) -> Result<Response, Rejection> {
    let mut methods = entrance.methods(path);
    let is_preflight = ["origin", "access-control-request-method"]
        .iter()
        .all(|header| request.headers.contains_key(*header));
    let is_open = |method: &&str| routes::find(method, path).is_ok_and(has_preflight);
    methods.retain(is_open);
    if !is_preflight || methods.is_empty() || entrance == Entrance::Proxied {
        return Err(entrance.no_method(path));
    }
    let mut response = respond(204, None, request);
    set(&mut response.headers, "access-control-allow-methods", methods.join(", "));
    set(&mut response.headers, "access-control-allow-headers", ALLOWED_HEADERS);
    set(&mut response.headers, "access-control-max-age", MAX_AGE_S);
    Ok(response)
}
