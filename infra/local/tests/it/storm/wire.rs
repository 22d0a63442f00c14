//! Sends one request; it gets one answer or none.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::request::Builder;

/// A client gives up on an answer that takes this long; a command's outcome is then unknown.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) etag: String,
    pub(crate) body: Value,
}

/// A client that reuses its connections.
pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false);
    Agent::new_with_config(config.timeout_global(Some(TIMEOUT)).build())
}

pub(crate) fn once(
    agent: &Agent,
    request: Builder,
    body: Option<&Value>,
) -> Result<Reply, ureq::Error> {
    let mut response = match body {
        None => agent.run(request.body(()).unwrap())?,
        Some(body) => {
            let request = request.header("content-type", "application/json");
            agent.run(request.body(body.to_string()).unwrap())?
        }
    };
    let text = response.body_mut().read_to_string()?;
    let etag = response.headers().get("etag").map_or("", |etag| etag.to_str().unwrap());
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Reply { status: response.status().as_u16(), etag: etag.to_owned(), body })
}
