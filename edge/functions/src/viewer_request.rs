//! The verdict on a viewer request: nothing that is not understood goes on.

use edge_wire::grammar::is_idempotency_key;
use edge_wire::identity;
use edge_wire::problem::{Code, Problem};
use edge_wire::routes::{Route, Target};

use crate::config::EdgeConfig;
use crate::entrance::Entrance;
use crate::event::{Header, Headers, Request, Response};
use crate::forward::Forwarded;
use crate::presented::{Claim, Presented};
use crate::refusal::{self, Refusal, refuse};
use crate::{bookmarks, callers, path, preflight, query};

/// Longest path and query together an edge function may write (CloudFront: "Restrictions on all
/// edge functions": less than 8,192 characters).
const URL_BYTES_MAX: usize = 8191;

/// What the edge function decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on with this request: canonical, verified, and bearing nothing else.
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
        Err(refusal) => Verdict::Respond(refusal::answer(refusal, &request)),
    }
}

enum Decision {
    Forward(Forwarded),
    Answer(Response),
}

fn decide(request: &Request, config: &EdgeConfig, now_unix_s: u64) -> Result<Decision, Refusal> {
    path::check(&request.uri)?;
    let (entrance, path) = Entrance::of(&request.uri);
    if request.method == "OPTIONS" {
        return preflight::answer(entrance, path, request).map(Decision::Answer);
    }
    let route = entrance.route(&request.method, path)?;
    refuse_body_on_read(route, &request.headers)?;
    let presented = match entrance {
        Entrance::Direct => Presented::direct(request)?,
        Entrance::Proxied => Presented::proxied(request, route, config, now_unix_s)?,
    };
    let forwarded = verify(route, path, presented, config, now_unix_s)?;
    if route.target == Target::Edge {
        let alive = ("application/json", r#"{"status":"ok"}"#.to_owned());
        return Ok(Decision::Answer(refusal::respond(200, Some(alive), request)));
    }
    Ok(Decision::Forward(forwarded))
}

fn verify(
    route: &'static Route,
    path: &str,
    mut presented: Presented<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Forwarded, Refusal> {
    let parameters = std::mem::take(&mut presented.parameters);
    let querystring = query::canonical(route.parameters, parameters)?;
    if path.len() + "?".len() + querystring.len() > URL_BYTES_MAX {
        return Err(query::unreadable("is too long once it is escaped"));
    }
    let identities = callers::identify(route, &presented, config, now_unix_s)?;
    let bookmarks = bookmarks::collect(&presented, route, &identities, &config.keys)?;
    let idempotency_key = idempotency_key(route, &presented)?;
    Ok(Forwarded {
        route,
        uri: path.to_owned(),
        querystring,
        identity: (!identities.is_empty()).then(|| identity::encode(&config.keys, &identities)),
        bookmarks,
        idempotency_key,
    })
}

/// CloudFront refuses a body on `GET` before it asks us; this holds wherever we run.
fn refuse_body_on_read(route: &Route, headers: &Headers) -> Result<(), Refusal> {
    let is_empty = |length: &Header| length.value == "0";
    let has_length =
        headers.get("content-length").is_some_and(|lengths| !lengths.iter().all(is_empty));
    if route.method == "GET" && (has_length || headers.contains_key("transfer-encoding")) {
        return Err(refuse(Code::BodyNotAllowed, "Send what the request needs in its query."));
    }
    Ok(())
}

/// The key of a command; on other routes it means nothing and goes no further.
fn idempotency_key(route: &Route, presented: &Presented<'_>) -> Result<Option<String>, Refusal> {
    if !route.is_command {
        return Ok(None);
    }
    let (code, message) = match &presented.idempotency_key {
        Claim::One(key) if is_idempotency_key(key) => return Ok(Some(key.to_string())),
        Claim::Absent => (Code::IdempotencyKeyMissing, "is missing"),
        Claim::One(_) | Claim::Unreadable => (Code::IdempotencyKeyInvalid, "is malformed"),
    };
    let detail = "Name each command with 16 to 128 of `A-Z a-z 0-9 - _`, and its retries alike.";
    Err(Problem::new(code, detail).at(presented.places.idempotency_key, message).into())
}
