//! The headers that the App Proxy removes.

use http::HeaderMap;

/// Removed from requests: cookies by Shopify's documentation, the others belong to one connection.
const FROM_REQUESTS: [&str; 9] = [
    "connection",
    "content-length",
    "cookie",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Removed from answers: Shopify's list.
const FROM_ANSWERS: [&str; 19] = [
    "accept-patch",
    "accept-ranges",
    "connection",
    "cookie",
    "date",
    "delta-base",
    "im",
    "p3p",
    "pragma",
    "preference-applied",
    "proxy-authenticate",
    "public-key-pins",
    "server",
    "service-worker-allowed",
    "set-cookie",
    "trailer",
    "tk",
    "warning",
    "x-powered-by",
];
/// Also removed from answers: they belong to one connection.
const OF_CONNECTION: [&str; 3] = ["content-length", "keep-alive", "transfer-encoding"];
/// What passes if nothing undocumented does.
const STANDARD: [&str; 9] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "if-modified-since",
    "if-none-match",
    "origin",
    "referer",
    "user-agent",
];

/// What the app sees of a client's headers.
pub(super) fn of_request(mut headers: HeaderMap, drops_custom: bool) -> HeaderMap {
    for name in FROM_REQUESTS {
        headers.remove(name);
    }
    if drops_custom {
        let custom: Vec<_> =
            headers.keys().filter(|name| !STANDARD.contains(&name.as_str())).cloned().collect();
        for name in custom {
            headers.remove(name);
        }
    }
    headers
}

/// What the client sees of the app's headers.
pub(super) fn strip_answer(headers: &mut HeaderMap) {
    for name in FROM_ANSWERS.iter().chain(&OF_CONNECTION) {
        headers.remove(*name);
    }
}
