//! Error caching: the minimum TTL of each status (`CustomErrorResponses`).

use super::cloudformation::ErrorResponse;
use super::unsupported::reject_unsupported;
use crate::error::DistributionError;

/// How long an error is cached if the file sets no TTL (10.1).
const ERROR_TTL_S_DEFAULT: u64 = 10;
/// The statuses that may be configured (10.7).
const CONFIGURABLE: [u16; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/// The error caching minimum TTL, per status.
#[derive(Debug, Default)]
pub(crate) struct ErrorTtls(Vec<(u16, u64)>);

// === impl ErrorTtls ===

impl ErrorTtls {
    pub(super) fn parse(responses: Vec<ErrorResponse>) -> Result<Self, DistributionError> {
        let mut ttls = Vec::with_capacity(responses.len());
        for response in responses {
            let place = format!("CustomErrorResponses.{}", response.error_code);
            if let Some((name, _)) = response.rest.iter().find(|(name, value)| {
                matches!(name.as_str(), "ResponsePagePath" | "ResponseCode") && !value.is_null()
            }) {
                let feature = format!("custom error pages ({place}.{name})");
                return Err(DistributionError::NotEmulated(feature));
            }
            reject_unsupported(&place, &response.rest, &[])?;
            if !CONFIGURABLE.contains(&response.error_code) {
                return Err(DistributionError::invalid(place, "this status is not configurable"));
            }
            let ttl_s = response.error_caching_min_ttl.unwrap_or(ERROR_TTL_S_DEFAULT);
            ttls.push((response.error_code, ttl_s));
        }
        Ok(Self(ttls))
    }

    pub(crate) fn min_s(&self, status: u16) -> u64 {
        let configured = self.0.iter().find(|(code, _)| *code == status);
        configured.map_or(ERROR_TTL_S_DEFAULT, |(_, ttl_s)| *ttl_s)
    }
}
