//! Response headers policies as declared; `crate::response_headers` applies them.

use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::cloudformation::{self, Items};
use super::unsupported::reject_unsupported;
use crate::error::DistributionError;

/// CloudFront's own: a policy may not remove them (13.9).
const NOT_REMOVABLE: [&str; 14] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];
const NOT_REMOVABLE_PREFIXES: [&str; 5] = ["proxy-", "x-accel-", "x-amz-cf-", "x-amzn-", "x-edge-"];

/// What a policy adds to and removes from every answer of a behavior.
#[derive(Debug, Default)]
pub(crate) struct ResponseHeadersPolicy {
    pub(crate) remove: Vec<HeaderName>,
    pub(crate) cors: Option<Cors>,
    /// Security headers, then custom ones: the order in which they apply.
    pub(crate) set: Vec<SetHeader>,
    /// Per cent of the answers that carry `Server-Timing`; none: never, not even on request.
    pub(crate) server_timing_percent: Option<u64>,
}

/// One header a policy sets; without `overrides` the origin's value stays.
#[derive(Debug)]
pub(crate) struct SetHeader {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
    pub(crate) overrides: bool,
}

/// CORS headers, rendered once.
#[derive(Debug)]
pub(crate) struct Cors {
    pub(crate) overrides: bool,
    pub(crate) origins: Vec<String>,
    pub(crate) credentials: bool,
    /// On every CORS answer.
    pub(crate) expose: Option<HeaderValue>,
    /// On preflight answers only.
    pub(crate) methods: HeaderValue,
    pub(crate) headers: HeaderValue,
    pub(crate) max_age: Option<HeaderValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CorsConfig {
    access_control_allow_credentials: bool,
    access_control_allow_headers: Items<String>,
    access_control_allow_methods: Items<String>,
    access_control_allow_origins: Items<String>,
    #[serde(default)]
    access_control_expose_headers: Items<String>,
    access_control_max_age_sec: Option<u64>,
    origin_override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CustomHeader {
    header: String,
    value: String,
    r#override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RemovedHeader {
    header: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ServerTimingConfig {
    enabled: bool,
    #[serde(default)]
    sampling_rate: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct SecurityHeadersConfig {
    content_security_policy: Option<ContentSecurityPolicy>,
    content_type_options: Option<ContentTypeOptions>,
    frame_options: Option<FrameOptions>,
    referrer_policy: Option<ReferrerPolicy>,
    strict_transport_security: Option<StrictTransportSecurity>,
    #[serde(rename = "XSSProtection")]
    xss_protection: Option<XssProtection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ContentSecurityPolicy {
    content_security_policy: String,
    r#override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ContentTypeOptions {
    r#override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FrameOptions {
    frame_option: String,
    r#override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ReferrerPolicy {
    referrer_policy: String,
    r#override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StrictTransportSecurity {
    access_control_max_age_sec: u64,
    #[serde(default)]
    include_subdomains: bool,
    #[serde(default)]
    preload: bool,
    r#override: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct XssProtection {
    protection: bool,
    #[serde(default)]
    mode_block: bool,
    report_uri: Option<String>,
    r#override: bool,
}

// === impl ResponseHeadersPolicy ===

impl ResponseHeadersPolicy {
    pub(super) fn parse(
        name: &str,
        raw: cloudformation::ResponseHeadersPolicy,
    ) -> Result<Self, DistributionError> {
        let place = format!("ResponseHeadersPolicies.{name}");
        reject_unsupported(&place, &raw.rest, &["Name", "Comment"])?;
        let mut set = Vec::new();
        for (header, value, overrides) in
            raw.security_headers_config.map(SecurityHeadersConfig::rendered).unwrap_or_default()
        {
            set.push(SetHeader::parse(&place, header, &value, overrides)?);
        }
        for custom in raw.custom_headers_config.items {
            set.push(SetHeader::parse(&place, &custom.header, &custom.value, custom.r#override)?);
        }
        let mut remove = Vec::new();
        for removed in raw.remove_headers_config.items {
            remove.push(removable(&place, &removed.header)?);
        }
        Ok(Self {
            remove,
            cors: raw.cors_config.map(|cors| Cors::parse(&place, cors)).transpose()?,
            set,
            server_timing_percent: raw
                .server_timing_headers_config
                .filter(|timing| timing.enabled)
                .map(|timing| timing.sampling_rate),
        })
    }
}

// === impl SetHeader ===

impl SetHeader {
    fn parse(
        place: &str,
        name: &str,
        value: &str,
        overrides: bool,
    ) -> Result<Self, DistributionError> {
        Ok(Self { name: header_name(place, name)?, value: header_value(place, value)?, overrides })
    }
}

// === impl Cors ===

impl Cors {
    fn parse(place: &str, raw: CorsConfig) -> Result<Self, DistributionError> {
        let mut methods = raw.access_control_allow_methods.items;
        if methods == ["ALL"] {
            methods = ["GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
                .map(str::to_owned)
                .to_vec();
        }
        let exposed = raw.access_control_expose_headers.items;
        Ok(Self {
            overrides: raw.origin_override,
            origins: raw.access_control_allow_origins.items,
            credentials: raw.access_control_allow_credentials,
            expose: if exposed.is_empty() {
                None
            } else {
                Some(header_value(place, &exposed.join(", "))?)
            },
            methods: header_value(place, &methods.join(", "))?,
            headers: header_value(place, &raw.access_control_allow_headers.items.join(", "))?,
            max_age: raw.access_control_max_age_sec.map(HeaderValue::from),
        })
    }
}

// === impl SecurityHeadersConfig ===

impl SecurityHeadersConfig {
    fn rendered(self) -> Vec<(&'static str, String, bool)> {
        let mut set = Vec::new();
        if let Some(csp) = self.content_security_policy {
            set.push(("content-security-policy", csp.content_security_policy, csp.r#override));
        }
        if let Some(options) = self.content_type_options {
            set.push(("x-content-type-options", "nosniff".to_owned(), options.r#override));
        }
        if let Some(frame) = self.frame_options {
            set.push(("x-frame-options", frame.frame_option, frame.r#override));
        }
        if let Some(referrer) = self.referrer_policy {
            set.push(("referrer-policy", referrer.referrer_policy, referrer.r#override));
        }
        if let Some(hsts) = self.strict_transport_security {
            let mut value = format!("max-age={}", hsts.access_control_max_age_sec);
            if hsts.include_subdomains {
                value.push_str("; includeSubDomains");
            }
            if hsts.preload {
                value.push_str("; preload");
            }
            set.push(("strict-transport-security", value, hsts.r#override));
        }
        if let Some(xss) = self.xss_protection {
            let mut value = u8::from(xss.protection).to_string();
            if xss.mode_block {
                value.push_str("; mode=block");
            }
            if let Some(uri) = xss.report_uri {
                value.push_str("; report=");
                value.push_str(&uri);
            }
            set.push(("x-xss-protection", value, xss.r#override));
        }
        set
    }
}

fn removable(place: &str, name: &str) -> Result<HeaderName, DistributionError> {
    let name = header_name(place, name)?;
    if NOT_REMOVABLE.contains(&name.as_str())
        || NOT_REMOVABLE_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
    {
        return Err(DistributionError::invalid(place, format!("`{name}` cannot be removed")));
    }
    Ok(name)
}

pub(super) fn header_name(place: &str, name: &str) -> Result<HeaderName, DistributionError> {
    name.parse()
        .map_err(|_| DistributionError::invalid(place, format!("`{name}` is no header name")))
}

pub(super) fn header_value(place: &str, value: &str) -> Result<HeaderValue, DistributionError> {
    value
        .parse()
        .map_err(|_| DistributionError::invalid(place, format!("`{value}` is no header value")))
}
