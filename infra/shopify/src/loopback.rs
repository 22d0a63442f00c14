//! Protects a server of this machine from web pages of other sites, which a browser on this machine
//! may show: by DNS rebinding such a page reads answers, by a form it sends requests.

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Method, StatusCode};

/// Answers 403 unless the request is addressed to an IP address or to `localhost`, and a request that
/// may change something is of the same origin. A page of another site has a name for its host, even if
/// the name leads here. Clients that are not browsers send no origin.
pub async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let problem = if !request.uri().host().into_iter().chain(text(headers, HOST)).all(is_local) {
        Some("The host is neither an IP address nor localhost.")
    } else if !is_read(request.method()) && !is_same_origin(headers) {
        Some("The origin is another site.")
    } else {
        None
    };
    match problem {
        Some(problem) => (StatusCode::FORBIDDEN, problem).into_response(),
        None => next.run(request).await,
    }
}

fn is_read(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// Whether a host, with or without a port, can't be the name of another site.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost")
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_none_or(|origin| {
        let own = text(headers, HOST).map(|host| format!("http://{host}"));
        own.is_some_and(|own| own.as_bytes() == origin.as_bytes())
    })
}

/// A header's text; one that is no text is no host either.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}
