//! The phases of a request are an enum. `X-Cache`, `Age`, `Server-Timing` and the log derive from
//! the last phase; no code sets them by hand.

use http::StatusCode;

use crate::function::Fault;
use crate::not_cached::NotCached;

/// The phase of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Just received.
    Received,
    /// The edge rejected it.
    Rejected,
    /// Sent to https.
    Redirected,
    /// A function answered.
    Generated,
    /// A function threw.
    FunctionThrew,
    /// A function's answer was invalid.
    FunctionInvalid,
    /// Not looked up.
    Bypassed(NotCached),
    /// Looked up: not stored.
    Absent,
    /// Looked up: stored, but expired.
    Expired,
    /// Served from the cache as it is.
    Fresh,
    /// Served stale, one refresh running behind it.
    StaleWhileRevalidate,
    /// Served stale because the origin fails, or failed a moment ago.
    StaleOnError,
    /// Served the response of the leader of the same fill.
    Collapsed,
    /// Served from the regional cache (16.4).
    RegionalHit,
    /// Fetched, and stored.
    Stored,
    /// Fetched, and not stored as fresh.
    NotStored(NotCached),
    /// The origin confirmed the stored object.
    Revalidated,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Reject,
    Redirect,
    Generate,
    FailFunction {
        threw: bool,
    },
    Bypass(NotCached),
    LookUp(LookUpResult),
    /// The leader completed its fill and shared the answer.
    Share {
        stale_on_error: bool,
    },
    /// The regional cache had the answer.
    HitRegionally,
    /// The origin answered, and the answer was stored or not.
    Answer(Result<(), NotCached>),
    /// The origin answered 304 to a revalidation.
    Revalidate,
    /// The origin failed, and a stale object is served.
    FallBack,
}

/// The result of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookUpResult {
    Nothing,
    Expired,
    Fresh,
    UsableWhileRevalidating,
    HeldOnError,
}

/// CloudFront's name for how a request ended (section 17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultType {
    Hit,
    RefreshHit,
    Miss,
    Error,
    Redirect,
    LambdaGeneratedResponse,
    LambdaExecutionError,
    LambdaValidationError,
}

// === impl Phase ===

impl Phase {
    /// The next phase; no other code changes the phase.
    pub(crate) fn after(self, step: Step) -> Self {
        match (self, step) {
            (Self::Received, Step::Reject) => Self::Rejected,
            (Self::Received, Step::Redirect) => Self::Redirected,
            (Self::Received, Step::Generate) => Self::Generated,
            (_, Step::FailFunction { threw: true }) => Self::FunctionThrew,
            (_, Step::FailFunction { threw: false }) => Self::FunctionInvalid,
            (Self::Received, Step::Bypass(reason)) => Self::Bypassed(reason),
            (Self::Received | Self::Absent | Self::Expired, Step::LookUp(result)) => match result {
                LookUpResult::Nothing => Self::Absent,
                LookUpResult::Expired => Self::Expired,
                LookUpResult::Fresh => Self::Fresh,
                LookUpResult::UsableWhileRevalidating => Self::StaleWhileRevalidate,
                LookUpResult::HeldOnError => Self::StaleOnError,
            },
            (Self::Absent | Self::Expired, Step::Bypass(reason)) => Self::Bypassed(reason),
            (Self::Absent | Self::Expired, Step::Share { stale_on_error }) => {
                match stale_on_error {
                    true => Self::StaleOnError,
                    false => Self::Collapsed,
                }
            }
            (Self::Absent | Self::Expired, Step::HitRegionally) => Self::RegionalHit,
            (Self::Absent | Self::Expired, Step::Answer(Ok(()))) => Self::Stored,
            (Self::Absent | Self::Expired, Step::Answer(Err(reason))) => Self::NotStored(reason),
            (Self::Bypassed(reason), Step::Answer(_)) => Self::NotStored(reason),
            (Self::Expired, Step::Revalidate) => Self::Revalidated,
            (Self::Expired, Step::FallBack) => Self::StaleOnError,
            (phase, step) => {
                debug_assert!(false, "{step:?} cannot follow {phase:?}");
                phase
            }
        }
    }

    pub(crate) fn after_fault(self, fault: &Fault) -> Self {
        self.after(Step::FailFunction { threw: matches!(fault, Fault::Threw(_)) })
    }

    /// The result, given the status the viewer gets: an error is an error, cached or not (10.9).
    pub(crate) fn result(self, status: StatusCode) -> ResultType {
        match self {
            Self::Redirected => ResultType::Redirect,
            Self::Generated => ResultType::LambdaGeneratedResponse,
            Self::FunctionThrew => ResultType::LambdaExecutionError,
            Self::FunctionInvalid => ResultType::LambdaValidationError,
            _ if status.is_client_error() || status.is_server_error() => ResultType::Error,
            phase if phase.is_from_cache() => ResultType::Hit,
            Self::Revalidated => ResultType::RefreshHit,
            _ => ResultType::Miss,
        }
    }

    /// Whether the answer was in the cache, and so has an age.
    pub(crate) fn is_from_cache(self) -> bool {
        matches!(
            self,
            Self::Fresh
                | Self::StaleWhileRevalidate
                | Self::StaleOnError
                | Self::Collapsed
                | Self::RegionalHit
        )
    }

    pub(crate) fn not_cached(self) -> Option<NotCached> {
        match self {
            Self::NotStored(reason) | Self::Bypassed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Stale on purpose, for the debug header.
    pub(crate) fn stale_word(self) -> Option<&'static str> {
        match self {
            Self::StaleWhileRevalidate => Some("revalidate"),
            Self::StaleOnError => Some("error"),
            _ => None,
        }
    }
}

// === impl ResultType ===

impl ResultType {
    /// The word for it in a log (17.1).
    pub(crate) fn log_word(self) -> &'static str {
        self.x_cache().trim_end_matches(" from cloudfront")
    }

    /// The value of `X-Cache` (13.3).
    pub(crate) fn x_cache(self) -> &'static str {
        match self {
            Self::Hit => "Hit from cloudfront",
            Self::RefreshHit => "RefreshHit from cloudfront",
            Self::Miss => "Miss from cloudfront",
            Self::Error => "Error from cloudfront",
            Self::Redirect => "Redirect from cloudfront",
            Self::LambdaGeneratedResponse => "LambdaGeneratedResponse from cloudfront",
            Self::LambdaExecutionError => "LambdaExecutionError from cloudfront",
            Self::LambdaValidationError => "LambdaValidationError from cloudfront",
        }
    }
}
