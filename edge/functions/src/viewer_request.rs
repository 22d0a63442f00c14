//! The verdict on a viewer request: only what is understood is forwarded.

use edge_wire::grammar::is_idempotency_key;
use edge_wire::problem::{Code, Problem};
use edge_wire::routes::Route;

use crate::config::EdgeConfig;
use crate::entrance::Entrance;
use crate::event::{Header, Headers, Request, Response};
use crate::forward::ForwardedRequest;
use crate::inputs::{Claim, ClientInputs};
use crate::rejection::{self, Rejection, reject};
use crate::{bookmarks, callers, path, preflight, query};

/// Longest path and query together an edge function may write (CloudFront: "Restrictions on all
/// edge functions": less than 8,192 characters).
const URL_BYTES_MAX: usize = 8191;

/// What the edge function decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Forward this request, which holds only canonical and verified data.
    Forward(Request),
    /// Answer at once.
    Respond(Response),
}

/// Decides on a viewer request. Pure: the same request, configuration and time have the same
/// verdict.
#[must_use]
pub fn viewer_request(request: Request, config: &EdgeConfig, now_unix_s: u64) -> Verdict {
    match decide(&request, config, now_unix_s) {
        Ok(Decision::Forward(forwarded)) => Verdict::Forward(forwarded.replace(request)),
        Ok(Decision::Answer(response)) => Verdict::Respond(response),
        Err(problem) => Verdict::Respond(rejection::answer(problem, &request)),
    }
}

enum Decision {
    Forward(ForwardedRequest),
    Answer(Response),
}

fn decide(request: &Request, config: &EdgeConfig, now_unix_s: u64) -> Result<Decision, Rejection> {
    path::check(&request.uri)?;
    let (entrance, path) = Entrance::of(&request.uri);
    if request.method == "OPTIONS" {
        return preflight::answer(entrance, path, request).map(Decision::Answer);
    }
    let route = entrance.route(&request.method, path)?;
    reject_body_on_read(route, &request.headers)?;
    let inputs = match entrance {
        Entrance::Direct => ClientInputs::direct(request)?,
        Entrance::Proxied => ClientInputs::proxied(request, route, config, now_unix_s)?,
    };
    let forwarded = verify(route, path, inputs, config, now_unix_s)?;
    if route.function.is_none() {
        let alive = ("application/json", r#"{"status":"ok"}"#.to_owned());
        return Ok(Decision::Answer(rejection::respond(200, Some(alive), request)));
    }
    Ok(Decision::Forward(forwarded))
}

fn verify(
    route: &'static Route,
    path: &str,
    mut inputs: ClientInputs<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<ForwardedRequest, Rejection> {
    let parameters = std::mem::take(&mut inputs.parameters);
    let querystring = query::canonical(route.parameters, parameters)?;
    if path.len() + "?".len() + querystring.len() > URL_BYTES_MAX {
        return Err(query::unreadable("is too long once it is escaped"));
    }
    let callers = callers::identify(route, &inputs, config, now_unix_s)?;
    let bookmarks = bookmarks::collect(&inputs, route, &callers.identities, &config.keys)?;
    let idempotency_key = idempotency_key(route, &inputs)?;
    Ok(ForwardedRequest {
        route,
        uri: path.to_owned(),
        querystring,
        identity: callers.identity(&config.keys),
        session: callers.session(&config.keys),
        bookmarks,
        idempotency_key,
    })
}

/// CloudFront rejects a body on `GET` before it calls this function; other hosts may not.
fn reject_body_on_read(route: &Route, headers: &Headers) -> Result<(), Rejection> {
    let is_empty = |length: &Header| length.value == "0";
    let has_length =
        headers.get("content-length").is_some_and(|lengths| !lengths.iter().all(is_empty));
    if route.method == "GET" && (has_length || headers.contains_key("transfer-encoding")) {
        return Err(reject(Code::BodyNotAllowed, "Send what the request needs in its query."));
    }
    Ok(())
}

/// The `Idempotency-Key` of a route that needs one; on other routes it is dropped.
fn idempotency_key(route: &Route, inputs: &ClientInputs<'_>) -> Result<Option<String>, Rejection> {
    if !route.needs_key {
        return Ok(None);
    }
    let (code, message) = match &inputs.idempotency_key {
        Claim::One(key) if is_idempotency_key(key) => return Ok(Some(key.to_string())),
        Claim::Absent => (Code::IdempotencyKeyMissing, "is missing"),
        Claim::One(_) | Claim::Unreadable => (Code::IdempotencyKeyInvalid, "is malformed"),
    };
    let detail = "Name each command with 16 to 128 of `A-Z a-z 0-9 - _`, and its retries alike.";
    Err(Problem::new(code, detail).at(inputs.places.idempotency_key, message).into())
}
