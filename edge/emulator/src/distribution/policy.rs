//! Cache policies and origin request policies.

use super::cloudformation::{
    self, CookiesConfig as Cookies, HeadersConfig as Headers, QueryStringsConfig as QueryStrings,
};
use super::names::NameSet;
use super::unsupported::reject_unsupported;
use crate::error::DistributionError;
use crate::freshness::TtlBounds;

/// Headers that may never be part of a cache key (4.10).
const NOT_IN_KEY: [&str; 13] = [
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "max-forwards",
    "pragma",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-proto",
    "x-real-ip",
];
const NOT_IN_KEY_PREFIXES: [&str; 3] = ["proxy-", "x-edge-", "x-amz-cf-"];

/// TTL bounds, and what forms the key (and is therefore always forwarded).
#[derive(Debug)]
pub(crate) struct CachePolicy {
    pub(crate) ttl: TtlBounds,
    pub(crate) gzip: bool,
    pub(crate) brotli: bool,
    pub(crate) headers: NameSet,
    pub(crate) cookies: NameSet,
    pub(crate) query: NameSet,
}

/// What is forwarded to the origin beyond the key.
#[derive(Debug)]
pub(crate) struct OriginRequestPolicy {
    pub(crate) headers: NameSet,
    pub(crate) cookies: NameSet,
    pub(crate) query: NameSet,
}

// === impl CachePolicy ===

impl CachePolicy {
    pub(super) fn parse(
        name: &str,
        raw: cloudformation::CachePolicy,
    ) -> Result<Self, DistributionError> {
        let place = format!("CachePolicies.{name}");
        reject_unsupported(&place, &raw.rest, &["Name", "Comment"])?;
        let key = raw.parameters_in_cache_key_and_forwarded_to_origin;
        let policy = Self {
            ttl: TtlBounds { min_s: raw.min_ttl, max_s: raw.max_ttl, default_s: raw.default_ttl },
            gzip: key.enable_accept_encoding_gzip,
            brotli: key.enable_accept_encoding_brotli,
            headers: headers(&place, key.headers_config)?,
            cookies: cookies(&place, key.cookies_config)?,
            query: query(&place, key.query_strings_config)?,
        };
        policy.check(&place)?;
        Ok(policy)
    }

    /// Whether anything can be cached: all three TTLs at zero is the way to say no (4.17).
    pub(crate) fn caches(&self) -> bool {
        self.ttl != TtlBounds { min_s: 0, max_s: 0, default_s: 0 }
    }

    fn check(&self, place: &str) -> Result<(), DistributionError> {
        let invalid = |reason: String| Err(DistributionError::invalid(place, reason));
        if self.ttl.min_s > self.ttl.max_s {
            return invalid("MinTTL is above MaxTTL".to_owned());
        }
        let keyless = self.headers.is_none() && self.cookies.is_none() && self.query.is_none();
        if !self.caches() && (self.gzip || self.brotli || !keyless) {
            return invalid("caching is disabled, so nothing can be in the key".to_owned());
        }
        if (self.gzip || self.brotli) && self.headers.includes_header("accept-encoding") {
            return invalid("Accept-Encoding is both normalised and listed".to_owned());
        }
        match &self.headers {
            NameSet::None => Ok(()),
            NameSet::Only(names) => match names.iter().find(|name| !may_be_in_key(name)) {
                Some(name) => invalid(format!("header `{name}` cannot be in the key")),
                None => generated_headers(place, names),
            },
            NameSet::All | NameSet::Except(_) => {
                invalid("headers of a cache policy are `none` or `whitelist`".to_owned())
            }
        }
    }
}

// === impl OriginRequestPolicy ===

impl OriginRequestPolicy {
    pub(super) fn parse(
        name: &str,
        raw: cloudformation::OriginRequestPolicy,
    ) -> Result<Self, DistributionError> {
        let place = format!("OriginRequestPolicies.{name}");
        reject_unsupported(&place, &raw.rest, &["Name", "Comment"])?;
        let policy = Self {
            headers: headers(&place, raw.headers_config)?,
            cookies: cookies(&place, raw.cookies_config)?,
            query: query(&place, raw.query_strings_config)?,
        };
        if let NameSet::Only(names) = &policy.headers {
            if policy.headers.includes_header("authorization") {
                let reason = "`Authorization` cannot be listed alone (5.4)";
                return Err(DistributionError::invalid(place, reason));
            }
            generated_headers(&place, names)?;
        }
        Ok(policy)
    }
}

fn may_be_in_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !NOT_IN_KEY.contains(&name.as_str())
        && !NOT_IN_KEY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Geography, devices, fingerprints: this edge knows nothing of them.
fn generated_headers(place: &str, names: &[String]) -> Result<(), DistributionError> {
    match names.iter().find(|name| name.to_ascii_lowercase().starts_with("cloudfront-")) {
        Some(name) => Err(DistributionError::NotEmulated(format!("{place}: header `{name}`"))),
        None => Ok(()),
    }
}

fn headers(place: &str, raw: Headers) -> Result<NameSet, DistributionError> {
    NameSet::parse(&format!("{place}.HeadersConfig"), &raw.header_behavior, raw.headers)
}

fn cookies(place: &str, raw: Cookies) -> Result<NameSet, DistributionError> {
    NameSet::parse(&format!("{place}.CookiesConfig"), &raw.cookie_behavior, raw.cookies)
}

fn query(place: &str, raw: QueryStrings) -> Result<NameSet, DistributionError> {
    let behavior = raw.query_string_behavior;
    NameSet::parse(&format!("{place}.QueryStringsConfig"), &behavior, raw.query_strings)
}
