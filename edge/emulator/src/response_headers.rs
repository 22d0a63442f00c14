//! Applying a response headers policy: remove, then CORS, then security and custom (13.9).

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::distribution::{Cors, ResponseHeadersPolicy};

const CORS_HEADERS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// The parts of the viewer's request that the policy reads.
#[derive(Debug, Default)]
pub(crate) struct CorsRequest {
    origin: Option<HeaderValue>,
    is_preflight: bool,
}

// === impl CorsRequest ===

impl CorsRequest {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        Self {
            origin: headers.get(ORIGIN).cloned(),
            is_preflight: *method == Method::OPTIONS
                && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD),
        }
    }
}

/// Applies all but `Server-Timing`, which needs the phase of the request.
pub(crate) fn apply(policy: &ResponseHeadersPolicy, request: &CorsRequest, answer: &mut HeaderMap) {
    for name in &policy.remove {
        answer.remove(name);
    }
    if let (Some(cors), Some(origin)) = (&policy.cors, &request.origin) {
        apply_cors(cors, origin, request.is_preflight, answer);
    }
    for header in &policy.set {
        if header.overrides || !answer.contains_key(&header.name) {
            answer.insert(&header.name, header.value.clone());
        }
    }
}

/// Without override, one CORS header of the origin's keeps all of the policy's out.
fn apply_cors(cors: &Cors, origin: &HeaderValue, is_preflight: bool, answer: &mut HeaderMap) {
    if cors.overrides {
        for name in CORS_HEADERS {
            answer.remove(name);
        }
    } else if CORS_HEADERS.iter().any(|name| answer.contains_key(name)) {
        return;
    }
    if cors.origins.iter().any(|allowed| allowed == "*") {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    } else if cors.origins.iter().any(|allowed| allows(allowed, origin)) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.append(VARY, HeaderValue::from_static("Origin"));
    } else {
        return;
    }
    if cors.credentials {
        answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    if let Some(expose) = &cors.expose {
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
    }
    if is_preflight {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, cors.methods.clone());
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, cors.headers.clone());
        if let Some(max_age) = &cors.max_age {
            answer.insert(ACCESS_CONTROL_MAX_AGE, max_age.clone());
        }
    }
}

/// An origin as listed: exact, or with one `*` for a label's worth of characters.
fn allows(allowed: &str, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    match allowed.split_once('*') {
        None => allowed == origin,
        Some((before, after)) => origin
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|wild| !wild.is_empty()),
    }
}
