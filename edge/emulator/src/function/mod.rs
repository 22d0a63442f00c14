//! Edge functions: the event as Lambda@Edge gets it, and the rules for its answer.

mod answer;
mod event;
mod header_rules;
mod run;
mod text;

use std::sync::Arc;

pub(crate) use event::DOMAIN_NAME;
pub(crate) use run::{Fault, Runner, Verdict};

/// An edge function: the event's JSON in, the JSON of a request or a response out.
///
/// Synchronous and pure: the same event must get the same answer. A panic is a failed invocation.
pub trait EdgeFunction: Send + Sync + 'static {
    /// Answers one event.
    fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError>;
}

/// The function threw: the viewer gets 503.
#[derive(Debug, thiserror::Error)]
#[error("the edge function failed: {0}")]
pub struct FunctionError(
    /// The message.
    pub String,
);

/// The functions of one behavior, by event.
#[derive(Default, Clone)]
pub(crate) struct Functions {
    pub(crate) viewer_request: Option<Arc<dyn EdgeFunction>>,
    pub(crate) origin_request: Option<Arc<dyn EdgeFunction>>,
    pub(crate) origin_response: Option<Arc<dyn EdgeFunction>>,
    pub(crate) viewer_response: Option<Arc<dyn EdgeFunction>>,
}
