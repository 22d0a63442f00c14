//! Maps AWS errors to [`PortError`].

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain_core::port::PortError;

/// Codes of invalid requests: AWS never accepts the same bytes.
const PERMANENT_CODES: [&str; 4] = [
    "ValidationException",
    "SerializationException",
    "ItemCollectionSizeLimitExceededException",
    "MalformedDetail",
];

/// Names the operation and AWS's code; never a message, which may quote stored data.
pub(crate) fn port_error<E, R>(operation: &str, error: &SdkError<E, R>) -> PortError
where
    E: ProvideErrorMetadata,
{
    match error {
        SdkError::ConstructionFailure(_) => corrupt(operation, "request cannot be built"),
        SdkError::TimeoutError(_) => unavailable(operation, "timeout"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            unavailable(operation, "timeout")
        }
        SdkError::DispatchFailure(_) => unavailable(operation, "unreachable"),
        SdkError::ServiceError(error) => coded(operation, error.err().code().unwrap_or("no code")),
        // A garbled answer comes from something between us and AWS.
        _ => unavailable(operation, "unreadable answer"),
    }
}

/// The error for one of AWS's codes.
pub(crate) fn coded(operation: &str, code: &str) -> PortError {
    if PERMANENT_CODES.contains(&code) {
        corrupt(operation, code)
    } else {
        unavailable(operation, code)
    }
}

pub(crate) fn unavailable(operation: &str, reason: &str) -> PortError {
    PortError::Unavailable(format!("{operation}: {reason}"))
}

pub(crate) fn corrupt(what: &str, reason: &str) -> PortError {
    PortError::Corrupt(format!("{what}: {reason}"))
}
