//! How one origin is reached.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::cloudformation;
use super::response_headers::{header_name, header_value};
use super::unsupported::reject_unsupported;
use crate::error::DistributionError;

/// CloudFront's defaults where the file sets no value (15.1, 15.2).
const ATTEMPTS_DEFAULT: u32 = 3;
const CONNECT_TIMEOUT_S_DEFAULT: u64 = 10;
const READ_TIMEOUT_S_DEFAULT: u64 = 30;
/// At most so many headers of its own per origin (5.7).
const CUSTOM_HEADERS_MAX: usize = 30;
/// Headers an origin may not be given by configuration (5.7).
const NOT_CUSTOM: [&str; 18] = [
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "host",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
    "if-range",
];
const NOT_CUSTOM_PREFIXES: [&str; 3] = ["if-", "x-amz-", "x-edge-"];

/// The limits within which an origin must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginTimeouts {
    /// Attempts for GET and HEAD; every other method has one.
    pub attempts_max: u32,
    /// For one connection.
    pub connect: Duration,
    /// For one attempt, from the request to the end of the answer.
    pub read: Duration,
    /// For all attempts together, if bounded.
    pub completion: Option<Duration>,
}

/// One origin of the distribution.
#[derive(Debug)]
pub(crate) struct OriginSettings {
    pub(crate) id: String,
    pub(crate) host: HeaderValue,
    pub(crate) path: String,
    pub(crate) custom_headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) timeouts: OriginTimeouts,
    /// Lambda function URLs answer 403 to any host name but their own.
    pub(crate) is_function_url: bool,
}

// === impl OriginSettings ===

impl OriginSettings {
    pub(super) fn parse(raw: cloudformation::Origin) -> Result<Self, DistributionError> {
        let place = format!("Origins.{}", raw.id);
        reject_unsupported(&place, &raw.rest, &[])?;
        let custom = raw.custom_origin_config.unwrap_or_default();
        let harmless = [
            "HTTPPort",
            "HTTPSPort",
            "OriginProtocolPolicy",
            "OriginSSLProtocols",
            "OriginKeepaliveTimeout",
            "IpAddressType",
        ];
        reject_unsupported(&format!("{place}.CustomOriginConfig"), &custom.rest, &harmless)?;
        let timeouts = OriginTimeouts {
            attempts_max: raw.connection_attempts.unwrap_or(ATTEMPTS_DEFAULT),
            connect: seconds(raw.connection_timeout, CONNECT_TIMEOUT_S_DEFAULT),
            read: seconds(custom.origin_read_timeout, READ_TIMEOUT_S_DEFAULT),
            completion: raw.response_completion_timeout.map(Duration::from_secs),
        };
        timeouts.check(&place)?;
        if raw.origin_custom_headers.len() > CUSTOM_HEADERS_MAX {
            return Err(DistributionError::invalid(place, "more than 30 custom headers"));
        }
        let custom_headers = raw
            .origin_custom_headers
            .iter()
            .map(|header| custom_header(&place, &header.header_name, &header.header_value))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            host: header_value(&place, &raw.domain_name)?,
            path: raw.origin_path,
            custom_headers,
            timeouts,
            is_function_url: raw.domain_name.contains(".lambda-url."),
            id: raw.id,
        })
    }
}

// === impl OriginTimeouts ===

impl OriginTimeouts {
    fn check(&self, place: &str) -> Result<(), DistributionError> {
        let within = (1..=3).contains(&self.attempts_max)
            && (1..=10).contains(&self.connect.as_secs())
            && (1..=120).contains(&self.read.as_secs())
            && self.completion.is_none_or(|completion| completion >= self.read);
        if within {
            return Ok(());
        }
        let reason = "1-3 attempts, connect 1-10 s, read 1-120 s, completion not below read";
        Err(DistributionError::invalid(place, reason))
    }
}

impl Default for OriginTimeouts {
    fn default() -> Self {
        Self {
            attempts_max: ATTEMPTS_DEFAULT,
            connect: Duration::from_secs(CONNECT_TIMEOUT_S_DEFAULT),
            read: Duration::from_secs(READ_TIMEOUT_S_DEFAULT),
            completion: None,
        }
    }
}

fn seconds(configured: Option<u64>, default: u64) -> Duration {
    Duration::from_secs(configured.unwrap_or(default))
}

fn custom_header(
    place: &str,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), DistributionError> {
    let name = header_name(place, name)?;
    if NOT_CUSTOM.contains(&name.as_str())
        || NOT_CUSTOM_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
    {
        let reason = format!("`{name}` cannot be an origin custom header");
        return Err(DistributionError::invalid(place, reason));
    }
    Ok((name, header_value(place, value)?))
}
