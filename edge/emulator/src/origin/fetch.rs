//! Attempts and timeouts around an origin (15.1–15.3).

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, UPGRADE};
use http::{Method, Request, Response};
use tokio::time::timeout;

use super::{Origin, OriginError};
use crate::distribution::OriginTimeouts;

/// Headers of an origin's answer (1.2: the limit of a request's holds for these too).
const HEAD_BYTES_MAX: usize = 32_768;

/// Fetches: GET and HEAD as often as the origin allows, everything else once.
pub(crate) async fn fetch(
    origin: &dyn Origin,
    timeouts: OriginTimeouts,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, OriginError> {
    let attempts = attempt_repeatedly(origin, timeouts, request);
    match timeouts.completion {
        Some(completion) => {
            timeout(completion, attempts).await.unwrap_or(Err(OriginError::Timeout))
        }
        None => attempts.await,
    }
}

async fn attempt_repeatedly(
    origin: &dyn Origin,
    timeouts: OriginTimeouts,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, OriginError> {
    let repeatable = *request.method() == Method::GET || *request.method() == Method::HEAD;
    let attempts_max = if repeatable { timeouts.attempts_max } else { 1 };
    for _ in 1..attempts_max {
        match attempt(origin, timeouts, request.clone()).await {
            Err(OriginError::Unreachable | OriginError::Timeout) => {}
            outcome => return outcome,
        }
    }
    attempt(origin, timeouts, request).await
}

async fn attempt(
    origin: &dyn Origin,
    timeouts: OriginTimeouts,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, OriginError> {
    let bodyless = *request.method() == Method::HEAD;
    let upgrades = request.headers().contains_key(UPGRADE);
    let response =
        timeout(timeouts.read, origin.fetch(request)).await.map_err(|_| OriginError::Timeout)??;
    if response.status().is_informational() && !upgrades {
        return Err(OriginError::Invalid);
    }
    let head = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    if head.sum::<usize>() > HEAD_BYTES_MAX {
        return Err(OriginError::Invalid);
    }
    let length = response.headers().get(CONTENT_LENGTH);
    let length =
        length.map(|length| length.to_str().ok().and_then(|text| text.parse::<usize>().ok()));
    let bodyless = bodyless || response.status() == http::StatusCode::NOT_MODIFIED;
    match length {
        Some(None) => Err(OriginError::Invalid),
        Some(Some(promised)) if !bodyless && response.body().len() != promised => {
            Err(OriginError::Incomplete)
        }
        _ => Ok(response),
    }
}
