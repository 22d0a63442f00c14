//! A rejection as a generated response: a problem document that no cache stores.

use edge_wire::problem::{Code, MEDIA_TYPE, Problem};

use crate::entrance::is_shared_across_origins;
use crate::event::{Header, Headers, Request, Response};

/// Why a request is rejected. Boxed: rejections are rare and large.
pub(crate) type Rejection = Box<Problem>;

/// Longest path repeated in `instance`: any path of ours fits, and a response generated at
/// viewer-request may have 40 KB (CloudFront quotas).
const INSTANCE_BYTES_MAX: usize = 1024;

/// A rejection without a field at fault.
pub(crate) fn reject(code: Code, detail: &str) -> Rejection {
    Box::new(Problem::new(code, detail))
}

/// The response to the viewer.
pub(crate) fn answer(mut problem: Rejection, request: &Request) -> Response {
    let path = &request.uri;
    path[..path.floor_char_boundary(INSTANCE_BYTES_MAX)].clone_into(&mut problem.instance);
    let body = serde_json::to_string(&problem).expect("a problem is strings and numbers");
    let mut response = respond(problem.status(), Some((MEDIA_TYPE, body)), request);
    if let Some(allow) = problem.allow.take() {
        set(&mut response.headers, "allow", allow);
    }
    if problem.status() == 401 {
        let scheme = if problem.code() == Code::SignatureInvalid.slug() {
            "Shopify-Signature"
        } else {
            "Bearer"
        };
        set(&mut response.headers, "www-authenticate", scheme);
    }
    response
}

/// A generated response with the headers that all of them have.
pub(crate) fn respond(status: u16, body: Option<(&str, String)>, request: &Request) -> Response {
    let mut headers = Headers::new();
    set(&mut headers, "cache-control", "no-store");
    if is_shared_across_origins(&request.uri) {
        set(&mut headers, "access-control-allow-origin", "*");
    }
    let mut response = Response {
        status: status.to_string(),
        status_description: None,
        headers,
        body: None,
        body_encoding: None,
    };
    if let Some((media_type, text)) = body {
        set(&mut response.headers, "content-type", media_type);
        response.body = (request.method != "HEAD").then_some(text);
    }
    response
}

/// Gives a header one value.
pub(crate) fn set(headers: &mut Headers, name: &str, value: impl Into<String>) {
    headers.insert(name.to_owned(), vec![Header { key: None, value: value.into() }]);
}
