//! What can be wrong before the first request: the distribution, or what was handed in for it.

/// Why a `distribution.json` is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// Not JSON, or not of CloudFormation's shape.
    #[error("the distribution does not read as CloudFormation properties: {0}")]
    Shape(#[from] serde_json::Error),
    /// CloudFront could do it, this emulator cannot, and will not pretend.
    #[error("not emulated: {0}")]
    NotEmulated(String),
    /// CloudFront itself would refuse it, or it could not work there.
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
    /// A behavior names an edge function that was not handed in.
    #[error("the distribution associates the function `{0}`, which was not handed in")]
    FunctionMissing(String),
    /// A behavior names an origin that was not handed in.
    #[error("the distribution fetches from the origin `{0}`, which was not handed in")]
    OriginMissing(String),
}

// === impl DistributionError ===

impl DistributionError {
    pub(crate) fn invalid(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), reason: reason.into() }
    }
}
