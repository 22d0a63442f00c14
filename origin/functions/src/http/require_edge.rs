//! The layer of the functions behind the HTTP API: rejects requests that bypass the edge, which
//! verifies the caller and bounds the request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use edge_wire::headers::ORIGIN;
use edge_wire::problem::Code;
use edge_wire::secrets::OriginSecrets;

use crate::http::http_problem::HttpProblem;

/// Rejects a request without the header that only the edge can send, before reading its body.
pub(crate) async fn require_edge(
    State(secrets): State<OriginSecrets>,
    mut request: Request,
    next: Next,
) -> Result<Response, HttpProblem> {
    let sent = request.headers_mut().remove(ORIGIN);
    if sent.is_some_and(|sent| secrets.holds(sent.as_bytes())) {
        return Ok(next.run(request).await);
    }
    Err(HttpProblem::new(Code::EdgeBypassed, "Call the shop's own URL."))
}
