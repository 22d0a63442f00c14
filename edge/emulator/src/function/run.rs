//! Invokes a function at one of the four events, and validates its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Response, StatusCode};

use super::EdgeFunction;
use super::answer::{Answer, RequestAnswer, ResponseAnswer};
use super::event::{Event, Moment};
use super::header_rules::violated;
use crate::distribution::OriginSettings;
use crate::request::EdgeRequest;

/// Headers and body of a generated response, at viewer and at origin events (3.12).
const GENERATED_BYTES_MAX_VIEWER: usize = 40 * 1024;
const GENERATED_BYTES_MAX_ORIGIN: usize = 1024 * 1024;
/// URI and query string together (3.14).
const TARGET_CHARS_MAX: usize = 8_192;

/// What a function at a request event decided.
pub(crate) enum Verdict {
    Continue(EdgeRequest),
    Respond(Response<Bytes>),
}

/// A function that failed, or whose answer CloudFront would reject (3.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Threw(String),
    Invalid(String),
}

/// Invokes functions on behalf of one viewer request.
pub(crate) struct Runner<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) origin: &'a OriginSettings,
}

// === impl Fault ===

impl Fault {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Threw(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Invalid(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Invalid(reason)
    }
}

// === impl Runner ===

impl Runner<'_> {
    pub(crate) fn viewer_request(
        &self,
        function: &dyn EdgeFunction,
        request: EdgeRequest,
    ) -> Result<Verdict, Fault> {
        self.at_request(Moment::ViewerRequest, function, request)
    }

    pub(crate) fn origin_request(
        &self,
        function: &dyn EdgeFunction,
        request: EdgeRequest,
    ) -> Result<Verdict, Fault> {
        self.at_request(Moment::OriginRequest, function, request)
    }

    pub(crate) fn origin_response(
        &self,
        function: &dyn EdgeFunction,
        request: &EdgeRequest,
        response: Response<Bytes>,
    ) -> Result<Response<Bytes>, Fault> {
        self.at_response(Moment::OriginResponse, function, request, response)
    }

    /// May neither change the status (3.10) nor, without ever having seen it, the body.
    pub(crate) fn viewer_response(
        &self,
        function: &dyn EdgeFunction,
        request: &EdgeRequest,
        response: Response<Bytes>,
    ) -> Result<Response<Bytes>, Fault> {
        self.at_response(Moment::ViewerResponse, function, request, response)
    }

    fn at_request(
        &self,
        moment: Moment,
        function: &dyn EdgeFunction,
        request: EdgeRequest,
    ) -> Result<Verdict, Fault> {
        let event = Event {
            moment,
            request_id: self.request_id,
            request: &request,
            origin: (moment == Moment::OriginRequest).then_some(self.origin),
            response: None,
        };
        let answer = invoke(function, &event.to_json())?;
        let answer = Answer::parse(&answer)?;
        if answer.is_response() {
            let answer = answer.into_response(&HeaderMap::new())?;
            return generated(moment, answer).map(Verdict::Respond);
        }
        let answer = answer.into_request(&request.headers)?;
        let origin = answer.origin.as_ref().and_then(|origin| origin.pointer("/custom/domainName"));
        if origin.is_some_and(|name| name.as_str() != self.origin.host.to_str().ok()) {
            return Err(Fault::Invalid("another origin, which is not emulated".to_owned()));
        }
        changed(moment, request, answer).map(Verdict::Continue)
    }

    fn at_response(
        &self,
        moment: Moment,
        function: &dyn EdgeFunction,
        request: &EdgeRequest,
        response: Response<Bytes>,
    ) -> Result<Response<Bytes>, Fault> {
        let event = Event {
            moment,
            request_id: self.request_id,
            request,
            origin: None,
            response: Some((response.status(), response.headers())),
        };
        let answer = invoke(function, &event.to_json())?;
        let answer = Answer::parse(&answer)?;
        let answer = answer.into_response(response.headers())?;
        if let Some(name) = violated(moment, response.headers(), &answer.headers) {
            return Err(Fault::Invalid(format!("the header `{name}` was touched")));
        }
        if moment == Moment::ViewerResponse
            && (answer.status != response.status() || answer.body.is_some())
        {
            return Err(Fault::Invalid("a viewer response keeps its status and body".to_owned()));
        }
        let (mut parts, mut body) = response.into_parts();
        parts.status = answer.status;
        parts.headers = answer.headers;
        if let Some(replaced) = answer.body {
            parts.headers.remove(http::header::CONTENT_LENGTH);
            body = replaced;
        }
        Ok(Response::from_parts(parts, body))
    }
}

fn invoke(function: &dyn EdgeFunction, event: &[u8]) -> Result<Vec<u8>, Fault> {
    match catch_unwind(AssertUnwindSafe(|| function.invoke(event))) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Fault::Threw(error.0)),
        Err(_) => Err(Fault::Threw("panicked".to_owned())),
    }
}

fn generated(moment: Moment, answer: ResponseAnswer) -> Result<Response<Bytes>, Fault> {
    if let Some(name) = violated(moment, &HeaderMap::new(), &answer.headers) {
        return Err(Fault::Invalid(format!("the header `{name}` in a generated response")));
    }
    let body = answer.body.unwrap_or_default();
    if answer.status == StatusCode::NO_CONTENT && !body.is_empty() {
        return Err(Fault::Invalid("204 with a body".to_owned()));
    }
    let bytes_max = match moment.is_viewer() {
        true => GENERATED_BYTES_MAX_VIEWER,
        false => GENERATED_BYTES_MAX_ORIGIN,
    };
    let head: usize =
        answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head + body.len() > bytes_max {
        return Err(Fault::Invalid("a generated response over its limit".to_owned()));
    }
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn changed(
    moment: Moment,
    before: EdgeRequest,
    answer: RequestAnswer,
) -> Result<EdgeRequest, Fault> {
    if answer.method != before.method.as_str() {
        return Err(Fault::Invalid("another method".to_owned()));
    }
    if let Some(name) = violated(moment, &before.headers, &answer.headers) {
        return Err(Fault::Invalid(format!("the header `{name}` was touched")));
    }
    let unchanged = before.query.as_deref().unwrap_or_default() == answer.querystring;
    let query = match answer.querystring {
        _ if unchanged => before.query,
        empty if empty.is_empty() => None,
        query => Some(query),
    };
    let request = EdgeRequest { path: answer.uri, query, headers: answer.headers, ..before };
    let target = request.target();
    let is_valid = request.path.starts_with('/')
        && !request.path.contains('?')
        && !target.contains(|c: char| c == '#' || c == ' ' || c.is_control())
        && target.len() < TARGET_CHARS_MAX
        && target.parse::<PathAndQuery>().is_ok();
    if !is_valid {
        return Err(Fault::Invalid("a uri or querystring that is not one".to_owned()));
    }
    Ok(request)
}
