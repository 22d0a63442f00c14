//! JSON in, JSON out: what Lambda@Edge, its wasm form and the emulator call.

use crate::config::EdgeConfig;
use crate::event::{Event, EventType};
use crate::viewer_request::{Verdict, viewer_request};

/// Why there is no verdict. CloudFront answers 503 then: a function that can't decide lets no
/// request through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Not a Lambda@Edge event. Names the place only: a parser's message may quote a token.
    #[error("not a Lambda@Edge event: line {line}, column {column}")]
    Event {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// None or several records; CloudFront sends one.
    #[error("an event has one record, this one has {0}")]
    Records(usize),
    /// An event of another trigger.
    #[error("this function is for viewer requests, not for {0:?}")]
    Trigger(EventType),
}

/// The verdict on a viewer-request event: the request to forward, or the response to send.
///
/// # Errors
/// [`HandleError`]: not a viewer-request event. Every request of a viewer has a verdict.
pub fn handle(event: &[u8], config: &EdgeConfig, now_unix_s: u64) -> Result<Vec<u8>, HandleError> {
    let event: Event = serde_json::from_slice(event)
        .map_err(|error| HandleError::Event { line: error.line(), column: error.column() })?;
    let records = event.records.len();
    let Ok([record]) = <[_; 1]>::try_from(event.records) else {
        return Err(HandleError::Records(records));
    };
    let event_type = record.cf.config.event_type;
    if event_type != EventType::ViewerRequest {
        return Err(HandleError::Trigger(event_type));
    }
    let written = match viewer_request(record.cf.request, config, now_unix_s) {
        Verdict::Forward(request) => serde_json::to_vec(&request),
        Verdict::Respond(response) => serde_json::to_vec(&response),
    };
    Ok(written.expect("strings and maps of strings always encode"))
}
