//! Which headers a function may not touch (3.9), as hard validation.

use http::HeaderMap;

use super::event::{Moment, text};

/// Never passed to a function, never accepted from one.
const DISALLOWED: [&str; 21] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amzn-auth",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-forwarded-proto",
];
const DISALLOWED_PREFIXES: [&str; 4] = ["x-amz-cf-", "x-amzn-cf-", "x-edge-", "x-real-ip"];

const READ_ONLY_VIEWER_REQUEST: &[&str] =
    &["cdn-loop", "content-length", "host", "transfer-encoding", "via"];
const READ_ONLY_ORIGIN_REQUEST: &[&str] = &[
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "transfer-encoding",
    "via",
];
const READ_ONLY_ORIGIN_RESPONSE: &[&str] = &["transfer-encoding", "via"];
const READ_ONLY_VIEWER_RESPONSE: &[&str] =
    &["content-encoding", "content-length", "transfer-encoding", "via", "warning"];

pub(super) fn is_disallowed(name: &str) -> bool {
    DISALLOWED.contains(&name) || DISALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn read_only(moment: Moment) -> &'static [&'static str] {
    match moment {
        Moment::ViewerRequest => READ_ONLY_VIEWER_REQUEST,
        Moment::OriginRequest => READ_ONLY_ORIGIN_REQUEST,
        Moment::OriginResponse => READ_ONLY_ORIGIN_RESPONSE,
        Moment::ViewerResponse => READ_ONLY_VIEWER_RESPONSE,
    }
}

/// The first header that was added, changed or deleted against the rules.
pub(super) fn violated(moment: Moment, before: &HeaderMap, after: &HeaderMap) -> Option<String> {
    if let Some(name) = after.keys().find(|name| is_disallowed(name.as_str())) {
        return Some(name.to_string());
    }
    let touched = |name: &&&str| {
        let before = before.get_all(**name).iter().map(text);
        !before.eq(after.get_all(**name).iter().map(text))
    };
    read_only(moment).iter().find(touched).map(|name| (*name).to_owned())
}
