//! One behavior: the rules for the paths that match its pattern.

use http::Method;

use super::path_pattern::PathPattern;
use crate::error::DistributionError;

/// Function associations, in the order of the four events.
#[derive(Debug, Default)]
pub(crate) struct Associations {
    pub(crate) viewer_request: Option<String>,
    pub(crate) origin_request: Option<String>,
    pub(crate) origin_response: Option<String>,
    pub(crate) viewer_response: Option<String>,
}

/// Indices into the distribution's lists stand where the file has names.
#[derive(Debug)]
pub(crate) struct Behavior {
    pub(crate) pattern: PathPattern,
    pub(crate) origin: usize,
    pub(crate) cache_policy: usize,
    pub(crate) origin_request_policy: Option<usize>,
    pub(crate) response_headers_policy: Option<usize>,
    pub(crate) allowed: AllowedMethods,
    pub(crate) caches_options: bool,
    pub(crate) viewer_protocol: ViewerProtocol,
    pub(crate) functions: Associations,
}

/// The three sets of methods a behavior may allow (1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AllowedMethods {
    Read,
    ReadOptions,
    All,
}

/// How viewers without TLS are treated (1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerProtocol {
    AllowAll,
    HttpsOnly,
    RedirectToHttps,
}

// === impl AllowedMethods ===

impl AllowedMethods {
    pub(super) fn parse(place: &str, mut methods: Vec<String>) -> Result<Self, DistributionError> {
        methods.sort_unstable();
        let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
        match methods.as_slice() {
            [] | ["GET", "HEAD"] => Ok(Self::Read),
            ["GET", "HEAD", "OPTIONS"] => Ok(Self::ReadOptions),
            ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] => Ok(Self::All),
            _ => Err(DistributionError::invalid(
                place,
                "AllowedMethods is not one of the three sets",
            )),
        }
    }

    pub(crate) fn contains(self, method: &Method) -> bool {
        match *method {
            Method::GET | Method::HEAD => true,
            Method::OPTIONS => self != Self::Read,
            Method::PUT | Method::POST | Method::PATCH | Method::DELETE => self == Self::All,
            _ => false,
        }
    }
}

/// Whether `CachedMethods` has OPTIONS: GET and HEAD are always cached.
pub(super) fn caches_options(
    place: &str,
    mut methods: Vec<String>,
) -> Result<bool, DistributionError> {
    methods.sort_unstable();
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    match methods.as_slice() {
        [] | ["GET", "HEAD"] => Ok(false),
        ["GET", "HEAD", "OPTIONS"] => Ok(true),
        _ => Err(DistributionError::invalid(place, "CachedMethods is not one of the two sets")),
    }
}

// === impl ViewerProtocol ===

impl ViewerProtocol {
    pub(super) fn parse(place: &str, policy: &str) -> Result<Self, DistributionError> {
        match policy {
            "allow-all" => Ok(Self::AllowAll),
            "https-only" => Ok(Self::HttpsOnly),
            "redirect-to-https" => Ok(Self::RedirectToHttps),
            other => Err(DistributionError::invalid(
                place,
                format!("`{other}` is no viewer protocol policy"),
            )),
        }
    }
}
