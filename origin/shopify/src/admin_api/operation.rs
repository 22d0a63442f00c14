//! An operation as a request.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::AdminError;

/// One operation: the value has its variables.
pub trait Operation: Serialize + Sync {
    /// The text of its `.graphql` file, with one operation in it.
    const DOCUMENT: &'static str;
    /// Whether a request may be sent again if nothing says whether it had its effect. True for
    /// queries, and for mutations whose repetition changes nothing.
    const IS_REPEATABLE: bool;
    /// The member `data` of its answer.
    type Answer: DeserializeOwned;
}

/// A request, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub struct AdminRequest {
    /// The document, which also names the operation in the [`super::Bucket`].
    pub document: &'static str,
    /// As [`Operation::IS_REPEATABLE`].
    pub is_repeatable: bool,
    /// The body.
    pub body: Bytes,
}

#[derive(Serialize)]
struct Body<'a, O> {
    query: &'static str,
    variables: &'a O,
}

// === impl AdminRequest ===

impl AdminRequest {
    /// The request of an operation.
    ///
    /// # Errors
    /// [`AdminError::Unreadable`]: the variables are no JSON object.
    pub fn of<O: Operation>(operation: &O) -> Result<Self, AdminError> {
        let body = Body { query: O::DOCUMENT, variables: operation };
        let body = serde_json::to_vec(&body).map_err(|error| AdminError::Unreadable {
            reason: format!("the variables can't be written: {error}"),
        })?;
        let (document, is_repeatable) = (O::DOCUMENT, O::IS_REPEATABLE);
        Ok(Self { document, is_repeatable, body: body.into() })
    }
}
