//! The layer of what stands behind the HTTP API: nobody goes around the edge, which has verified the
//! caller and bounded the request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use edge_wire::headers::ORIGIN;
use edge_wire::problem::Code;
use edge_wire::secrets::OriginSecrets;

use crate::refused::Refused;

/// Refuses what lacks the header that only the edge can send; nothing of the body is read then.
pub(crate) async fn through_the_edge(
    State(secrets): State<OriginSecrets>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let sent = request.headers_mut().remove(ORIGIN);
    if sent.is_some_and(|sent| secrets.holds(sent.as_bytes())) {
        return Ok(next.run(request).await);
    }
    Err(Refused::new(Code::EdgeBypassed, "Call the shop's own URL."))
}
