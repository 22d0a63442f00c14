//! Errors before the first request: in the distribution, or in the functions and origins provided.

/// Why a `distribution.json` is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// Not JSON, or not CloudFormation properties.
    #[error("the distribution does not read as CloudFormation properties: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A feature of CloudFront that is not emulated.
    #[error("not emulated: {0}")]
    NotEmulated(String),
    /// CloudFront itself would reject it, or it could not work there.
    #[error("{place}: {reason}")]
    Invalid {
        /// Where in the file.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why an emulator cannot be built from a distribution.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// A behavior names an edge function that was not provided.
    #[error("the distribution associates the function `{0}`, which was not provided")]
    FunctionMissing(String),
    /// A behavior names an origin that was not provided.
    #[error("the distribution fetches from the origin `{0}`, which was not provided")]
    OriginMissing(String),
}

// === impl DistributionError ===

impl DistributionError {
    pub(crate) fn invalid(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), reason: reason.into() }
    }
}
